import click

from kerasfeat.cli._options import print_json, with_json


def _tasks():
    from kerasfeat.tasks import tasks

    return ["task", "targets", "what"], [
        {"name": task.name, "targets": list(task.target.columns), "description": task.description}
        for task in tasks
    ]


def _models():
    from kerasfeat.networks.trunks import trunks

    def row(trunk):
        return {
            "name": trunk.name,
            "axes": [axis.name for axis in trunk.takes],
            "hyperparameters": trunk.hyperparameters,
            "description": trunk.description,
        }

    return ["model", "first axis of its inputs", "hyperparameters", "what"], [
        row(trunk) for trunk in trunks
    ]


def _inputs():
    import dataclasses

    from kerasfeat.audio.frontends import frontends
    from kerasfeat.songs.schema import GROUPS

    def row(frontend):
        names = [axis.name for axis in frontend.field.axes]
        shape = dict(zip(names, frontend.field.shape, strict=True))
        parameters = {f.name: getattr(frontend, f.name) for f in dataclasses.fields(frontend)}
        return {
            "name": frontend.name,
            "shape": shape,
            "unit": frontend.field.unit,
            "parameters": parameters,
        }

    def columns(name):
        return {
            "name": name,
            "shape": {"columns": len(GROUPS[name])},
            "unit": "",
            "columns": list(GROUPS[name]),
        }

    tabular = [columns(name) for name in GROUPS if name not in frontends.names()]
    return ["input", "shape of one clip", "unit", "parameters or columns"], tabular + [
        row(frontend) for frontend in frontends
    ]


def _recipes():
    from kerasfeat.recipes import recipes

    def row(recipe):
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

    return ["recipe", "task", "inputs", "reported", "what", "stages", "reference", "parameters"], [
        row(recipe) for recipe in recipes
    ]


LISTINGS = {"tasks": _tasks, "models": _models, "inputs": _inputs, "recipes": _recipes}


def _text(cell):
    """A cell of the table for people."""
    if isinstance(cell, dict):
        return ", ".join(f"{name}={_text(value)}" for name, value in cell.items())
    return ",".join(map(str, cell)) if isinstance(cell, (list, tuple)) else str(cell)


@click.command()
@click.argument("what", type=click.Choice(list(LISTINGS)))
@with_json
def command(what, as_json):
    """Show the tasks, models, inputs, or recipes there are."""
    from kerasfeat.cli._summary import print_table

    if what in ("models", "inputs"):
        from kerasfeat.silence import import_tensorflow

        import_tensorflow()
    header, rows = LISTINGS[what]()
    if as_json:
        print_json(rows)
    else:
        print_table(header, [[_text(cell) for cell in row.values()] for row in rows])
