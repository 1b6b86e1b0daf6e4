"""Data sets as their makers publish them: find their files in a folder, and make the table."""

import os
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.datasets.output import PROVENANCE, absolute, filling


def folder_of(place, layout):
    """The data set's folder, absolute.

    Args:
        place: as the user gave it.
        layout: what belongs into it, in words.
    """
    folder = absolute(place)
    if not folder.is_dir():
        raise KerasfeatError(f"{folder} is not a folder. It should have {layout}.")
    return folder


def find(folder, name, layout, needed=True):
    """The file or folder called `name` in `folder` or below, the first as folders are walked in the
    order of their names.

    None where there is none and none is needed.
    """
    for directory, folders, files in os.walk(folder):
        folders.sort(key=str.casefold)
        if PROVENANCE in files:  # a folder that kerasfeat filled
            folders.clear()
            continue
        if name in files or name in folders:
            return Path(directory, name)
    if needed:
        raise KerasfeatError(f"{folder} has no {name}. It should have {layout}.")
    return None


def tabulate(out, origin, query, rows_of):
    """Fill the folder `out` with the rows that rows_of(output) gives, and return their number.

    `rows_of` returns (rows, {what: why} of what is missing) or (rows, missing, further counts for
    provenance.json).
    """
    with filling(out, origin, query) as output:
        rows, missing, *counts = rows_of(output)
        rows, nameless = _texts(rows)
        missing |= nameless
        if not rows:
            reasons = "; ".join(dict.fromkeys(missing.values()))
            raise KerasfeatError(
                "no song could be made of "
                f"{', '.join(str(value) for value in query.values() if value)}: "
                f"{reasons or 'it is empty'}."
            )
        return output.finish(rows, missing, counts=counts[0] if counts else None)


def _texts(rows):
    """(rows that a table can hold, {what: why} of the others): names of files may be no valid text,
    and one would spoil all.
    """
    good, others = [], {}
    for row in rows:
        try:
            "".join(map(str, row.values())).encode()
            good.append(row)
        except UnicodeEncodeError:
            others[str(row.get("track_id"))] = "its name is no valid text: rename the file"
    return good, others
