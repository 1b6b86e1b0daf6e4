import click

from kerasfeat.cli._options import print_json, with_json


def _tasks():
    from kerasfeat.tasks import tasks

    found = [tasks.get(name) for name in tasks.names()]
    header = ["task", "targets", "what"]
    return header, [{"name": task.name, "targets": list(task.target.columns), "description": task.description} for task in found]


def _models():
    from kerasfeat.models import models

    def row(name):
        model = models.get(name)
        return {"name": name, "axes": list(model.axes), "hyperparameters": dict(model.hyperparameters), "description": model.description}

    return ["model", "first axis of its inputs", "hyperparameters", "what"], [row(name) for name in models.names()]


def _inputs():
    import dataclasses

    from kerasfeat.audio import frontends
    from kerasfeat.data.schema import GROUPS

    def row(name):
        frontend = frontends.get(name)()
        shape = dict(zip(frontend.field.axes, frontend.field.shape, strict=True))
        parameters = {f.name: getattr(frontend, f.name) for f in dataclasses.fields(frontend)}
        return {"name": name, "shape": shape, "unit": frontend.field.unit, "parameters": parameters}

    def columns(name):
        return {"name": name, "shape": {"columns": len(GROUPS[name])}, "unit": "", "columns": list(GROUPS[name])}

    tabular = [columns(name) for name in GROUPS if name not in frontends.names()]
    return ["input", "shape of one clip", "unit", "parameters or columns"], tabular + [row(name) for name in frontends.names()]


def _recipes():
    from kerasfeat.recipes import recipes

    def row(name):
        recipe = recipes.get(name)
        return {
            "name": name,
            "task": recipe.task or "any",
            "inputs": list(recipe.inputs) or "any",
            "reported": recipe.reported or "",
            "description": recipe.description,
            "stages": [stage.part or "whole" for stage in recipe.stages],
            "reference": recipe.reference or "",
            "parameters": dict(recipe.hyperparameters),
        }

    return ["recipe", "task", "inputs", "reported", "what", "stages", "reference", "parameters"], [row(name) for name in recipes.names()]


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
        from kerasfeat.quiet import import_tensorflow

        import_tensorflow()
    header, rows = LISTINGS[what]()
    if as_json:
        print_json(rows)
    else:
        print_table(header, [[_text(cell) for cell in row.values()] for row in rows])
