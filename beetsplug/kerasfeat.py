"""beets' plug-in: what songs sound like, in the fields of a library.

    plugins: kerasfeat
    kerasfeat:
        runs: [~/runs/mood]

`beet kerasfeat QUERY` describes songs as `kerasfeat describe` does. This folder has no
`__init__.py`: beets and other packages have modules in `beetsplug` too.
"""

import json
import re
from collections.abc import Iterator
from functools import cached_property
from optparse import Values
from pathlib import Path
from typing import Any

import confuse
from beets.dbcore import types
from beets.library import Item, Library
from beets.plugins import BeetsPlugin
from beets.ui import Subcommand, UserError, should_write, show_model_changes
from mediafile import MediaFile

from kerasfeat import KerasfeatError
from kerasfeat.songs.schema import TAGS

KEY = "initial_key"  # beets' own field
NUMBERS = ("tempo", "tempo_confidence", "key_confidence")
TEMPO, SHARE = types.FLOAT, types.Float(3)  # which differ in the digits that are shown


class KerasfeatPlugin(BeetsPlugin):
    """The command `beet kerasfeat`, and the types of the fields that it writes."""

    def __init__(self) -> None:
        super().__init__()
        self.config.add({"runs": []})

    @cached_property
    def item_types(self) -> dict[str, Any]:
        """The fields that are numbers, which queries may ask for by range."""
        names = [*NUMBERS, *TAGS]
        for run in self._runs:
            try:
                own = _numbers(run)
            except (OSError, LookupError, TypeError, ValueError) as error:
                self._log.warning("the run {} can't be read: {}", run, error)
                continue
            # Of two runs that answer the same, the second's columns begin with its name.
            names += [*own, *(f"{run.name}.{name}" for name in own)]
        return {_field(name): TEMPO if name == "tempo" else SHARE for name in names}

    def commands(self) -> list[Subcommand]:
        """beets' commands of this plug-in."""
        command = Subcommand("kerasfeat", help="describe what songs sound like")
        add = command.parser.add_option
        add("-f", "--force", action="store_true", help="replace what fields hold already")
        add("-p", "--pretend", action="store_true", help="show what would change, change nothing")
        add("-w", "--write", action="store_true", help="write the key into files' tags (default)")
        add("-W", "--nowrite", action="store_false", dest="write", help="don't write tags")
        command.func = self._describe
        return [command]

    @cached_property
    def _runs(self) -> list[Path]:
        """The run directories; relative ones lie in the folder of beets' configuration."""
        return [Path(run) for run in self.config["runs"].get(confuse.Sequence(confuse.Filename()))]

    def _describe(self, lib: Library, opts: Values, words: list[str]) -> None:
        """Describe the songs that a query finds."""
        from kerasfeat import describe  # which imports pandas

        items = list(lib.items(words))
        if not items:
            raise UserError("no song is as the query wants it")
        try:
            table = describe([item.filepath for item in items], runs=self._runs)
        except KerasfeatError as error:
            raise UserError(str(error)) from error
        for item, row in zip(items, table.astype(object).to_dict("records"), strict=True):
            known = {name: value for name, value in row.items() if value == value}
            if known.get("error"):
                self._log.warning("{}: {}", item, known["error"])
                continue
            changes = {
                field: value
                for field, value in _values(known)
                if _is_new(item.get(field, with_album=False), value, opts.force)
            }
            item.update(changes)
            if opts.pretend:
                show_model_changes(item)
            elif changes:
                if KEY in changes and should_write(opts.write):
                    item.try_write()
                item.store()
                self._log.info("{}: {} fields", item, len(changes))


def _numbers(run: Path) -> list[str]:
    """The columns of numbers of what a run's model says.

    Many a `beet` command asks for them: read as kerasfeat reads a run, they would cost seconds.
    """
    state = json.loads((run / "run.json").read_text(encoding="utf-8"))
    if state["kind"] == "values":
        return list(state["targets"])
    return [f"probability_{label}" for label in state["labels"] or state["targets"]]


def _values(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Field -> value, as beets writes it, of a song that was described: tempo, key, tags, and
    answers.
    """
    from kerasfeat.audio.measures.measure import MEASURES
    from kerasfeat.inference.file_tags import wanted_tags
    from kerasfeat.inference.records import IDENTITY

    left_out = {*IDENTITY, *MEASURES, "sounds", "error"} - {*NUMBERS}
    values = {
        _field(name): value
        for name, value in row.items()
        if name not in left_out and value is not None
    }
    key = wanted_tags(row).get("initial key")
    for field, value in {**values, **({KEY: key} if key else {})}.items():
        yield field, Item(**{field: value})[field]


def _is_new(old: Any, value: Any, force: bool) -> bool:
    """Whether a field gets a value: what is there already stays, unless it is forced."""
    return value != old if force else old in (None, "")


def _field(column: str) -> str:
    """The field of a column: a word that a query can name, and none of beets' own."""
    name = re.sub(r"\W+", "_", column.lower())
    return f"kerasfeat_{name}" if name in {*Item.all_keys(), *MediaFile.fields()} else name
