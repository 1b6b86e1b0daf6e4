"""The header and the records of a delimited text, as pandas can read them."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.songs.problems import NOTE, Problem
from kerasfeat.songs.records import records

# The header's last line in FMA's tables, and the first one of MTG-Jamendo's lists.
FMA = re.compile(r"(?:.*\n){1,4}track_id,+\s*\n")
JAMENDO = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\t"


@dataclass(frozen=True)
class Scan:
    """What stands where in a delimited text.

    Attributes:
        header: names of the columns.
        lines: [rows] the line on which each good record begins.
        problems: of the other records.
    """

    header: list[str]
    lines: list[int]
    problems: list[Problem]


def refuse_published(text: str, path: Path) -> None:
    """Name the source that reads a published table of a form of its own.

    Raises:
        KerasfeatError: the text is one.
    """
    if text.startswith(JAMENDO):
        raise KerasfeatError(
            f"{path} is a list of MTG-Jamendo, whose lines have any number of tags: `kerasfeat "
            "data jamendo DIR OUT` reads those of moods and themes, with their audio, from the "
            "data set's folder DIR."
        )
    if FMA.match(text):
        raise KerasfeatError(
            f"{path} has a header of several lines, as FMA's tables have: `kerasfeat data fma DIR "
            "OUT` reads its tracks, genres, and Echo Nest features from the folder DIR. Of another "
            "table make the header one line."
        )


def scan(text: str, delimiter: str) -> Scan:
    """The header, the lines of the good records, and what is wrong with the others.

    pandas would fill short records with missing values and tell no lines.
    """
    read = records(text, delimiter)
    first = next(read)
    lines, problems = [], [first.problem] if first.problem else []
    for record in read:
        lines += [record.line] if record.fields else []
        problems += [record.problem] if record.problem else []
    return Scan(first.fields, lines, problems)


def rewritten(text: str, delimiter: str) -> io.StringIO:
    """The header and the good records as a well-formed CSV."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(
        record.fields for record in records(text, delimiter) if record.fields
    )
    buffer.seek(0)
    return buffer


def unique(header: list[str]) -> tuple[list[str], list[Problem]]:
    """(names, notes): every column with a name of its own."""
    header = [name.strip() for name in header]
    given, names, notes = set(header), {}, []
    for position, name in enumerate(header, start=1):
        own = name or f"column_{position}"
        if own in names:
            own = f"{own}.{position}"
            while own in given or own in names:
                own += "_"
            message = f"this name stands twice in the header; the second column is kept as {own!r}"
            notes.append(Problem(None, name, message, NOTE))
        names[own] = position
    return list(names), notes
