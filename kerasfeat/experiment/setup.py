"""From what is asked to what is trained on what: every name looked up, everything chosen."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kerasfeat import KerasfeatError
from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.frontends.backbones import finetuning
from kerasfeat.cache import cache_dir
from kerasfeat.datasets import demo
from kerasfeat.experiment import reuse
from kerasfeat.experiment.clip_length import choose_clip_s
from kerasfeat.experiment.dataset import Dataset, make_dataset
from kerasfeat.experiment.hyperparameters import CLIP, Hyperparameters, resolve
from kerasfeat.experiment.member_kinds import (
    ENSEMBLE,
    MANY_SONGS,
    ensemble_trunk,
    members_of,
)
from kerasfeat.experiment.select_inputs import (
    FEATURES,
    choose_columns,
    choose_inputs,
    columns_of,
    group_columns,
)
from kerasfeat.experiment.spec import Spec
from kerasfeat.fields import FRAMES
from kerasfeat.files import expanded
from kerasfeat.networks.trunks import Trunk, default_for, default_trunk, trunks
from kerasfeat.progress import progress, say
from kerasfeat.recipes import Recipe, recipes
from kerasfeat.songs import schema
from kerasfeat.songs.feature_sources import refuse_mixed
from kerasfeat.songs.labels import by_nobody, say_nobody
from kerasfeat.songs.loading import Songs, load_songs, require_ranges, with_target
from kerasfeat.songs.problems import describe
from kerasfeat.tasks import Task, tasks

MANY_BATCH = 128  # trains as well in half the time, where there are many songs
# Of so many songs an epoch has as many steps as ten of fewer.
VERY_MANY_SONGS = 100_000
VERY_MANY = {"batch_size": 1024, "epochs": 10}
FINETUNING_RATE = 1e-4


@dataclass(frozen=True)
class Setup:
    """What is trained on what.

    Attributes:
        asked: the Spec as it was asked for.
        spec: the same with everything that was chosen.
        recipe, task, songs, trunk, hyperparameters: what its names stand for; the task's target has
            what the songs tell of it.
        groups: tabular input -> its columns.
        reused: parts that finished runs are.
        problems: what is wrong with the table, a line each.
        strict: take songs without any input, and unusable files, as errors.
    """

    asked: Spec
    spec: Spec
    recipe: Recipe
    task: Task
    songs: Songs
    trunk: Trunk
    hyperparameters: Hyperparameters
    groups: dict[str, tuple[str, ...]]
    reused: tuple[reuse.Reused, ...] = ()
    problems: tuple[str, ...] = ()
    strict: bool = False

    def dataset(
        self, hyperparameters: Hyperparameters | None = None, read_audio: bool = True
    ) -> Dataset:
        """The songs' inputs, computed with these hyperparameters, and the truth.

        Args:
            hyperparameters: None for those that were chosen.
            read_audio: see kerasfeat.experiment.dataset.gather.

        Raises:
            KerasfeatError: no song is left, or there is nothing to tell apart.
        """
        chosen = (hyperparameters or self.hyperparameters).frontends
        return make_dataset(
            self.songs,
            self.task,
            self.groups,
            chosen,
            decoder=self.spec.decoder,
            strict=self.strict,
            read_audio=read_audio,
        )


def with_saved(asked: Spec, path: Path | str) -> Spec:
    """The Spec with the hyperparameters of a file, and with its recipe, model, and inputs where
    none are asked for.

    Args:
        asked: its hyperparameters win over the file's.
        path: best.json of a search, or run.json of a finished run.

    Raises:
        KerasfeatError: if the file holds no hyperparameters.
    """
    give = "Give best.json of `kerasfeat tune`, or run.json of a finished run."
    try:
        content = json.loads(expanded(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KerasfeatError(f"{path} can't be read: {error}. {give}") from error
    if not isinstance(content, dict) or not isinstance(content.get("hyperparameters"), dict):
        raise KerasfeatError(f"{path} holds no hyperparameters. {give}")
    recipe = content.get("recipe", "default") if asked.recipe == "default" else asked.recipe
    own_model = recipes.get(recipe).model or content.get("members")
    return replace(
        asked,
        recipe=recipe,
        model=asked.model or (None if own_model else content.get("model")),
        members=asked.members or tuple(content.get("members", ())),
        inputs=asked.inputs or tuple(content.get("inputs", ())),
        hyperparameters=content["hyperparameters"] | asked.hyperparameters,
    )


def demo_songs(seed: int = 0) -> Path:
    """The folder of the synthesised songs in the cache, rendered if it is not there."""
    folder = cache_dir() / f"demo-{demo.VERSION}-{seed}-{demo.SONGS}"
    with progress("rendering", "songs") as advance:
        return demo.render(folder, seed=seed, progress=advance)


def make_setup(
    asked: Spec,
    songs: Songs | None = None,
    *,
    strict: bool = False,
    mix_sources: bool = False,
) -> Setup:
    """Look up every name, read the songs, and choose what is not said.

    Args:
        asked: what is wanted.
        songs: that are learnt from; None to read `asked.data`.
        strict: take rows, values, and files that can't be used as errors.
        mix_sources: learn from features of several sources, which don't measure the same.

    Raises:
        KerasfeatError: for an unknown name, a table that can't be used, or things that don't go
            together.
    """
    recipe = _recipe(asked)
    read = _read(asked, recipe, songs, strict)
    names, groups = _inputs(asked, recipe, read)
    if not mix_sources:
        refuse_mixed(read.songs, (*columns_of(groups), *read.task.target.columns))
    members = members_of(asked, recipe)
    trunk = _trunk(asked, recipe, names, len(read.songs.frame), beside_others=bool(members))
    reused = reuse.find(asked.reused, trunk, read.songs)
    hyperparameters = _hyperparameters(asked, recipe, read, trunk, names, reused=reused)
    spec = replace(
        _with_labels_weighed(asked, recipe, read.task),
        **chosen_of(read.task, read.songs),
        model=ENSEMBLE if members else trunk.name,
        members=members,
        inputs=names,
        hyperparameters=hyperparameters.to_json(),
        finetune=None,
        reused=tuple(str(part.run.path) for part in reused),
    )
    return Setup(
        asked=asked,
        spec=spec,
        recipe=recipe,
        **vars(read),
        trunk=trunk,
        hyperparameters=hyperparameters,
        groups=groups,
        reused=reused,
        strict=strict,
    )


@dataclass(frozen=True)
class _Read:
    """What is learnt of which songs, and what is wrong with their table; as of Setup."""

    task: Task
    songs: Songs
    problems: tuple[str, ...]


def _read(asked: Spec, recipe: Recipe, given: Songs | None, strict: bool) -> _Read:
    """The songs that are learnt from, and the task with what they tell of it."""
    task = choose_task(asked, recipe)
    songs = _songs(asked, given, task, strict)
    target, notes = task.target.with_table(songs.frame)
    problems = (*describe(songs.problems), *notes)
    _say_problems(songs, problems)
    return _Read(replace(task, target=target), songs, problems)


def _trunk(
    asked: Spec, recipe: Recipe, names: tuple[str, ...], songs: int, beside_others: bool
) -> Trunk:
    """The trunk that was asked for, or the inputs' own."""
    default = ensemble_trunk if beside_others else default_trunk
    return trunks.get(asked.model or recipe.model or default(names, songs))


def _hyperparameters(
    asked: Spec,
    recipe: Recipe,
    read: _Read,
    trunk: Trunk,
    names: tuple[str, ...],
    *,
    reused: tuple[reuse.Reused, ...],
) -> Hyperparameters:
    """The defaults, changed by the songs' number, the recipe, reused parts, and what is asked."""
    audio = {name: frontends.get(name) for name in names if name in frontends.names()}
    of_parts = {n: value for part in reused for n, value in part.hyperparameters(trunk).items()}
    overrides = (
        by_size(trunk, len(read.songs.frame), bool(members_of(asked, recipe))),
        _of_recipe(recipe, audio),
        of_parts,
        _finetuned(asked)[1],
        asked.hyperparameters,
    )
    stages = [stage.part for stage in recipe.stages if stage.part]
    clip_s = read.task.clip_s
    if members_of(asked, recipe):
        clip_s = choose_clip_s(clip_s, list(audio), read.songs.frame)
    return resolve(trunk, audio, clip_s, *overrides, stages=stages)


def _inputs(
    asked: Spec, recipe: Recipe, read: _Read
) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """(The inputs' names, of each tabular one its columns)."""
    songs, task, columns = read.songs, read.task, recipe.columns
    if asked.columns:
        columns = choose_columns(songs, task, asked.columns, asked.label)
    patches, _ = _finetuned(asked)
    wanted = asked.inputs or recipe.inputs
    wanted = wanted and (*wanted, *([patches] if patches else []))
    names = choose_inputs(songs, task, wanted, patches, columns if asked.columns else ())
    groups = {
        name: group_columns(songs, task, name, columns if name == FEATURES else ())
        for name in names
        if name in schema.GROUPS
    }
    return names, groups


def chosen_of(task: Task, songs: Songs) -> dict[str, Any]:
    """What the task and the songs say of a Spec."""
    target = task.target.to_json()
    return {
        "task": task.name,
        "targets": tuple(target["targets"]),
        "ranges": {name: tuple(limits) for name, limits in target.get("ranges", {}).items()},
        "edges": tuple(target["edges"]),
        "data": str(songs.path),
        "data_fingerprint": songs.fingerprint,
        # Else a table whose own values can't tell its scale has shares from 0 to 1.
        "percent": dict(songs.percent) if any(songs.percent.values()) else {},
    }


def choose_task(asked: Spec, recipe: Recipe) -> Task:
    """The task that is asked for, or the recipe's, restricted to the numbers that are wanted.

    Raises:
        KerasfeatError: no task is named, or it is unknown.
    """
    name = asked.task or recipe.task
    if name is None:
        raise KerasfeatError(
            f"recipe {recipe.name!r} is for any task: name one with --task. Known: "
            f"{', '.join(tasks.names())}."
        )
    task = tasks.get(name)
    task = task.choose(asked.targets or (recipe.targets if name == recipe.task else ()))
    return task.with_ranges(asked.ranges).binned(recipe.edges)


def _recipe(asked: Spec) -> Recipe:
    """The recipe that is asked for.

    Raises:
        KerasfeatError: it is unknown, or has what is asked for beside it.
    """
    recipe = recipes.get(asked.recipe)
    if asked.model and recipe.model:
        raise KerasfeatError(
            f"recipe {recipe.name!r} has a network of its own, {recipe.model}; leave "
            "--model out, or --recipe."
        )
    if asked.columns and recipe.columns:
        raise KerasfeatError(
            f"recipe {recipe.name!r} reads columns of its own; leave --columns out, or --recipe."
        )
    return recipe


def _songs(asked: Spec, given: Songs | None, task: Task, strict: bool) -> Songs:
    """The songs that have the task's target."""
    columns = asked.columns or (given.columns if given else ())
    if not task.target.has_labels:
        columns = (*columns, *task.target.columns)
    if given is not None:
        require_ranges(given, asked.ranges)
        return with_target(replace(given, columns=columns), task, asked.label, strict)
    if asked.data is None:
        say(
            "no --data given: this trains on kerasfeat's own synthesised songs, which show "
            "how it works and say nothing about real music."
        )
    return load_songs(
        demo_songs() if asked.data is None else asked.data,
        label=asked.label,
        task=task,
        strict=strict,
        columns=columns,
        ranges=asked.ranges,
    )


def _say_problems(songs: Songs, problems: Iterable[str]) -> None:
    for line in problems:
        say(f"data: {line}")
    nobody = by_nobody(songs.frame)
    if nobody:
        say(f"data: {say_nobody(nobody)}")


def _finetuned(asked: Spec) -> tuple[str | None, dict[str, Any]]:
    """(The input that the finetuned backbone reads, or None; its hyperparameters)."""
    if not asked.finetune:
        return None, {}
    patches, layer = finetuning(asked.finetune)
    # Steps that suit new layers would undo what the backbone has learnt.
    return patches, {"trainable_from": layer, "learning_rate": FINETUNING_RATE}


def by_size(trunk: Trunk, songs: int, beside_others: bool) -> dict[str, Any]:
    """The hyperparameters that depend on how many songs there are, and on whether the network
    answers beside other members.
    """
    many = songs >= MANY_SONGS
    found: dict[str, Any] = {"batch_size": MANY_BATCH} | trunk.many_songs if many else {}
    if songs >= VERY_MANY_SONGS:
        found |= VERY_MANY
    if "frames" in trunk.hyperparameters:
        few = beside_others and not many
        found["frames"] = FRAMES.few_songs_trunk if few else default_for(FRAMES, songs)
    return found


def _of_recipe(recipe: Recipe, audio: dict[str, Any]) -> dict[str, Any]:
    """The recipe's hyperparameters, without those of inputs that are not used."""
    unused = [name for name in frontends.names() if name not in audio] + ([] if audio else [CLIP])
    return {
        name: value
        for name, value in recipe.hyperparameters.items()
        if name.partition(".")[0] not in unused
    }


def _with_labels_weighed(asked: Spec, recipe: Recipe, task: Task) -> Spec:
    """The Spec with the recipe's weights and balance of labels, where the task can have them."""
    wanted = {name: getattr(asked, name) for name in ("class_weights", "balanced")}
    if task.target.weighs_labels:
        both = {name: on or getattr(recipe, name) for name, on in wanted.items()}
        return replace(asked, **both)
    why = f"task {task.name} does not predict one class of several"
    if any(wanted.values()):
        options = " and ".join(f"--{name.replace('_', '-')}" for name, on in wanted.items() if on)
        raise KerasfeatError(
            f"{options} makes rare classes count for more, and {why}. Leave it out."
        )
    if recipe.class_weights or recipe.balanced:
        say(f"recipe {recipe.name} makes rare classes count for more; {why}, so that is left out.")
    return asked
