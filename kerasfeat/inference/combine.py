"""`kerasfeat combine`: finished runs of one task on the same split as one run that answers by all
of them.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from kerasfeat import KerasfeatError
from kerasfeat.evaluation.comparison import short_names, used_songs
from kerasfeat.experiment import run as runs
from kerasfeat.experiment.dataset import prepare
from kerasfeat.experiment.fit import Clock, finish
from kerasfeat.experiment.hyperparameters import frontend_parameters
from kerasfeat.experiment.reuse import refuse_seen
from kerasfeat.experiment.select_inputs import FEATURES
from kerasfeat.experiment.spec import Settings, make_config
from kerasfeat.experiment.training import Experiment
from kerasfeat.fields import Field
from kerasfeat.inference.predict import Predictor
from kerasfeat.networks.ensembles import Weighted, ensemble, majority, members_of
from kerasfeat.pipeline.batches import predict_songs
from kerasfeat.progress import say
from kerasfeat.registry import unknown
from kerasfeat.songs import loading
from kerasfeat.songs.problems import describe

MEAN, VOTE, STACK = "mean", "vote", "stack"
WAYS = (MEAN, VOTE, STACK)
# What the runs' configurations must have in common: else they mean different things, or one was
# trained on what another is scored on.
SHARED = ("task", "targets", "edges", "data_fingerprint", "label", "split", "seed", "decoder")


@dataclass(frozen=True)
class Combined:
    """What stands in place of hyperparameters: how the runs' answers become one, and the front-ends
    that they read.
    """

    way: str
    frontends: dict

    def to_json(self):
        """Flat names and values."""
        return {"combine": self.way, **frontend_parameters(self.frontends)}


@dataclass(frozen=True)
class Combination(Experiment):
    """An Experiment whose members are trained already.

    Attributes:
        table: the Songs.
        predictors: a Predictor of each run.
        names: what the runs are called.
        way: one of WAYS.
    """

    table: loading.Songs | None = None
    predictors: tuple = ()
    names: tuple = ()
    way: str = MEAN

    @property
    def members(self):
        """The runs' names."""
        return self.names

    def train(self, parts, work, logs, title):
        """Join the runs' networks; of `stack` find the weights on the validation songs, since the
        members have learnt the training songs.

        Returns:
            (model, an empty history).

        Raises:
            KerasfeatError: a run was trained on songs or artists of the test part.
        """
        for predictor in self.predictors:
            refuse_seen(predictor.run, self.table, self.prepared, parts == "test")
        members = [(predictor.model, _fields(predictor)) for predictor in self.predictors]
        if self.way == VOTE:
            return ensemble(members, self.fields(), partial(majority, self.target)), []
        model = ensemble(
            members,
            self.fields(),
            lambda head: Weighted([1 / len(members)] * len(members), name=head),
        )
        if self.way == STACK:
            weights = self._weights(model, np.flatnonzero(parts == "validation"))
            model = ensemble(
                members, self.fields(), lambda head: Weighted(weights[head], name=head)
            )
        return model, []

    def _weights(self, model, songs):
        """{head: weight of each member} under which the loss of these songs is lowest."""
        alone = members_of(model, self.target.heads)
        answers = [
            predict_songs(one, self.target.heads, self.prepared.inputs, songs) for one in alone
        ]
        found = self.target.member_weights(np.stack(answers), self.prepared.y[songs])
        for head, weights in found.items():
            told = ", ".join(
                f"{name} {weight:.2f}" for name, weight in zip(self.names, weights, strict=True)
            )
            say(f"weights for {head}, by {len(songs)} validation songs: {told}")
        return found


def combine(paths, way=MEAN, out=None, argv=()):
    """Join finished runs into one.

    `mean` is the mean of their answers; `vote` a majority of their labels, or the median of their
    numbers (of several labels of each one's probability); `stack` a mean with weights that the
    validation songs teach, which no member was fitted to (Wolpert 1992, "Stacked generalization").

    Args:
        paths: run directories.
        way: one of WAYS.
        out: directory of the new run; None for one under runs/.
        argv: the command's words, for run.json.

    Returns:
        The finished Run.

    Raises:
        KerasfeatError: the runs do not belong together, or one was trained on test songs of the
            others.
    """
    clock = Clock()
    if way not in WAYS:
        raise unknown("way to combine runs", way, WAYS)
    predictors, names = _members(paths, way)
    task, past = predictors[0].task, predictors[0].state["config"]
    read = {column for predictor in predictors for column in predictor.columns}
    table = loading.load_songs(
        past["data"], label=past["label"], task=task, percent=past.get("percent"), columns=read
    )
    if table.fingerprint != past["data_fingerprint"]:
        raise KerasfeatError(
            f"{past['data']} is no longer what {predictors[0].run.path} was trained on: "
            "train the runs again."
        )
    problems = describe(table.problems)
    for line in problems:
        say(f"data: {line}")
    inputs = tuple(
        dict.fromkeys(name for predictor in predictors for name in predictor.state["inputs"])
    )
    chosen = Combined(way, _frontends(predictors, names))
    shared = {
        "data": past["data"],
        "label": past["label"],
        "split": past["split"],
        "seed": past["seed"],
        "decoder": past["decoder"],
    }
    settings = Settings(task=task.name, targets=tuple(past["targets"]), inputs=inputs, **shared)
    told = {
        "recipe": f"{way} of {len(names)} runs",
        "members": [str(predictor.run.path) for predictor in predictors],
    }
    config = {**make_config(settings, task, table, inputs, "ensemble", chosen), **told}
    run, lock, resumed = runs.start(config, out)
    with lock:
        say(f"{'going on with' if resumed else 'writing'} {run.path}")
        columns = tuple(
            dict.fromkeys(
                column for predictor in predictors for column in predictor.groups.get(FEATURES, ())
            )
        )
        prepared = _prepare_common(
            table, predictors, task, inputs, chosen.frontends, settings.decoder, wanted=columns
        )
        experiment = Combination(
            task,
            prepared,
            None,
            chosen,
            settings.seed,
            table=table,
            predictors=predictors,
            names=names,
            way=way,
        )
        finish(run, clock, experiment, table, settings, config, problems, argv)
    return run


def _prepare_common(table, predictors, *args, **options):
    """`prepare` the songs of which every member has its inputs: of another, one of the answers
    would be missing.
    """
    common = set.intersection(*(used_songs(predictor.run.path) for predictor in predictors))
    frame = table.frame[table.frame["track_id"].isin(common)].reset_index(drop=True)
    prepared = prepare(replace(table, frame=frame), *args, **options)
    lacking = len(table.frame) - len(frame)
    told = {"an input that a member reads is missing": lacking} if lacking else {}
    return replace(prepared, dropped={**prepared.dropped, **told})


def _members(paths, way):
    """(A Predictor of each run, what they are called), or the reason why they don't belong
    together.
    """
    if len(set(map(Path, paths))) < 2:
        raise KerasfeatError("an ensemble needs two runs or more: name their directories.")
    predictors, names = (
        tuple(Predictor(Path(path).absolute()) for path in paths),
        short_names(paths),
    )
    first = predictors[0].state
    for predictor, name in zip(predictors, names, strict=True):
        state = predictor.state
        there = {"labels": (first["labels"], state["labels"])}
        there |= {what: (first["config"].get(what), state["config"].get(what)) for what in SHARED}
        for what, (ours, theirs) in there.items():
            if ours != theirs:
                raise KerasfeatError(
                    f"{names[0]} and {name} can't be combined: the one's "
                    f"{what.replace('_', ' ')} is {ours!r}, the other's {theirs!r}. "
                    "Train them with the same --task, --data, --seed and --split."
                )
        if way == STACK and state["config"].get("refit_epochs"):
            raise KerasfeatError(
                f"{name} was trained on the validation songs too, which stack learns from: "
                f"take --by {MEAN} or {VOTE}."
            )
    return predictors, names


def _frontends(predictors, names):
    """The front-ends of all runs, by input."""
    found, owners = {}, {}
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


def _fields(predictor):
    return [Field(**field) for field in predictor.state["fields"]]
