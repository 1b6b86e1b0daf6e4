"""Where songs, features, and labels come from, one file a source: each declares SOURCE, a Source.

A source is a command, `kerasfeat data NAME`, that fills a folder with tracks.csv.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
    choices: tuple[str, ...] = ()
    metavar: str | None = None


@dataclass(frozen=True)
class Example:
    """A few songs as a source finds them, and what it must make of them.

    Attributes:
        rows: what tracks.csv holds of each song, in its order: some columns and their text.
        files: name -> text of the files that the source reads; names may have folders.
        audio: names of further files, each a second of sound in the format of its name.
        places: what `make` is given for its places, names of the above; "" is their folder.
        options: what `make` is given by keyword.
        answers: address, without its query -> the JSON that a service answers with.
        clips: addresses at which a service has a second of sound.
        environment: variables that the source reads, such as a key.
    """

    rows: tuple[Mapping[str, str], ...]
    files: Mapping[str, str] = field(default_factory=dict)
    audio: tuple[str, ...] = ()
    places: tuple[str, ...] = ("",)
    options: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    clips: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A source of songs.

    Attributes:
        description: a line for the command's help.
        origin: what provenance.json says of it; its name is the command's.
        make: called as make(*places, out, **options); fills the folder `out` and returns the number
            of songs.
        example: what its contract test runs it on.
        places: names of its arguments before OUT.
        options: of its command.
    """

    description: str
    origin: Origin
    make: Callable[..., int]
    example: Example
    places: tuple[str, ...] = ("FOLDER",)
    options: tuple[Option, ...] = ()

    @property
    def name(self) -> str:
        """Of its command, `kerasfeat data NAME`."""
        return self.origin.source


LIMIT = Option("--limit", "Use only the first N songs.", kind=int, metavar="N")

sources = Registry(
    "source", "kerasfeat.datasets.sources", "kerasfeat.sources", Source, constant="SOURCE"
)
