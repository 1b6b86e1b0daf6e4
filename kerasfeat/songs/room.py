"""How large a table may be, which is held in memory: found out before it is read."""

import io
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasfeat import KerasfeatError

MAX_BYTES = 2 * 1024**3
# What a small file can make large: a header of commas, a Parquet file of one value many times.
MAX_COLUMNS = 10_000
MAX_ROWS = 20_000_000
MAX_CELLS = MAX_BYTES // 8
UNPACKED = "bytes when unpacked"
ASK_S = 120.0  # a second where nothing else runs
ASK_VALUES = """
import sys
from pyarrow import parquet
metadata = parquet.read_metadata(sys.argv[1])
groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
for column in map(int, sys.argv[2:]):
    print(sum(group.column(column).num_values for group in groups))
"""


def require(path: Path, what: str, count: int, allowed: int) -> None:
    """Refuse a table that is too large."""
    if count > allowed:
        raise KerasfeatError(
            f"{path} has {count:,} {what}; a table is held in memory and may have {allowed:,}: "
            "keep only the columns that are needed, or a part of the rows."
        )


def require_room(data: bytes, path: Path) -> None:
    """Refuse a Parquet file that would be too large."""
    from pyarrow import parquet

    file = parquet.ParquetFile(io.BytesIO(data))
    metadata, leaves = file.metadata, list(map(file.schema.column, range(len(file.schema.names))))
    require(path, "columns", len(leaves), MAX_COLUMNS)
    require(path, "rows", metadata.num_rows, MAX_ROWS)
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    lists = [i for i, leaf in enumerate(leaves) if leaf.max_repetition_level]
    in_lists = dict(zip(lists, _values_in_lists(path, lists), strict=True))
    values = [in_lists.get(i, metadata.num_rows) for i in range(len(leaves))]
    fixed_bytes = sum(
        count * leaf.length
        for count, leaf in zip(values, leaves, strict=True)
        if leaf.physical_type == "FIXED_LEN_BYTE_ARRAY"
    )
    size_bytes = sum(group.total_byte_size for group in groups)
    require(path, "values", sum(values), MAX_CELLS)
    require(path, UNPACKED, max(size_bytes, fixed_bytes), MAX_BYTES)
    # A text that is there once may be that of every row.
    texts = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
    file = parquet.ParquetFile(io.BytesIO(data), read_dictionary=texts)
    batches = file.iter_batches(columns=texts)
    text_bytes = sum(_text_bytes(column) for batch in batches for column in batch)
    require(path, UNPACKED, text_bytes, MAX_BYTES)


def _values_in_lists(path: Path, columns: Sequence[int]) -> list[int]:
    """How many values some columns of a Parquet file have.

    Another process asks, since pyarrow ends the one that asks of a damaged column.

    Raises:
        ValueError: a column is damaged.
        KerasfeatError: it takes too long.
    """
    if not columns:
        return []
    try:
        asked = subprocess.run(
            [sys.executable, "-c", ASK_VALUES, str(path), *map(str, columns)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ASK_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise KerasfeatError(
            f"{path}: how many values its lists hold was not known after {ASK_S:g} s. Try again "
            "when the machine or its disk is less busy, or leave out the columns of lists."
        ) from error
    if asked.returncode:
        raise ValueError((asked.stderr.strip() or "damaged").splitlines()[-1].strip())
    return [int(number) for number in asked.stdout.split()]


def _text_bytes(values: Any) -> int:
    """How long the texts of an Arrow array are together, which stay packed."""
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_dictionary(values.type):
        lengths = compute.binary_length(values.dictionary).take(values.indices)
        return compute.sum(lengths.cast("int64")).as_py() or 0
    if pa.types.is_struct(values.type):
        return sum(map(_text_bytes, values.flatten()))
    if pa.types.is_map(values.type):
        return _text_bytes(values.keys) + _text_bytes(values.items)
    return _text_bytes(values.flatten()) if pa.types.is_nested(values.type) else values.nbytes
