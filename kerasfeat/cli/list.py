import click


def _tasks():
    from kerasfeat.tasks import tasks

    header = ["task", "targets", "what"]
    return header, [[name, ", ".join(tasks.get(name).targets), tasks.get(name).description] for name in tasks.names()]


def _models():
    from kerasfeat.models import models

    def row(name):
        model = models.get(name)
        return [name, ", ".join(model.axes), ", ".join(f"{k}={v}" for k, v in model.hyperparameters.items()), model.description]

    return ["model", "first axis of its inputs", "hyperparameters", "what"], [row(name) for name in models.names()]


def _inputs():
    import dataclasses

    from kerasfeat.audio import frontends
    from kerasfeat.data.schema import GROUPS

    def row(name):
        frontend = frontends.get(name)()
        shape = ", ".join(f"{axis} {size}" for axis, size in zip(frontend.field.axes, frontend.field.shape, strict=True))
        parameters = ", ".join(f"{f.name}={getattr(frontend, f.name)}" for f in dataclasses.fields(frontend))
        return [name, f"[{shape}] {frontend.field.unit}", parameters]

    return ["input", "shape of one clip", "parameters"], [
        *([name, f"[columns {len(its)}]", ", ".join(its)] for name, its in GROUPS.items() if name not in frontends.names()),
        *(row(name) for name in frontends.names()),
    ]


def _recipes():
    from kerasfeat.recipes import recipes

    def row(name):
        recipe = recipes.get(name)
        parameters = ", ".join(f"{key}={','.join(map(str, v)) if isinstance(v, tuple) else v}" for key, v in recipe.hyperparameters.items())
        stages = " -> ".join(stage.part or "whole" for stage in recipe.stages)
        made_for = (recipe.task or "any", "+".join(recipe.inputs) or "any")
        return [name, *made_for, recipe.reported or "", recipe.description, stages, recipe.reference or "", parameters]

    return ["recipe", "task", "inputs", "reported", "what", "stages", "reference", "parameters"], [row(name) for name in recipes.names()]


LISTINGS = {"tasks": _tasks, "models": _models, "inputs": _inputs, "recipes": _recipes}


@click.command()
@click.argument("what", type=click.Choice(list(LISTINGS)))
def command(what):
    """Show the tasks, models, inputs, or recipes there are."""
    from kerasfeat.cli._summary import print_table

    if what in ("models", "inputs"):
        from kerasfeat.quiet import import_tensorflow

        import_tensorflow()
    print_table(*LISTINGS[what]())
