"""From the bytes of a table to its text."""

import codecs
import re
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.songs.problems import NOTE, Problem

# Latin-1 has control characters where Windows-1252 has letters and quotation marks; five of them
# mean nothing in either.
WINDOWS_1252 = {
    number: bytes([number]).decode("cp1252", "ignore") or chr(number)
    for number in range(0x80, 0xA0)
}

# How packed files begin: gzip, bzip2, xz, Zstandard.
PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
# How texts begin that are no table -> what they are, and what to do.
OTHERS = {
    re.compile(r"\s*(?:\{|\[\s*(?:\{|\n))"): (
        "it is JSON; make a CSV file of it, in Python by `pandas.read_json(FILE).to_csv(TABLE, "
        "index=False)`, with `lines=True` in `read_json` where each line is an object"
    ),
    re.compile(r"\s*<(?:!doctype|html|head|body)\b", re.IGNORECASE): (
        "it is a web page, as is saved where a download needs a log-in; download the table itself"
    ),
    re.compile(r"\s*<\?xml\b", re.IGNORECASE): "it is XML; save the table as CSV",
}


def decoded(data: bytes, path: Path) -> tuple[str, list[Problem]]:
    """The text of a file, and notes on lines that are not UTF-8.

    It is UTF-8 with or without a byte-order mark, or UTF-16 with one (as Excel exports); other
    lines are Windows-1252.

    Raises:
        KerasfeatError: the file is binary, or a text that is no table, such as JSON.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text, problems = data.decode("utf-16", errors="replace"), list[Problem]()
    elif hint := _binary(data):
        raise _no_table(path, hint)
    else:
        text, problems = _eight_bits(data)
    for beginning, hint in OTHERS.items():
        if beginning.match(text):
            raise _no_table(path, hint)
    return text, problems


def _binary(data: bytes) -> str:
    """What a file is that is no text; "" where it may be one."""
    if data.startswith(PACKED):
        return "it is packed (gzip or the like); unpack it"
    if b"\0" not in data:
        return ""
    if data.startswith(b"PK"):
        return "it looks like an Excel or zip file; save the table as CSV"
    return "it is binary"


def _no_table(path: Path, hint: str) -> KerasfeatError:
    return KerasfeatError(
        f"{path} is not a table: {hint}. Allowed: CSV, TSV, Parquet, or a folder of audio files."
    )


def _eight_bits(data: bytes) -> tuple[str, list[Problem]]:
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return _line_by_line(data.removeprefix(codecs.BOM_UTF8))


def as_text(data: bytes) -> str:
    """A cell or a line of bytes: UTF-8, or else Windows-1252."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1").translate(WINDOWS_1252)


def _line_by_line(data: bytes) -> tuple[str, list[Problem]]:
    """As `decoded`, each line alone: of files that were put together some lines are UTF-8."""
    lines, others, is_mixed, is_windows = [], [], False, False
    for number, line in enumerate(data.split(b"\n"), start=1):
        try:
            lines.append(line.decode())
            is_mixed |= not line.isascii()
        except UnicodeDecodeError:
            text = line.decode("latin-1")
            lines.append(text.translate(WINDOWS_1252))
            is_windows |= lines[-1] != text
            others.append(number)
    message = (
        f"not UTF-8: the {'line' if is_mixed else 'file'} is read as "
        f"{'Windows-1252' if is_windows else 'Latin-1'}; check accented letters"
    )
    noted = others if is_mixed else others[:1]
    return "\n".join(lines), [Problem(number, None, message, NOTE) for number in noted]
