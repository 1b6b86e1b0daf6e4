"""`kerasfeat fit`: from songs to a finished run directory."""

import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras

from kerasfeat import __version__
from kerasfeat.boards import run_board
from kerasfeat.evaluation.report import write_report
from kerasfeat.evaluation.song_vectors import SongVectors
from kerasfeat.experiment import results, run_directory
from kerasfeat.experiment.choose_members import make_trainable
from kerasfeat.experiment.dataset import Dataset, require_same_songs
from kerasfeat.experiment.evaluation import Trainable, evaluate_fold
from kerasfeat.experiment.folds import FINAL, Fold, Split, Splits, make_splits
from kerasfeat.experiment.importance import write_importance
from kerasfeat.experiment.learning_curve import learning_curve
from kerasfeat.experiment.process_state import training_state
from kerasfeat.experiment.run_directory import RunDirectory
from kerasfeat.experiment.select_inputs import say_columns
from kerasfeat.experiment.setup import Setup, make_setup
from kerasfeat.experiment.spec import Spec
from kerasfeat.experiment.stages import Places
from kerasfeat.experiment.timelines import write_timelines
from kerasfeat.experiment.training import Experiment
from kerasfeat.experiment.vectors import write_vectors
from kerasfeat.files import write_json
from kerasfeat.networks.saved import KerasfeatNetwork
from kerasfeat.progress import detail, details, say
from kerasfeat.songs import identity
from kerasfeat.songs.loading import Songs

VERSIONED = ("tensorflow", "keras", "numpy", "scikit-learn", "pandas", "soundfile", "soxr")


@dataclass(frozen=True)
class Logging:
    """What TensorBoard's logs hold that takes time or space.

    Attributes:
        histograms: of the weights, after each epoch.
        profile: of some batches.
    """

    histograms: bool = False
    profile: bool = False


def fit(
    spec: Spec,
    songs: Songs | None = None,
    *,
    out: Path | str | None = None,
    resume: bool = False,
    strict: bool = False,
    mix_sources: bool = False,
    logging: Logging = Logging(),
    command: Sequence[str] = (),
) -> RunDirectory:
    """Train, score, and describe a model.

    Args:
        spec: what is trained; what it leaves out is chosen.
        songs: that are learnt from; None to read the Spec's `data`.
        out: run directory; None for one under `runs`.
        resume: `out` must be an unfinished run.
        strict: take rows, values, and files that can't be used as errors.
        mix_sources: learn from features of several sources.
        logging: what TensorBoard's logs hold beside the usual.
        command: the words after `kerasfeat` on the command line, for run.json.

    Returns:
        The finished run.

    Raises:
        KerasfeatError: something asked for is unknown, or the songs don't allow it.
    """
    clock = Clock()
    setup = make_setup(spec, songs, strict=strict, mix_sources=mix_sources)
    say_columns(setup.songs, setup.task, setup.groups)
    started = run_directory.start(setup.spec, out, resume)
    say(started.said)
    if started.finished:
        return started.directory
    with started.at_work(), training_state(setup.spec.mixed_precision):
        experiment = make_trainable(setup, setup.dataset())
        clock.lap("extraction")
        _say_missing_columns(setup, experiment.dataset)
        # Now, so that a wrong input or hyperparameter is an error before any training.
        for network in experiment.networks:
            _describe(network, network.assemble().model)
        finish(
            started.directory,
            experiment,
            setup.songs,
            setup.spec,
            clock=clock,
            problems=setup.problems,
            logging=logging,
            command=command,
        )
    return started.directory


def check(
    spec: Spec,
    *,
    out: Path | str | None = None,
    resume: bool = False,
    strict: bool = False,
    mix_sources: bool = False,
) -> Setup:
    """What `fit` would train; nothing is written, and no audio is read.

    Args:
        spec, out, resume, strict, mix_sources: of `fit`.

    Raises:
        KerasfeatError: for whatever `fit` would refuse before it trains, but for files that can't
            be used, which only reading them tells.
    """
    setup = make_setup(spec, strict=strict, mix_sources=mix_sources)
    run_directory.require_usable(setup.spec, out, resume)
    with training_state(setup.spec.mixed_precision):
        dataset = setup.dataset(read_audio=False)
        splits = make_splits(setup.spec, setup.songs, dataset).splits
        for experiment in make_trainable(setup, dataset).networks:
            network = experiment.assemble()
            for part in experiment.reused:
                for split in splits:
                    part.copy_weights(network, dataset, split)
    return setup


def finish(
    run: RunDirectory,
    experiment: Trainable,
    songs: Songs,
    spec: Spec,
    *,
    clock: "Clock",
    problems: Sequence[str] = (),
    logging: Logging = Logging(),
    command: Sequence[str] = (),
) -> None:
    """Train an experiment in its run directory, score it, and describe it.

    Args:
        run: started with `spec`.
        experiment: what is trained.
        songs: that it was made from.
        spec: of the experiment.
        clock: with the laps so far.
        problems: the table's, a line each.
        logging, command: see `fit`.
    """
    dataset = experiment.dataset
    require_same_songs(run.path, run.work / "songs.json", dataset)
    splits = make_splits(spec, songs, dataset)
    model, folds = _train_all(run, experiment, splits, spec, logging)
    clock.lap("training")
    curve = {}
    if spec.learning_curve and not spec.combined:
        curve = {"learning_curve": learning_curve(run, experiment, folds[0])}
        clock.lap("learning_curve")
    scores = results.score(dataset, folds, crossed=bool(spec.folds), members=experiment.members)
    scores |= results.stage_losses(folds)
    clock.lap("scoring")
    facts = _facts(spec, dataset, songs)
    write_json(run / "metrics.json", {**facts, "split": splits.facts, **scores, **curve})
    made_of = [run_directory.load(path) for path in (*spec.combined, *spec.reused)]
    fingerprint = songs.fingerprint
    tables = results.write_tables(
        run, dataset, splits.splits, folds, fingerprint=fingerprint, made_of=made_of
    )
    write_importance(run, dataset, [run.work / fold.split.name for fold in folds])
    tested = [(run.work / fold.split.name, fold.split.of("test")) for fold in folds]
    write_timelines(run, dataset, tested, spec.decoder)
    vectors = write_vectors(run, model, dataset, splits.splits[-1])
    run.update(
        **_state(experiment, model, spec),
        tables=tables,
        status=run_directory.SCORED,
        command=shlex.join(["kerasfeat", *command]) if command else "kerasfeat.fit in Python",
        data_problems=[*problems, *dataset.problems],
        seconds=clock.laps,
    )
    write_report(run.path)
    _write_board(run, model, vectors, dataset, spec, test=scores["test"])
    clock.lap("report")
    run.complete()


def _facts(spec: Spec, dataset: Dataset, songs: Songs) -> dict[str, Any]:
    """What metrics.json says of what was asked for, and of the songs."""
    data = {
        "rows": len(dataset.songs),
        "dropped": dataset.dropped,
        "artists": identity.count_artists(dataset.songs) if "artist" in dataset.songs else None,
        "source": songs.source,
    }
    return {"task": spec.task, "recipe": spec.recipe, "inputs": list(spec.inputs), "data": data}


def _write_board(
    run: RunDirectory,
    model: keras.Model,
    vectors: SongVectors,
    dataset: Dataset,
    spec: Spec,
    *,
    test: dict[str, Any],
) -> None:
    run_board.write(
        run.path,
        model,
        vectors,
        task=spec.task or "",
        target=dataset.target,
        fields=dataset.fields,
        hyperparameters=spec.hyperparameters,
        test=test,
    )


def _state(experiment: Trainable, model: keras.Model, spec: Spec) -> dict[str, Any]:
    """What run.json says of a trained experiment."""
    dataset = experiment.dataset
    heard = dataset.inputs.frontends
    return {
        "kerasfeat": __version__,
        **spec.to_json(),
        **dataset.target.to_json(),
        "fields": [field.to_json() for field in dataset.fields],
        "columns": list(dataset.columns),
        "parameters": model.count_params(),
        "learnt_validation": experiment.learns_validation,
        "weights": {name: frontend.weights for name, frontend in heard.items() if frontend.weights},
        "audio_failures": dataset.failures,
        "imputed": dataset.imputed,
        "versions": {name: version(name) for name in VERSIONED},
    }


def _say_missing_columns(setup: Setup, dataset: Dataset) -> None:
    """Say which columns that the recipe reads the table lacks."""
    columns = [name for name in setup.recipe.columns if name in dataset.columns]
    lacking = [name for name in columns if name not in dataset.songs]
    if lacking:
        say(
            f"the table has no {', '.join(lacking)}, which recipe {setup.recipe.name} reads: "
            "a constant is used instead."
        )


def _describe(experiment: Experiment, model: keras.Model) -> None:
    """What is trained, for those who asked for details."""
    if not details():
        return
    detail(", ".join(f"{name} {version(name)}" for name in VERSIONED))
    columns = ", ".join(experiment.dataset.columns) or "none"
    detail(f"seed {experiment.seed}; columns: {columns}")
    for name, value in experiment.hyperparameters.to_json().items():
        detail(f"  {name}={value}")
    model.summary(print_fn=detail)


class Clock:
    """Seconds of each part of the work, `laps`."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, name: str) -> None:
        """End a part of the work."""
        now = time.monotonic()
        self.laps[name] = round(now - self._last, 2)
        detail(f"{name}: {self.laps[name]} s")
        self._last = now


def _train_all(
    run: RunDirectory, experiment: Trainable, splits: Splits, spec: Spec, logging: Logging
) -> tuple[keras.Model, list[Fold]]:
    """Train every split; returns (the model that is kept, the folds with test songs)."""
    folds, model = [], None
    for split in splits.splits:
        work, places = run.work / split.name, _places(run, split, spec)
        work.mkdir(exist_ok=True)
        watched = _watched(experiment, split, logging)
        if split.name == FINAL:
            model = watched.train(split, places).model
        else:
            model, fold = evaluate_fold(watched, split, work, places)
            folds.append(fold)
    if model is None:  # it was trained before a kill, and only has to be restored
        last = splits.splits[-1]
        model = _watched(experiment, last, logging).train(last, _places(run, last, spec)).model
    temporary = run.work / "model.keras"
    KerasfeatNetwork(model.input, model.output, name=model.name).save(temporary)
    temporary.replace(run / "model.keras")
    return model, folds


def _watched(experiment: Trainable, split: Split, logging: Logging) -> Trainable:
    """The experiment with TensorBoard's callbacks, where it trains."""
    watch = partial(
        run_board.callbacks,
        experiment.target,
        experiment.dataset.y,
        split.parts,
        # The networks of an ensemble are many, and none answers alone.
        answers=isinstance(experiment, Experiment),
        histograms=logging.histograms,
        profile=logging.profile,
    )
    return experiment.watched(watch)


def _places(run: RunDirectory, split: Split, spec: Spec) -> Places:
    crossed = spec.folds and split.name != FINAL
    title, logs = (f"fold {split.name}", f"fold-{split.name}") if crossed else ("training", FINAL)
    work = run.work / split.name
    checkpoints = work if split.name == FINAL else work / "checkpoints"  # beside its predictions
    return Places(checkpoints, run / "tensorboard" / logs, title)
