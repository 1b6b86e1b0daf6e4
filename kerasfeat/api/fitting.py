"""From songs to a run, a comparison of runs, or a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from kerasfeat.api.run import Run, path_of
from kerasfeat.choices import (
    FEWEST_BAGGED,
    FEWEST_FOLDS,
    HIGHEST_SEED,
    ranges_of,
    refuse_empty,
    several,
    whole_number,
)
from kerasfeat.evaluation.comparison import Comparison
from kerasfeat.evaluation.comparison import compare as compare_paths
from kerasfeat.experiment.run_directory import load, named_directory
from kerasfeat.experiment.spec import NETWORK, Spec
from kerasfeat.experiment.words import require_known
from kerasfeat.recipes import Recipe
from kerasfeat.silence import import_tensorflow
from kerasfeat.songs.loading import PATHS, Songs, load_songs, unreadable

if TYPE_CHECKING:
    import keras

Table: TypeAlias = str | Path | pd.DataFrame | Songs


def fit(
    songs: Table | None = None,
    task: str | None = None,
    *,
    recipe: str = "default",
    inputs: Sequence[str] = (),
    columns: Sequence[str] = (),
    label: str | None = None,
    targets: Sequence[str] = (),
    ranges: Mapping[str, tuple[float, float]] | None = None,
    model: str | None = None,
    members: Sequence[str] = (),
    finetune: str | None = None,
    reused: Sequence[Run | str | Path] = (),
    hyperparameters: Mapping[str, Any] | None = None,
    saved: str | Path | None = None,
    split: str = "artist",
    folds: int | None = None,
    seed: int = 0,
    bag: int | None = None,
    class_weights: bool = False,
    balanced: bool = False,
    mixed_precision: bool = False,
    strategy: str | None = None,
    decoder: str = "soundfile",
    learning_curve: bool = False,
    out: str | Path | None = None,
    resume: str | Path | None = None,
    strict: bool = False,
    mix_sources: bool = False,
    histograms: bool = False,
    profile: bool = False,
    command: Sequence[str] = (),
) -> Run:
    """Train a model, score it honestly beside simple ones, and write a report.

    Where several names or paths may be given, text is one of them.

    Args:
        songs: a table or a folder; a DataFrame; what `load_songs` gave; None for the synthesised
            songs.
        task: what is predicted, one of `tasks.names()`; None for the recipe's.
        recipe: a complete experiment, one of `recipes.names()`.
        inputs: what the model reads; empty for all that the songs have.
        columns: columns of numbers of the input "features"; empty for those that are known.
        label: the table's column that holds the label.
        targets: the numbers that are predicted; empty for all of the task's.
        ranges: number -> (lowest, highest); read from the table where it is not given. What
            `load_songs` gave was read with the same.
        model: name of the trunk of one network; None for the default, an ensemble.
        members: kinds of models that answer together: "linear", "trees", "support_vectors",
            "network"; empty for all.
        finetune: BACKBONE:LAYER, the backbone that trains too, from this layer up.
        reused: finished runs, or their directories, whose networks are parts of this one.
        hyperparameters: name -> value.
        saved: best.json of a search, or run.json of a run, whose hyperparameters are taken where
            `hyperparameters` says nothing.
        split: "artist", or "table" for the table's own column `split`.
        folds: of a cross-validation, 2 or more; None for one split.
        seed: of everything that is drawn, from 0 to 2147483647.
        bag: 2 or more networks that answer by their mean, each trained on songs drawn with
            replacement.
        class_weights: weigh rare labels more.
        balanced: draw every label equally often.
        mixed_precision: compute in float16 where it is safe.
        strategy: "mirrored" to share each batch of a network's training among this machine's GPUs.
        decoder: of audio files, "soundfile" or "tensorflow-io".
        learning_curve: train on parts of the training songs too.
        out: run directory; None for one under `runs`.
        resume: an unfinished run directory, which goes on.
        strict: take rows, values, and files that can't be used as errors.
        mix_sources: learn from features of several sources, which don't measure the same.
        histograms: log the weights to TensorBoard.
        profile: log some batches' profile to TensorBoard.
        command: the words after `kerasfeat` on the command line, for run.json.

    Returns:
        The finished run, whose directory has the model, the scores and the report.

    Raises:
        KerasfeatError: something asked for is unknown, the songs are of another type, or they don't
            allow it.
    """
    refuse_empty(task=task, model=model, finetune=finetune, saved=saved, out=out, resume=resume)
    directory = named_directory(out, resume)
    data, loaded = _read_or_named(songs, ranges)
    asked = Spec(
        task=task,
        targets=several(targets),
        ranges=ranges_of(ranges or {}),
        label=label,
        data=data,
        recipe=recipe,
        model=model,
        members=several(members),
        finetune=finetune,
        inputs=several(inputs),
        columns=several(columns),
        hyperparameters=dict(hyperparameters or {}),
        folds=None if folds is None else whole_number("folds", folds, FEWEST_FOLDS),
        split=split,
        seed=whole_number("seed", seed, 0, HIGHEST_SEED),
        bag=None if bag is None else whole_number("bag", bag, FEWEST_BAGGED),
        class_weights=bool(class_weights),
        balanced=bool(balanced),
        mixed_precision=bool(mixed_precision),
        strategy=strategy,
        decoder=decoder,
        reused=tuple(str(path_of(run)) for run in several(reused)),
        learning_curve=bool(learning_curve),
    )
    require_known(asked)
    import_tensorflow()
    from kerasfeat.experiment.fit import Logging
    from kerasfeat.experiment.fit import fit as fit_spec
    from kerasfeat.experiment.setup import with_saved

    run = fit_spec(
        with_saved(asked, saved) if saved else asked,
        loaded,
        out=directory,
        resume=resume is not None,
        strict=strict,
        mix_sources=mix_sources,
        logging=Logging(histograms, profile),
        command=command,
    )
    return Run(run.path)


def _read_or_named(
    songs: Table | None, ranges: Mapping[str, tuple[float, float]] | None = None
) -> tuple[str | None, Songs | None]:
    """(The path of songs that are read for their task, songs that are in memory already); both are
    None for the synthesised songs.

    Raises:
        KerasfeatError: the songs are of another type.
    """
    if songs is None or isinstance(songs, Songs):
        return None, songs
    if isinstance(songs, str | Path):
        return str(songs), None
    if isinstance(songs, pd.DataFrame):
        return None, load_songs(songs, ranges=ranges)
    raise unreadable(
        type(songs).__name__, f"the path of {PATHS}, a DataFrame, or what load_songs gave"
    )


def compare(*runs: Run | str | Path) -> Comparison:
    """Compare two or more finished runs on the same test songs.

    Args:
        runs: finished runs, or their directories.

    Returns:
        Scores, and the differences of each pair with their intervals, as DataFrames.

    Raises:
        KerasfeatError: they are not of one task, one set of labels, and the same test songs.
    """
    return compare_paths([load(path_of(run)).path for run in runs])


def build(recipe: Recipe, songs: Table, task: str | None = None) -> keras.Model:
    """A recipe's network for some songs, untrained; see `Recipe.build`."""
    refuse_empty(task=task)
    import_tensorflow()
    from kerasfeat.experiment.setup import make_setup
    from kerasfeat.experiment.training import Experiment

    data, loaded = _read_or_named(songs)
    setup = make_setup(Spec(task=task, recipe=recipe.name, members=(NETWORK,), data=data), loaded)
    return Experiment.of(setup, setup.dataset()).assemble().model
