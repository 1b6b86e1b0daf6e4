"""`kerasfeat fit`: from a table to a finished run directory."""

import contextlib
import shlex
import time
from dataclasses import replace
from functools import partial
from importlib.metadata import version

import keras
import numpy as np

from kerasfeat import KerasfeatError, __version__
from kerasfeat.boards import run_board
from kerasfeat.evaluation import bootstrap
from kerasfeat.evaluation.report import write_report
from kerasfeat.experiment import results
from kerasfeat.experiment import run as runs
from kerasfeat.experiment.dataset import Prepared, prepare, require_same_songs
from kerasfeat.experiment.importance import write_reliance
from kerasfeat.experiment.learning_curve import learning_curve
from kerasfeat.experiment.select_inputs import say_columns
from kerasfeat.experiment.spec import choose, make_config, read
from kerasfeat.experiment.timelines import write_timelines
from kerasfeat.experiment.training import Experiment
from kerasfeat.files import write_json
from kerasfeat.progress import detail, details, say
from kerasfeat.songs import identity, splits
from kerasfeat.songs.loading import Songs

FINAL = "final"
VERSIONED = ("tensorflow", "keras", "numpy", "scikit-learn", "pandas", "soundfile", "soxr")


def fit(settings, argv=()):
    """Train, score, and describe a model.

    Args:
        settings: Settings.
        argv: the command's words, for run.json.

    Returns:
        The finished Run.
    """
    clock = Clock()
    settings, recipe, task, table, problems = read(settings)
    names, trunk, hyperparameters, reused = choose(settings, recipe, task, table)
    say_columns(table, task, names, recipe.columns)
    config = make_config(settings, task, table, names, trunk.name, hyperparameters, reused)
    run, lock, resumed = runs.start(config, settings.resume or settings.out, bool(settings.resume))
    with lock:
        say(f"{'going on with' if resumed else 'writing'} {run.path}")
        keras.config.set_dtype_policy("mixed_float16" if settings.mixed_precision else "float32")
        prepared = prepare(
            table,
            task,
            names,
            hyperparameters.frontends,
            settings.decoder,
            settings.strict,
            recipe.columns,
        )
        clock.lap("extraction")
        lacking = [
            column
            for column in recipe.columns
            if column in prepared.columns and column not in prepared.frame
        ]
        if lacking:
            say(
                f"the table has no {', '.join(lacking)}, which recipe {recipe.name} reads: "
                "the same for every song."
            )
        experiment = make_experiment(
            settings, recipe, task, prepared, trunk, hyperparameters, reused
        )
        _describe(
            experiment, experiment.build()
        )  # now, so that a wrong input or hyperparameter is an error before any training
        finish(run, clock, experiment, table, settings, config, problems, argv)
    return run


def finish(run, clock, experiment, table, settings, config, problems, argv):
    """Train an experiment in its run directory, score it, and describe it.

    Args:
        run: a Run that was started with `config`.
        clock: a Clock.
        experiment: an Experiment.
        table: the Songs that it was prepared from.
        settings: Settings.
        config: of `make_config`.
        problems: the table's, as lines.
        argv: the command's words.
    """
    task, prepared, chosen = (
        experiment.task,
        experiment.prepared,
        experiment.hyperparameters.frontends,
    )
    require_same_songs(run.path, run.work / "songs.json", prepared)
    rounds, split = make_rounds(settings, task, table, prepared)
    model, folds = _train_all(run, experiment, rounds, settings)
    clock.lap("training")
    curve = {}
    if settings.learning_curve:
        curve = {"learning_curve": _learning(run, experiment, rounds, folds)}
        clock.lap("learning_curve")
    scores = results.score(
        prepared.target, prepared, folds, bool(settings.folds), experiment.members
    ) | results.stage_losses(folds)
    clock.lap("scoring")
    artists = identity.count_artists(prepared.frame) if "artist" in prepared.frame else None
    data = {
        "rows": len(prepared.frame),
        "dropped": prepared.dropped,
        "artists": artists,
        "source": table.source,
    }
    told = {name: config[name] for name in ("task", "recipe", "inputs")}
    write_json(run / "metrics.json", {**told, "data": data, "split": split, **scores, **curve})
    results.write_tables(run, prepared, rounds, folds)
    tested = [
        (run.work / name, np.flatnonzero(parts == "test"))
        for name, parts in rounds
        if name != FINAL
    ]
    write_reliance(run, experiment, [folder for folder, _ in tested])
    write_timelines(run, experiment, tested, settings.decoder)
    run.update(
        status=runs.SCORED,
        kerasfeat=__version__,
        command=shlex.join(["kerasfeat", *argv]),
        **(config | prepared.target.to_json()),
        fields=[f.to_json() for f in experiment.fields()],
        columns=list(prepared.columns),
        parameters=model.count_params(),
        weights={name: frontend.weights for name, frontend in chosen.items() if frontend.weights},
        data_problems=problems,
        audio_failures=prepared.failures,
        imputed=prepared.imputed,
        seconds=clock.laps,
        versions={name: version(name) for name in VERSIONED},
    )
    write_report(run.path)
    run_board.write(run, experiment, model, rounds[-1][1], scores["test"])
    clock.lap("report")
    run.complete()


def make_experiment(settings, recipe, task, prepared, trunk, hyperparameters, reused):
    """The Experiment that these settings ask for."""
    weights, balanced, stop_after = settings.class_weights, settings.balanced, settings.refit_epochs
    common = (
        task,
        prepared,
        trunk,
        hyperparameters,
        settings.seed,
        weights,
        balanced,
        recipe.stages,
        reused,
    )
    return Experiment(*common, stop_after=stop_after, bag=settings.bag)


def _describe(experiment, model):
    """What is trained, for those who asked for details."""
    if details():
        detail(", ".join(f"{name} {version(name)}" for name in VERSIONED))
        detail(
            f"seed {experiment.seed}; columns: {', '.join(experiment.prepared.columns) or 'none'}"
        )
        for name, value in experiment.hyperparameters.to_json().items():
            detail(f"  {name}={value}")
        model.summary(print_fn=detail)


class Clock:
    """Seconds of each part of the work."""

    def __init__(self):
        self.laps = {}
        self._last = time.monotonic()

    def lap(self, name):
        now = time.monotonic()
        self.laps[name] = round(now - self._last, 2)
        detail(f"{name}: {self.laps[name]} s")
        self._last = now


def make_rounds(settings, task, table, prepared):
    """The splits to train on, as (name, parts) each, and the account of them.

    A cross-validation ends with a round "final", which has no test songs: its model is the one that
    is kept.

    Args:
        settings: Settings.
        task: the Task.
        table: the Songs.
        prepared: those of its songs that are used, Prepared.

    Raises:
        KerasfeatError: the songs can't be split as asked, the table's own split leaks, or no
            training song has a value of a target.
    """
    if settings.split == "table":
        if settings.folds:
            raise KerasfeatError(
                "--folds makes splits of its own, --split table uses the table's: choose "
                "one of them."
            )
        rounds, strategy = [("1", splits.from_table(prepared.frame))], "table"
    else:
        rounds, strategy = _by_artist(settings, task, table, prepared)
    if settings.refit_epochs:
        rounds = [(name, np.where(parts == "validation", "train", parts)) for name, parts in rounds]
    for name, parts in rounds:
        _require_truth(
            prepared.target,
            prepared.y[parts == "train"],
            f" of fold {name}" if settings.folds and name != FINAL else "",
        )
    used, keys = _identities(table, prepared)
    everyone = np.full(len(used), None, object)
    shared = []
    for _, parts in rounds:
        everyone[used] = parts
        shared.append(splits.refuse_leaks(table.frame, everyone, keys))
    sizes = {part: int(np.sum(rounds[0][1] == part)) for part in splits.PARTS}
    return rounds, {
        "strategy": strategy,
        "sizes": sizes,
        **{name: max(found[name] for found in shared) for name in shared[0]},
    }


def _by_artist(settings, task, table, prepared):
    """(Rounds by artist, what the songs are grouped by).

    Every song of the table is dealt, and those that are not used are left out then: so runs that
    read other inputs have the same test songs, but for those that one of them lacks.
    """
    used, keys = _identities(table, prepared)
    groups, strategy = splits.groups(table.frame, keys)
    with contextlib.suppress(
        KerasfeatError
    ):  # such as a class of which no song is used, and which is too rare
        dealt = _dealt(settings, _truth(task.target, table.frame), groups)
        if all(_whole(parts, used, prepared) for _, parts in dealt):
            return [(name, parts[used]) for name, parts in dealt], strategy
    return _dealt(settings, prepared.y, groups[used]), strategy


def _identities(table: Songs, prepared: Prepared) -> tuple[np.ndarray, np.ndarray]:
    """(Which songs of the table are used [rows], the content of their audio [rows], None where it
    is not known).
    """
    used = table.frame["track_id"].isin(prepared.frame["track_id"]).to_numpy()
    keys = np.full(len(used), None, object)
    keys[used] = prepared.audio_keys
    return used, keys


def _dealt(settings, y, groups):
    """Songs with the targets `y` dealt to the parts of each round."""
    if not settings.folds:
        return [("1", splits.split(y, groups, settings.seed))]
    folds = splits.folds(y, groups, settings.folds, settings.seed)
    rounds = [(str(i + 1), parts) for i, parts in enumerate(folds)]
    # At most a fifth of the songs decide when to stop, unless there are fewer than five artists.
    whole = splits.folds(
        y, groups, min(max(settings.folds, 5), len(np.unique(groups))), settings.seed + 1
    )[0]
    return [*rounds, (FINAL, np.where(whole == "test", "validation", "train"))]


def _whole(parts, used, prepared):
    """Whether the `used` songs of a split leave no part empty, and no label without a training
    song.
    """
    left = parts[used]
    return set(left) == set(parts) and not prepared.target.labels_without_song(
        prepared.y[left == "train"]
    )


def _truth(target, frame):
    """The truth of all songs of a table, also of those that are not used."""
    return target.with_songs(frame).encode(frame)


def _require_truth(target, y, where):
    """Refuse what none of the training songs with the truth `y` has: nothing could be learnt of it."""
    lacking = target.numbers_without_song(y)
    if lacking:
        others = ", ".join(name for name in target.heads if name not in lacking)
        choose = f"choose the others with --target: {others}" if others else "train on others"
        raise KerasfeatError(
            f"none of the {len(y)} training songs{where} has a value of "
            f"{', '.join(lacking)}. Give more songs, or {choose}."
        )


def _train_all(run, experiment, rounds, settings):
    """Train every round; returns (the model that is kept, (parts, history, predictions) of each
    round with test songs).
    """
    folds = []
    for name, parts in rounds:
        title, logs = (
            (f"fold {name}", f"fold-{name}")
            if settings.folds and name != FINAL
            else ("training", FINAL)
        )
        place = (run.work / name, run / "tensorboard" / logs, title)
        place[0].mkdir(exist_ok=True)
        logged = {"histograms": settings.histograms, "profile": settings.profile}
        watched = replace(
            experiment, watch=partial(run_board.callbacks, experiment, parts, **logged)
        )
        if name == FINAL:
            model, _ = watched.train(parts, *place)
        else:
            model, history, predictions = watched.evaluate_fold(parts, *place)
            folds.append((parts, history, predictions))
    if model is None:  # it was trained before a kill, and only has to be restored
        model, _ = watched.train(parts, place[0] / "checkpoints", *place[1:])
    temporary = run.work / "model.keras"
    model.save(temporary)
    temporary.replace(run / "model.keras")
    return model, folds


def _learning(run, experiment, rounds, folds):
    """The learning curve on the first split."""
    prepared, (_, parts) = experiment.prepared, rounds[0]
    unit, _ = bootstrap.units(prepared.grouped[parts == "test"])

    def score(true, predicted):
        return bootstrap.with_intervals(experiment.target, true, predicted, unit)

    return learning_curve(run, experiment, parts, folds[0][2]["model"], score)
