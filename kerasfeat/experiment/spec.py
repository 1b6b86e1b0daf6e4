"""What `fit` was asked to do, and what that comes to: task, table, inputs, trunk, hyperparameters."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kerasfeat import KerasfeatError
from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.frontends.backbones import finetuning
from kerasfeat.cache import cache_dir
from kerasfeat.datasets import demo
from kerasfeat.experiment import reuse
from kerasfeat.experiment.hyperparameters import CLIP, Hyperparameters, resolve
from kerasfeat.experiment.select_inputs import (
    FEATURES,
    choose_columns,
    choose_inputs,
    group_columns,
)
from kerasfeat.fields import FRAMES
from kerasfeat.networks.trunks import Trunk, default_for, default_trunk, trunks
from kerasfeat.progress import progress, say
from kerasfeat.recipes import Recipe, recipes
from kerasfeat.songs import loading, schema
from kerasfeat.songs.feature_sources import refuse_mixed
from kerasfeat.songs.labels import by_nobody, say_nobody
from kerasfeat.songs.problems import describe
from kerasfeat.tasks import Task, tasks

# From this many songs on, larger batches train as well in half the time.
MANY_SONGS, MANY_BATCH = 2000, 128
# Below it an ensemble costs little, and evens out what one network makes of few songs.
FEW_SONGS_MEMBERS = 8
FINETUNING_RATE = 1e-4


@dataclass(frozen=True)
class Settings:
    """What `kerasfeat fit` was asked to do; its options by name."""

    task: str | None = None
    targets: tuple = ()
    data: str | None = None
    label: str | None = None
    inputs: tuple = ()
    columns: tuple = ()
    model: str | None = None
    finetune: str | None = None
    recipe: str = "default"
    overrides: dict = field(default_factory=dict)
    folds: int | None = None
    split: str = "artist"
    seed: int = 0
    out: str | None = None
    resume: str | None = None
    class_weights: bool = False
    balanced: bool = False
    mixed_precision: bool = False
    decoder: str = "soundfile"
    strict: bool = False
    mix_sources: bool = False
    reused: tuple = ()
    bag: int | None = None
    # Train on the validation songs too, each stage for so many epochs: what `tune` does in the end.
    refit_epochs: dict = field(default_factory=dict)
    # Train on parts of the training songs too, to see whether more would help.
    learning_curve: bool = False
    # Log to TensorBoard what takes time or space.
    histograms: bool = False
    profile: bool = False


def demo_corpus(seed=0):
    """The folder of the synthesised corpus in the cache, rendered if it is not there."""
    with progress("rendering", "songs") as advance:
        return demo.render(
            cache_dir() / f"demo-{demo.VERSION}-{seed}-{demo.SONGS}", seed=seed, progress=advance
        )


def choose(
    settings: Settings, recipe: Recipe, task: Task, table: loading.Songs
) -> tuple[tuple[str, ...], Trunk, Hyperparameters, Sequence[reuse.Reused]]:
    """(input names, trunk, Hyperparameters, reused parts): as asked for, else by the recipe, else
    by what the table has and how much.
    """
    if settings.model and recipe.model:
        raise KerasfeatError(
            f"recipe {recipe.name!r} has a network of its own, {recipe.model}; leave "
            "--model out, or --recipe."
        )
    songs = len(table.frame)
    wanted, patches, tuned = settings.inputs or recipe.inputs, None, {}
    if settings.finetune:
        patches, layer = finetuning(settings.finetune)
        wanted = wanted and (*wanted, patches)
        # Steps that suit new layers would undo what the backbone has learnt.
        tuned = {"trainable_from": layer, "learning_rate": FINETUNING_RATE}
    names = choose_inputs(table, task, wanted, patches, recipe.columns if settings.columns else ())
    if not settings.mix_sources:
        groups = (
            group_columns(table, task, name, recipe.columns if name == FEATURES else ())
            for name in names
            if name in schema.GROUPS
        )
        refuse_mixed(
            table, (*(column for columns in groups for column in columns), *task.target.columns)
        )
    audio = {name: frontends.get(name) for name in names if name in frontends.names()}
    trunk = trunks.get(settings.model or recipe.model or default_trunk(names, songs))
    by_size = {"batch_size": MANY_BATCH} if songs >= MANY_SONGS else {}
    if "members" in trunk.hyperparameters and songs < MANY_SONGS:
        by_size["members"] = FEW_SONGS_MEMBERS
    if "frames" in trunk.hyperparameters:
        by_size["frames"] = default_for(FRAMES, songs)
    reused = reuse.find(settings.reused, trunk, table)
    given = {name: value for part in reused for name, value in part.hyperparameters(trunk).items()}
    stages = [stage.part for stage in recipe.stages if stage.part]
    overrides = (by_size, _of_recipe(recipe, audio), given, tuned, settings.overrides)
    return names, trunk, resolve(trunk, audio, task.clip_s, *overrides, stages=stages), reused


def _of_recipe(recipe, audio):
    """The recipe's hyperparameters, without those of inputs that are not used."""
    unused = [name for name in frontends.names() if name not in audio] + ([] if audio else [CLIP])
    return {
        name: value
        for name, value in recipe.hyperparameters.items()
        if name.partition(".")[0] not in unused
    }


def _task(settings, recipe):
    task = tasks.get(settings.task or recipe.task or _no_task(recipe))
    task = task.choose(settings.targets or (recipe.targets if task.name == recipe.task else ()))
    return task.binned(recipe.edges)


def _no_task(recipe):
    raise KerasfeatError(
        f"recipe {recipe.name!r} is for any task: name one with --task. Known: "
        f"{', '.join(tasks.names())}."
    )


def read(settings: Settings) -> tuple[Settings, Recipe, Task, loading.Songs, list[str]]:
    """What is trained on what: (Settings with the recipe's, Recipe, Task, Songs, the table's
    problems as lines, which are also said).
    """
    recipe = recipes.get(settings.recipe)
    task = _task(settings, recipe)
    if settings.data is None:
        say(
            "no --data given: this trains on kerasfeat's own synthesised songs, which show "
            "how it works and say nothing about real music."
        )
    if settings.columns and recipe.columns:
        raise KerasfeatError(
            f"recipe {recipe.name!r} reads columns of its own; leave --columns out, or --recipe."
        )
    wanted = {
        "label": settings.label,
        "task": task,
        "strict": settings.strict,
        "columns": settings.columns,
    }
    table = loading.load_songs(settings.data or demo_corpus(), **wanted)
    target, notes = task.target.with_table(table.frame)
    task = replace(task, target=target)
    problems = [*describe(table.problems), *notes]
    for line in problems:
        say(f"data: {line}")
    nobody = by_nobody(table.frame)
    if nobody:
        say(f"data: {say_nobody(nobody)}")
    if settings.columns:
        recipe = replace(
            recipe, columns=choose_columns(table, task, settings.columns, settings.label)
        )
    return _with_classes_weighed(settings, recipe, task), recipe, task, table, problems


def _with_classes_weighed(settings, recipe, task):
    """The Settings with the recipe's weights and balance of classes, where the task has classes."""
    asked = {name: getattr(settings, name) for name in ("class_weights", "balanced")}
    if task.target.weighs_labels:
        return replace(
            settings, **{name: on or getattr(recipe, name) for name, on in asked.items()}
        )
    why = f"task {task.name} does not predict one class of several"
    if any(asked.values()):
        options = " and ".join(f"--{name.replace('_', '-')}" for name, on in asked.items() if on)
        raise KerasfeatError(
            f"{options} makes rare classes count for more, and {why}. Leave it out."
        )
    if recipe.class_weights or recipe.balanced:
        say(f"recipe {recipe.name} makes rare classes count for more; {why}, so that is left out.")
    return settings


def make_config(
    settings: Settings,
    task: Task,
    table: loading.Songs,
    names: Sequence[str],
    model: str,
    hyperparameters: Hyperparameters,
    reused: Sequence[reuse.Reused] = (),
) -> dict[str, Any]:
    """What makes two runs the same experiment."""
    return {
        "task": task.name,
        "targets": task.target.to_json()["targets"],
        "recipe": settings.recipe,
        "model": model,
        "inputs": list(names),
        "hyperparameters": hyperparameters.to_json(),
        **({"chosen_columns": list(settings.columns)} if settings.columns else {}),
        "data": str(table.path),
        "data_fingerprint": table.fingerprint,
        "label": settings.label,
        "folds": settings.folds,
        "split": settings.split,
        "seed": settings.seed,
        "class_weights": settings.class_weights,
        "balanced": settings.balanced,
        "mixed_precision": settings.mixed_precision,
        "decoder": settings.decoder,
        "edges": task.target.to_json()["edges"],
        # Else a table whose own values can't tell its scale has shares from 0 to 1.
        **({"percent": table.percent} if any(table.percent.values()) else {}),
        "reused": {part.path: str(part.run.path) for part in reused},
        **({"bag": settings.bag} if settings.bag else {}),
        **({"learning_curve": True} if settings.learning_curve else {}),
        **({"refit_epochs": settings.refit_epochs} if settings.refit_epochs else {}),
    }
