import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from kerasfeat.cli._options import print_json, with_json

if TYPE_CHECKING:
    from kerasfeat.audio.spectra import FrontEnd
    from kerasfeat.networks.trunks import Trunk
    from kerasfeat.recipes import Recipe

Row: TypeAlias = dict[str, Any]  # a member, one value a column


@dataclasses.dataclass(frozen=True)
class Listing:
    """What there is: names of the columns for people, and a row for each member."""

    header: list[str]
    rows: list[Row]


def _tasks() -> Listing:
    from kerasfeat.tasks import tasks

    rows: list[Row] = [
        {"name": task.name, "targets": list(task.target.columns), "description": task.description}
        for task in tasks
    ]
    return Listing(["task", "targets", "what"], rows)


def _models() -> Listing:
    from kerasfeat.networks.trunks import trunks

    header = ["model", "first axis of its inputs", "hyperparameters", "what"]
    return Listing(header, [_model(trunk) for trunk in trunks])


def _model(trunk: "Trunk") -> Row:
    return {
        "name": trunk.name,
        "axes": [axis.name for axis in trunk.takes],
        "hyperparameters": trunk.hyperparameters,
        "description": trunk.description,
    }


def _inputs() -> Listing:
    from kerasfeat.audio.frontends import frontends
    from kerasfeat.songs.schema import GROUPS

    tabular = [_columns(name) for name in GROUPS if name not in frontends.names()]
    header = ["input", "shape of one clip", "unit", "parameters or columns"]
    return Listing(header, tabular + [_frontend(frontend) for frontend in frontends])


def _columns(group: str) -> Row:
    from kerasfeat.songs.schema import GROUPS

    columns = list(GROUPS[group])
    return {"name": group, "shape": {"columns": len(columns)}, "unit": "", "columns": columns}


def _frontend(frontend: "FrontEnd") -> Row:
    axes = [axis.name for axis in frontend.field.axes]
    parameters = [parameter.name for parameter in dataclasses.fields(frontend)]
    return {
        "name": frontend.name,
        "shape": dict(zip(axes, frontend.field.shape, strict=True)),
        "unit": frontend.field.unit,
        "parameters": {name: getattr(frontend, name) for name in parameters},
    }


def _recipes() -> Listing:
    from kerasfeat.recipes import recipes

    header = ["recipe", "task", "inputs", "reported", "what", "stages", "reference", "parameters"]
    return Listing(header, [_recipe(recipe) for recipe in recipes])


def _recipe(recipe: "Recipe") -> Row:
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


LISTINGS: dict[str, Callable[[], Listing]] = {
    "tasks": _tasks,
    "models": _models,
    "inputs": _inputs,
    "recipes": _recipes,
}


def _text(cell: object) -> str:
    """A cell of the table for people."""
    if isinstance(cell, dict):
        return ", ".join(f"{name}={_text(value)}" for name, value in cell.items())
    return ",".join(map(str, cell)) if isinstance(cell, (list, tuple)) else str(cell)


@click.command()
@click.argument("what", type=click.Choice(list(LISTINGS)))
@with_json
def command(what: str, as_json: bool) -> None:
    """Show the tasks, models, inputs, or recipes there are."""
    from kerasfeat.cli._summary import print_table

    if what in ("models", "inputs"):
        from kerasfeat.silence import import_tensorflow

        import_tensorflow()
    listing = LISTINGS[what]()
    if as_json:
        print_json(listing.rows)
    else:
        rows = [[_text(cell) for cell in row.values()] for row in listing.rows]
        print_table(listing.header, rows)
