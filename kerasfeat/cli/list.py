"""`kerasfeat list`: the tasks, models, inputs, and recipes there are."""

from collections.abc import Callable
from dataclasses import dataclass
from textwrap import fill, shorten
from typing import TYPE_CHECKING, Any

import click

from kerasfeat.cli._options import print_json, with_json

if TYPE_CHECKING:
    from kerasfeat.audio.frontends import FrontEnd
    from kerasfeat.networks.trunks import Trunk
    from kerasfeat.recipes import Recipe


WIDTH, INDENT = 80, "    "


@dataclass(frozen=True)
class Listing:
    """What one word of `kerasfeat list` shows.

    Attributes:
        header: names of the columns, for people.
        rows: a dict each, whose values are the columns.
    """

    header: list[str]
    rows: list[dict[str, Any]]


def _tasks() -> Listing:
    from kerasfeat.tasks import tasks

    rows = [
        {"name": task.name, "targets": list(task.target.columns), "description": task.description}
        for task in tasks
    ]
    return Listing(["task", "targets", "what"], rows)


def _models() -> Listing:
    from kerasfeat.networks.trunks import trunks

    def row(trunk: "Trunk") -> dict[str, Any]:
        return {
            "name": trunk.name,
            "axes": [axis.name for axis in trunk.takes],
            "hyperparameters": trunk.hyperparameters,
            "description": trunk.description,
        }

    header = ["model", "first axis of its inputs", "hyperparameters", "what"]
    return Listing(header, [row(trunk) for trunk in trunks])


def _inputs() -> Listing:
    import dataclasses

    from kerasfeat.audio.frontends import frontends
    from kerasfeat.songs.schema import GROUPS

    def columns(name: str) -> dict[str, Any]:
        group = list(GROUPS[name])
        return {"name": name, "shape": {"columns": len(group)}, "unit": "", "columns": group}

    def row(frontend: "FrontEnd") -> dict[str, Any]:
        names = [axis.name for axis in frontend.field.axes]
        return {
            "name": frontend.name,
            "shape": dict(zip(names, frontend.field.shape, strict=True)),
            "unit": frontend.field.unit,
            "parameters": {f.name: getattr(frontend, f.name) for f in dataclasses.fields(frontend)},
        }

    tabular = [columns(name) for name in GROUPS if name not in frontends.names()]
    header = ["input", "shape of one clip", "unit", "parameters or columns"]
    return Listing(header, tabular + [row(frontend) for frontend in frontends])


def _recipes() -> Listing:
    from kerasfeat.recipes import recipes

    def row(recipe: "Recipe") -> dict[str, Any]:
        return {
            "name": recipe.name,
            "task": recipe.task or "any",
            "inputs": list(recipe.inputs) or "any",
            "reported": recipe.reported or "",
            "description": recipe.description,
            "stages": [stage.part or "whole" for stage in recipe.stages],
            "reference": recipe.reference or "",
            "parameters": dict(recipe.hyperparameters),
        }

    names = ("recipe", "task", "inputs", "reported", "what", "stages", "reference", "parameters")
    return Listing(list(names), [row(recipe) for recipe in recipes])


LISTINGS: dict[str, Callable[[], Listing]] = {
    "tasks": _tasks,
    "models": _models,
    "inputs": _inputs,
    "recipes": _recipes,
}


def _text(cell: Any) -> str:
    """A cell of the table for people."""
    if isinstance(cell, dict):
        return ", ".join(f"{name}={_text(value)}" for name, value in cell.items())
    return ",".join(map(str, cell)) if isinstance(cell, (list, tuple)) else str(cell)


@click.command()
@click.argument("what", type=click.Choice(list(LISTINGS)))
@click.argument("name", required=False)
@with_json
def command(what: str, name: str | None, as_json: bool) -> None:
    """List tasks, models, inputs, or recipes; with NAME, show all details of one."""
    from kerasfeat.cli._summary import print_table

    if what in ("models", "inputs"):
        from kerasfeat.silence import import_tensorflow

        import_tensorflow()
    listing = LISTINGS[what]()
    if name:
        _show_one(_named(name, what, listing), listing.header, as_json)
    elif as_json:
        print_json(listing.rows)
    elif what == "recipes":  # a line each: `kerasfeat list recipes NAME` has the rest
        print_table(*_brief(listing))
    else:
        rows = [[_text(cell) for cell in row.values()] for row in listing.rows]
        print_table(listing.header, rows)


def _named(name: str, what: str, listing: Listing) -> dict[str, Any]:
    """The row that is called so."""
    from kerasfeat.registry import unknown

    rows = {row["name"]: row for row in listing.rows}
    if name not in rows:
        raise unknown(what.removesuffix("s"), name, rows)
    return rows[name]


def _show_one(row: dict[str, Any], header: list[str], as_json: bool) -> None:
    """Print a row whole, a paragraph for each of its columns."""
    if as_json:
        print_json(row)
        return
    for title, cell in zip(header, row.values(), strict=True):
        click.echo(title)
        click.echo(fill(_text(cell), WIDTH, initial_indent=INDENT, subsequent_indent=INDENT))


def _brief(listing: Listing) -> tuple[list[str], list[list[str]]]:
    """(Header, rows) of names, tasks, and what fits behind them into WIDTH columns."""
    names = [[row["name"], row["task"]] for row in listing.rows]
    taken = sum(
        2 + max(map(len, column)) for column in zip(*names, ["recipe", "task"], strict=True)
    )
    rows = [
        [*own, shorten(row["description"], WIDTH - taken, placeholder=" ...")]
        for own, row in zip(names, listing.rows, strict=True)
    ]
    return ["recipe", "task", "what"], rows
