"""`kerasfeat combine`: finished runs of one task on the same split as one run that answers by all
of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.evaluation.comparison import short_names, used_songs
from kerasfeat.experiment import run_directory
from kerasfeat.experiment.dataset import Dataset, make_dataset
from kerasfeat.experiment.fit import Clock, finish
from kerasfeat.experiment.folds import Split
from kerasfeat.experiment.hyperparameters import frontend_parameters
from kerasfeat.experiment.member_kinds import ENSEMBLE
from kerasfeat.experiment.reuse import refuse_seen
from kerasfeat.experiment.run_directory import RunDirectory, load
from kerasfeat.experiment.select_inputs import FEATURES, group_columns
from kerasfeat.experiment.setup import chosen_of
from kerasfeat.experiment.spec import Spec
from kerasfeat.experiment.stages import Places
from kerasfeat.experiment.training import Experiment, Trained, Watch, joined
from kerasfeat.fields import Field
from kerasfeat.files import expanded
from kerasfeat.inference.predict import Predictor
from kerasfeat.networks.ensembles import Weighted, ensemble, majority
from kerasfeat.pipeline.batches import predict_songs
from kerasfeat.progress import say
from kerasfeat.registry import unknown
from kerasfeat.songs import schema
from kerasfeat.songs.loading import Songs
from kerasfeat.songs.problems import describe
from kerasfeat.targets import Target
from kerasfeat.targets.member_weights import by_squared_error
from kerasfeat.tasks import Task

MEAN, VOTE, STACK = "mean", "vote", "stack"
WAYS = (MEAN, VOTE, STACK)
# What the runs' configurations must have in common: else they mean different things, or one was
# trained on what another is scored on.
SHARED = (
    "task",
    "targets",
    "ranges",
    "edges",
    "data_fingerprint",
    "label",
    "split",
    "seed",
    "decoder",
)


@dataclass(frozen=True)
class Combined:
    """What stands in place of hyperparameters: how the runs' answers become one, and the front-ends
    that they read.
    """

    way: str
    frontends: dict[str, FrontEnd]

    def to_json(self) -> dict[str, Any]:
        """Flat names and values."""
        return {"combine": self.way, **frontend_parameters(self.frontends)}


@dataclass(frozen=True)
class Combination:
    """Networks that are trained already, as one.

    Attributes:
        task: what they predict.
        dataset: the songs of which each has its inputs.
        hyperparameters: how their answers become one.
        table: that the songs are of.
        predictors: of each run.
        names: what the runs are called.
        seed: of everything that is drawn.
    """

    task: Task
    dataset: Dataset
    hyperparameters: Combined
    table: Songs
    predictors: tuple[Predictor, ...]
    names: tuple[str, ...]
    seed: int

    @property
    def members(self) -> tuple[str, ...]:
        """The runs' names."""
        return self.names

    @property
    def target(self) -> Target:
        """What is predicted."""
        return self.dataset.target

    @property
    def networks(self) -> tuple[Experiment, ...]:
        """None: they are trained."""
        return ()

    @property
    def learns_validation(self) -> bool:
        """Whether the weights are by these songs, or a run has learnt them."""
        return self.hyperparameters.way == STACK or any(
            predictor.run.learnt_validation for predictor in self.predictors
        )

    def watched(self, watch: Watch) -> "Combination":
        """The same: nothing is trained."""
        return self

    def train(self, split: Split, places: Places) -> Trained:
        """Join the runs' networks; of `stack` find the weights on the validation songs, which the
        runs have not learnt.

        Raises:
            KerasfeatError: a run was trained on songs or artists of the test part.
        """
        for predictor in self.predictors:
            refuse_seen(predictor.run, self.table, self.dataset, split)
        if self.hyperparameters.way == VOTE:
            return self._joined(partial(majority, self.target))
        equal = [1 / len(self.names)] * len(self.names)
        mean = self._joined(lambda head: Weighted(equal, name=head))
        if self.hyperparameters.way != STACK:
            return mean
        weights = self._weights(mean, split.of("validation"))
        return self._joined(lambda head: Weighted(weights[head].tolist(), name=head))

    def _joined(self, layer: Callable[[str], keras.layers.Layer]) -> Trained:
        """The networks with a layer for each head that joins their answers."""
        members = [(predictor.model, _fields(predictor)) for predictor in self.predictors]
        model = ensemble(members, self.dataset.fields, layer)
        asked = joined(model, self.target, self.names, self.dataset.inputs)
        return Trained(model, members=asked)

    def _weights(self, trained: Trained, songs: Array) -> dict[str, Array]:
        """head -> weight of each member, under which the error of the mean is lowest on these
        songs: of numbers the absolute one, of probabilities the squared one, the Brier score.
        """
        target, heads, truth = self.target, self.target.heads, self.dataset.y[songs]
        answers = np.stack(
            [predict_songs(one.model, heads, one.inputs, songs) for one in trained.members]
        )
        if target.has_labels:
            has = target.label_truth(truth).astype(float)  # [songs, labels]
            found = {heads[0]: by_squared_error(answers, has)}
        else:
            found = target.member_weights(answers, truth)
        for head, weights in found.items():
            told = ", ".join(f"{n} {w:.2f}" for n, w in zip(self.names, weights, strict=True))
            say(f"weights for {head}, by {len(songs)} validation songs: {told}")
        return found


def combine(
    paths: Sequence[Path | str],
    way: str = MEAN,
    out: Path | str | None = None,
    command: Sequence[str] = (),
) -> RunDirectory:
    """Join finished runs into one.

    `mean` is the mean of their answers; `vote` a majority of their labels, or the median of their
    numbers (of several labels of each one's probability); `stack` a mean with weights that the
    validation songs teach (Wolpert 1992, "Stacked generalization"). Runs that were fitted to these
    songs too are refused for `stack`: ensembles of members, refits, and what was stacked.

    Args:
        paths: run directories.
        way: one of WAYS.
        out: directory of the new run; None for one under `runs`.
        command: the command's words, for run.json.

    Returns:
        The finished run.

    Raises:
        KerasfeatError: the runs do not belong together, or one was trained on test songs of the
            others, or for `stack` on validation songs.
    """
    clock = Clock()
    if way not in WAYS:
        raise unknown("way to combine runs", way, WAYS)
    predictors, names = _members(paths, way)
    table = predictors[0].own_table({column for one in predictors for column in one.columns})
    problems = describe(table.problems)
    for line in problems:
        say(f"data: {line}")
    chosen = Combined(way, _frontends(predictors, names))
    spec = _spec(predictors, table, chosen)
    started = run_directory.start(spec, out)
    say(started.said)
    if started.finished:
        return started.directory
    with started.at_work():
        dataset = _common_dataset(table, predictors, chosen.frontends, spec)
        experiment = Combination(
            task=predictors[0].task,
            dataset=dataset,
            hyperparameters=chosen,
            table=table,
            predictors=predictors,
            names=names,
            seed=spec.seed,
        )
        run = started.directory
        finish(run, experiment, table, spec, clock=clock, problems=problems, command=command)
    return started.directory


def _spec(predictors: Sequence[Predictor], table: Songs, chosen: Combined) -> Spec:
    """What the new run's result depends on."""
    past = predictors[0].spec
    inputs = dict.fromkeys(name for each in predictors for name in each.spec.inputs)
    return Spec(
        **chosen_of(predictors[0].task, table),
        recipe=f"{chosen.way} of {len(predictors)} runs",
        model=ENSEMBLE,
        inputs=tuple(inputs),
        hyperparameters=chosen.to_json(),
        label=past.label,
        split=past.split,
        seed=past.seed,
        decoder=past.decoder,
        combined=tuple(str(predictor.run.path) for predictor in predictors),
    )


def _common_dataset(
    table: Songs, predictors: Sequence[Predictor], chosen: dict[str, FrontEnd], spec: Spec
) -> Dataset:
    """The songs of which every member has its inputs: of another, an answer would be missing."""
    common = set.intersection(*(used_songs(predictor.run.path) for predictor in predictors))
    kept = table.frame["track_id"].isin(common).to_numpy()
    used = table.frame[kept].reset_index(drop=True)
    task, some = predictors[0].task, replace(table, frame=used, lines=table.lines[kept])
    groups: dict[str, tuple[str, ...]] = {}
    for name in spec.inputs:
        if name in schema.GROUPS:
            own = [column for each in predictors for column in each.groups.get(name, ())]
            wanted = tuple(dict.fromkeys(own)) if name == FEATURES else ()
            groups[name] = group_columns(some, task, name, wanted)
    dataset = make_dataset(some, task, groups, chosen, decoder=spec.decoder)
    lost = [label for label in task.target.outputs if label not in dataset.target.outputs]
    if lost:
        raise KerasfeatError(
            f"the runs can't be combined: no song of which each has its inputs has the label "
            f"{', '.join(map(repr, lost))}, so their answers can't be scored. Train them on "
            "songs of each label that have the inputs of all."
        )
    lacking = len(table.frame) - len(used)
    more = {"an input that a member reads is missing": lacking} if lacking else {}
    return replace(dataset, dropped={**dataset.dropped, **more})


def _members(
    paths: Sequence[Path | str], way: str
) -> tuple[tuple[Predictor, ...], tuple[str, ...]]:
    """(A Predictor of each run, what they are called), or the reason why they don't belong
    together.
    """
    if len(paths) < 2:
        raise KerasfeatError("an ensemble needs two runs or more: name their directories.")
    _refuse_repeated(paths)
    predictors = tuple(Predictor(expanded(path).absolute()) for path in paths)
    names = tuple(short_names(paths))
    first = predictors[0].state
    for predictor, name in zip(predictors, names, strict=True):
        state = predictor.state
        there = {"labels": (first["labels"], state["labels"])}
        there |= {what: (first["config"].get(what), state["config"].get(what)) for what in SHARED}
        for what, (ours, theirs) in there.items():
            if ours != theirs:
                raise KerasfeatError(
                    f"{names[0]} and {name} can't be combined: the one has "
                    f"{what.replace('_', ' ')} {ours!r}, the other {theirs!r}. Train them with "
                    "the same --task, --target, --range, --label, --data, --seed and --split."
                )
        if way == STACK and predictor.run.learnt_validation:
            raise KerasfeatError(
                f"{name} was trained on the validation songs too, which --by {STACK} learns "
                f"from: what knows them already would weigh most. Take --by {MEAN} or {VOTE}."
            )
    return predictors, names


def _refuse_repeated(paths: Sequence[Path | str]) -> None:
    """Refuse a run that is named twice, also by another spelling of its path, a link, or a copy."""
    states = [load(path).read() for path in paths]
    for (one, ours), (other, theirs) in combinations(zip(paths, states, strict=True), 2):
        # run.json says when it was trained and how long that took: only a copy has all of it.
        if ours == theirs:
            raise KerasfeatError(
                f"{one} and {other} are the same run, which would count twice: name each run once."
            )


def _frontends(predictors: Sequence[Predictor], names: Sequence[str]) -> dict[str, FrontEnd]:
    """The front-ends of all runs, by input."""
    found: dict[str, FrontEnd] = {}
    owners: dict[str, str] = {}
    for predictor, name in zip(predictors, names, strict=True):
        for audio, frontend in predictor.frontends.items():
            other = next(
                (its for its in found.values() if its.clip_s != frontend.clip_s),
                found.get(audio, frontend),
            )
            if other != frontend:
                raise KerasfeatError(
                    f"{owners[other.name]} and {name} can't be combined: a model has one "
                    "input of a name, and windows of one length, but "
                    f"the one reads {other}, the other {frontend}. Train one of them with "
                    "the other's by --set."
                )
            found[audio] = frontend
            owners.setdefault(audio, name)
    return found


def _fields(predictor: Predictor) -> list[Field]:
    return [Field(**field) for field in predictor.state["fields"]]
