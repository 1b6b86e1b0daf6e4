"""Where songs, features, and labels come from: one file a source, found by name, each a folder with
tracks.csv in the end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kerasfeat.datasets.output import Origin
from kerasfeat.registry import Registry


@dataclass(frozen=True)
class Option:
    """An option of a source's command.

    Attributes:
        flag: such as "--label"; without its dashes, and with underscores, it is the keyword that
            `make` takes.
        help: a line.
        kind: str, int (from 1), or bool (a switch).
        many: whether it may be given several times; `make` takes a tuple.
        default: of its value.
        choices: the texts that are allowed, or none for any.
        metavar: what stands for its value.
    """

    flag: str
    help: str
    kind: type = str
    many: bool = False
    default: Any = None
    choices: tuple = ()
    metavar: str | None = None


@dataclass(frozen=True)
class Source:
    """A source of songs.

    Attributes:
        name: of its command, `kerasfeat data NAME`.
        description: a line for the command's help.
        origin: what provenance.json says of it.
        make: called as make(*places, out, **options); fills the folder `out` and returns the number
            of songs.
        places: names of its arguments before OUT.
        options: Options.
    """

    name: str
    description: str
    origin: Origin
    make: Callable
    places: tuple = ("FOLDER",)
    options: tuple = ()


LIMIT = Option("--limit", "Only the first N songs.", kind=int, metavar="N")

sources = Registry("source", "kerasfeat.datasets.sources")
