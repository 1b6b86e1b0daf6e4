"""What stands in a folder of songs: names of its files, and where its table comes from."""

import json
from pathlib import Path
from typing import Any, TypeAlias

from kerasfeat.files import expanded

TABLE = "tracks.csv"
PROVENANCE = "provenance.json"
JOURNAL = "answers.jsonl"
LOCK = ".lock"

# The contents of provenance.json.
Provenance: TypeAlias = dict[str, Any]
# What was asked for, as provenance.json has it: name of an argument -> its value.
Query: TypeAlias = dict[str, Any]


def absolute(path: str | Path) -> Path:
    """A path that means the same in whatever folder the command is given again.

    Such a one stands in provenance.json.
    """
    return expanded(path).absolute()


def provenance_of(path: str | Path) -> Provenance | None:
    """The provenance.json of a folder or beside a table; None where none can be read."""
    path = absolute(path)
    file = (path if path.is_dir() else path.parent) / PROVENANCE
    try:
        provenance = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    return provenance if isinstance(provenance, dict) else None
