"""From the bytes of a table to its text."""

import codecs
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.songs.problems import NOTE, Problem

# Latin-1 has control characters where Windows-1252 has letters and quotation marks; five of them
# mean nothing in either.
WINDOWS_1252 = {
    number: bytes([number]).decode("cp1252", "ignore") or chr(number)
    for number in range(0x80, 0xA0)
}


def decoded(data: bytes, path: Path) -> tuple[str, list[Problem]]:
    """The text of a file, and notes on lines that are not UTF-8.

    It is UTF-8 with or without a byte-order mark, or UTF-16 with one (as Excel exports); other
    lines are Windows-1252.

    Raises:
        KerasfeatError: the file is binary.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), []
    if b"\0" in data:
        hint = (
            "it looks like an Excel or zip file; save the table as CSV"
            if data.startswith(b"PK")
            else "it is binary"
        )
        raise KerasfeatError(
            f"{path} is not a table: {hint}. Allowed: CSV, TSV, Parquet, or a folder of "
            "audio files."
        )
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
