"""`kerasfeat fit`: from a table to a finished run directory."""

import csv
import io
import shlex
import time
from dataclasses import dataclass, field
from importlib.metadata import version

import keras
import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError, __version__
from kerasfeat.audio import frontends
from kerasfeat.audio.backbones import finetuning
from kerasfeat.data import demo, splits, tracks
from kerasfeat.data.cache import cache_dir
from kerasfeat.data.problems import describe
from kerasfeat.evaluation import bootstrap, metrics
from kerasfeat.evaluation.report import write_report
from kerasfeat.models import default_for, default_model, models
from kerasfeat.progress import progress, say
from kerasfeat.recipes import recipes
from kerasfeat.tasks import CLASSES, tasks
from kerasfeat.training import run as runs
from kerasfeat.training import tensorboard
from kerasfeat.training.experiment import Experiment
from kerasfeat.training.hyperparameters import resolve
from kerasfeat.training.prepare import choose_inputs, prepare

FINAL = "final"
# From this many songs on, larger batches train as well in half the time.
MANY_SONGS, MANY_BATCH = 2000, 128
# Below it an ensemble costs little, and evens out what one network makes of few songs.
FEW_SONGS_MEMBERS = 8
FINETUNING_RATE = 1e-4
VERSIONED = ("tensorflow", "keras", "numpy", "scikit-learn", "pandas", "soundfile", "soxr")


@dataclass(frozen=True)
class Settings:
    """What `kerasfeat fit` was asked to do; its options by name."""

    task: str | None = None
    targets: tuple = ()
    data: str | None = None
    label: str | None = None
    inputs: tuple = ()
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


def demo_corpus(seed=0):
    """The folder of the synthesised corpus in the cache, rendered if it is not there."""
    with progress("rendering", "songs") as advance:
        return demo.render(cache_dir() / f"demo-{demo.VERSION}-{seed}-{demo.SONGS}", seed=seed, progress=advance)


def fit(settings, argv=()):
    """Train, score, and describe a model.

    Args:
        settings: Settings.
        argv: the command's words, for run.json.

    Returns:
        The finished Run.
    """
    clock = _Clock()
    recipe = recipes.get(settings.recipe)
    task = tasks.get(settings.task or recipe.task or _no_task(recipe)).choose(settings.targets)
    if settings.data is None:
        say("no --data given: this trains on kerasfeat's own synthesised songs, which show how it works and say nothing about real music.")
    table = tracks.load(settings.data or demo_corpus(), label=settings.label, task=task, strict=settings.strict)
    problems = describe(table.problems)
    for line in problems:
        say(f"data: {line}")
    names, trunk, hyperparameters = _choose(settings, recipe, task, table)
    config = _config(settings, task, table, names, trunk, hyperparameters)
    run, lock, resumed = runs.start(config, settings.resume or settings.out, bool(settings.resume))
    with lock:
        say(f"{'going on with' if resumed else 'writing'} {run.path}")
        keras.config.set_dtype_policy("mixed_float16" if settings.mixed_precision else "float32")
        prepared = prepare(table, task, names, hyperparameters.frontends, settings.decoder, settings.strict)
        clock.lap("extraction")
        experiment = Experiment(task, prepared, trunk, hyperparameters, settings.seed, settings.class_weights, settings.balanced)
        experiment.build()  # so that a wrong input or hyperparameter is an error before any training
        rounds, split = _rounds(settings, table, prepared)
        model, folds = _train_all(run, experiment, rounds, bool(settings.folds))
        clock.lap("training")
        scores = _score(task, prepared, folds, bool(settings.folds))
        clock.lap("scoring")
        data = {"rows": len(prepared.frame), "dropped": prepared.dropped, "artists": _artists(prepared.frame), "source": table.source}
        runs.write_json(
            run / "metrics.json", {"task": task.name, "recipe": recipe.name, "inputs": list(names), "data": data, "split": split, **scores}
        )
        _write_tables(run, task, prepared, rounds, folds)
        run.update(
            status=runs.SCORED,
            kerasfeat=__version__,
            command=shlex.join(["kerasfeat", *argv]),
            **config,
            kind=task.kind,
            fields=[f.to_json() for f in experiment.fields()],
            columns=list(prepared.columns),
            labels=list(prepared.labels),
            parameters=model.count_params(),
            weights={name: frontend.weights for name, frontend in hyperparameters.frontends.items() if frontend.weights},
            data_problems=problems,
            audio_failures=prepared.failures,
            imputed=prepared.imputed,
            seconds=clock.laps,
            versions={name: version(name) for name in VERSIONED},
        )
        write_report(run.path)
        tensorboard.write(run, task, hyperparameters.to_json(), scores["test"])
        run.complete()
    return run


def _choose(settings, recipe, task, table):
    """(input names, trunk, Hyperparameters): as asked for, else by the recipe, else by what the table has and how much of it."""
    songs = len(table.frame)
    wanted, patches, tuned = settings.inputs or recipe.inputs, None, {}
    if settings.finetune:
        patches, layer = finetuning(settings.finetune)
        wanted = wanted and (*wanted, patches)
        # Steps that suit new layers would undo what the backbone has learnt.
        tuned = {"trainable_from": layer, "learning_rate": FINETUNING_RATE}
    names = choose_inputs(table, task, wanted, patches)
    audio = {name: frontends.get(name) for name in names if name in frontends.names()}
    trunk = models.get(settings.model or recipe.model or default_model(names, songs))
    by_size = {"batch_size": MANY_BATCH} if songs >= MANY_SONGS else {}
    if "members" in trunk.hyperparameters and songs < MANY_SONGS:
        by_size["members"] = FEW_SONGS_MEMBERS
    if "frames" in trunk.hyperparameters:
        by_size["frames"] = default_for("frames", songs)
    return names, trunk, resolve(trunk, audio, task.clip_s, by_size, recipe.hyperparameters, tuned, settings.overrides)


def _no_task(recipe):
    raise KerasfeatError(f"recipe {recipe.name!r} is for any task: name one with --task. Known: {', '.join(tasks.names())}.")


class _Clock:
    """Seconds of each part of the work."""

    def __init__(self):
        self.laps = {}
        self._last = time.monotonic()

    def lap(self, name):
        now = time.monotonic()
        self.laps[name] = round(now - self._last, 2)
        self._last = now


def _config(settings, task, table, names, trunk, hyperparameters):
    """What makes two runs the same experiment."""
    return {
        "task": task.name,
        "targets": list(task.targets),
        "recipe": settings.recipe,
        "model": trunk.name,
        "inputs": list(names),
        "hyperparameters": hyperparameters.to_json(),
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
    }


def _rounds(settings, table, prepared):
    """The splits to train on, as (name, parts) each, and the account of them.

    A cross-validation ends with a round "final", which has no test songs: its model is the one that is kept.
    """
    frame, y = prepared.frame, prepared.y
    keys = prepared.inputs.keys or None
    groups, strategy = splits.groups(frame, keys)
    if settings.folds:
        if settings.split == "table":
            raise KerasfeatError("--folds makes splits of its own, --split table uses the table's: choose one of them.")
        folds = splits.folds(y, groups, settings.folds, settings.seed)
        rounds = [(str(i + 1), parts) for i, parts in enumerate(folds)]
        whole = splits.folds(y, groups, max(settings.folds, 5), settings.seed + 1)[0]
        rounds.append((FINAL, np.where(whole == "test", "validation", "train")))
    elif settings.split == "table":
        rounds, strategy = [("1", splits.from_table(frame))], "table"
    else:
        rounds = [("1", splits.split(y, groups, settings.seed))]
    shared = [splits.refuse_leaks(frame, parts, keys) for _, parts in rounds]
    sizes = {part: int(np.sum(rounds[0][1] == part)) for part in splits.PARTS}
    return rounds, {"strategy": strategy, "sizes": sizes, **{name: max(found[name] for found in shared) for name in shared[0]}}


def _train_all(run, experiment, rounds, crossed):
    """Train every round; returns (the model that is kept, (parts, history, predictions) of each round with test songs)."""
    folds = []
    for name, parts in rounds:
        title, logs = (f"fold {name}", f"fold-{name}") if crossed and name != FINAL else ("training", FINAL)
        place = (run.work / name, run / "tensorboard" / logs, title)
        place[0].mkdir(exist_ok=True)
        if name == FINAL:
            model, _ = experiment.train(parts, *place)
        else:
            model, history, predictions = experiment.evaluate_fold(parts, *place)
            folds.append((parts, history, predictions))
    if model is None:  # it was trained before a kill, and only has to be restored
        model, _ = experiment.train(parts, *place)
    temporary = run.work / "model.keras"
    model.save(temporary)
    temporary.replace(run / "model.keras")
    return model, folds


def _measure(task, labels, true, predicted):
    """Every metric of predictions [songs, labels] or [songs, targets]."""
    if task.kind == CLASSES:
        return metrics.classification(true, predicted, list(labels))
    return metrics.regression(*_by_target(task, true, predicted))


def _by_target(task, *arrays):
    return [{target: array[:, i] for i, target in enumerate(task.targets)} for array in arrays]


def _score(task, prepared, folds, crossed):
    """`test`, `baselines`, and with folds `cv`: the test parts' predictions pooled, and each fold's own."""
    labels = prepared.labels
    tests = [np.flatnonzero(parts == "test") for parts, _, _ in folds]
    truth = prepared.y[np.concatenate(tests)]
    pooled = {name: np.concatenate([predictions[name] for _, _, predictions in folds]) for name in folds[0][2]}
    scored = {name: _measure(task, labels, truth, predicted) for name, predicted in pooled.items()}
    arguments = (truth, pooled["model"]) if task.kind == CLASSES else _by_target(task, truth, pooled["model"])
    ci95 = bootstrap.intervals(task.kind, *arguments, labels=list(labels))
    result = {"test": {**scored.pop("model"), "ci95": ci95}, "baselines": scored}
    if crossed:
        each = [_measure(task, labels, prepared.y[t], p["model"]) for t, (_, _, p) in zip(tests, folds, strict=True)]
        scalar = [name for name, value in each[0].items() if isinstance(value, float)]
        values = {name: [fold[name] for fold in each] for name in scalar}
        result["cv"] = {
            n: {"mean": float(np.mean(v)), "std": float(np.std(v, ddof=1)), "values": v} for n, v in values.items() if None not in v
        }
    return result


def _artists(frame):
    return int(frame["artist"].nunique()) if "artist" in frame else None


def _write_tables(run, task, prepared, rounds, folds):
    """history.csv, predictions.csv, splits.csv."""
    history = [{"fold": name, **row} for (name, _), (_, past, _) in zip(rounds, folds, strict=False) for row in past]
    _write_csv(run / "history.csv", pd.DataFrame(history))
    identity = prepared.frame.reindex(columns=["track_id", "title", "artist", "audio"])
    known = prepared.frame.reindex(columns=["track_id", "artist"]).assign(audio_key=prepared.inputs.keys or None)
    _write_csv(run / "splits.csv", pd.concat([known.assign(fold=name, part=part) for name, part in rounds]))
    tables = []
    for (name, _), (part, _, predictions) in zip(rounds, folds, strict=False):
        songs = np.flatnonzero(part == "test")
        table = identity.iloc[songs].assign(fold=name)
        tables.append(
            pd.concat([table.reset_index(drop=True), _columns(task, prepared.labels, prepared.y[songs], predictions["model"])], axis=1)
        )
    _write_csv(run / "predictions.csv", pd.concat(tables))


def _columns(task, labels, true, predicted):
    """True and predicted values of some songs, as predictions.csv names them."""
    if task.kind == CLASSES:
        names = np.array(labels)
        columns = {f"true_{task.name}": names[true], f"predicted_{task.name}": names[predicted.argmax(1)]}
        return pd.DataFrame(columns | {f"probability_{label}": predicted[:, i] for i, label in enumerate(labels)})
    columns = {}
    for i, target in enumerate(task.targets):
        columns |= {f"true_{target}": true[:, i], f"predicted_{target}": predicted[:, i]}
    return pd.DataFrame(columns)


def _write_csv(path, table):
    text = io.StringIO()
    table.to_csv(text, index=False, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    runs.write_atomic(path, text.getvalue())
