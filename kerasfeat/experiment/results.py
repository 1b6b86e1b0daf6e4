"""What a run says of its predictions: scores with intervals, and tables."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.datasets.rows import artists_text
from kerasfeat.evaluation import bootstrap, slices
from kerasfeat.evaluation.predictions import FILE
from kerasfeat.evaluation.run_files import SPLITS
from kerasfeat.experiment.dataset import Dataset
from kerasfeat.experiment.evaluation import UNCALIBRATED
from kerasfeat.experiment.folds import Fold, Split
from kerasfeat.experiment.learnt import Learnt, with_earlier
from kerasfeat.experiment.run_directory import RunDirectory
from kerasfeat.experiment.training import MEMBER
from kerasfeat.files import write_text
from kerasfeat.songs import identity
from kerasfeat.targets import Target


def score(
    dataset: Dataset, folds: Sequence[Fold], *, crossed: bool, members: Sequence[str] = ()
) -> dict[str, Any]:
    """`test`, `members` of an ensemble under their names, `uncalibrated` where probabilities were
    calibrated, `baselines`, `best_baseline`, and where the folds are of a cross-validation `cv`.

    The test parts' predictions are pooled; in `cv` is each fold's own score. `resampled` and
    `units` tell what the intervals are over.
    """
    target = dataset.target
    tests = np.concatenate([fold.split.of("test") for fold in folds])
    truth = dataset.y[tests]
    pooled = {
        name: np.concatenate([fold.predictions[name] for fold in folds])
        for name in folds[0].predictions
    }
    answers = pooled.pop("model")
    asked = [pooled.pop(f"{MEMBER}{number}") for number, _ in enumerate(members, 1)]
    uncalibrated = pooled.pop(UNCALIBRATED, None)
    songs = dataset.grouped.iloc[tests]
    result = bootstrap.against_baselines(target, truth, answers, pooled, songs)
    if members:
        result["members"] = {
            name: _member_scores(target, truth, predicted)
            for name, predicted in zip(members, asked, strict=True)
        }
        for name in folds[0].weights:
            weight = float(np.mean([fold.weights[name] for fold in folds]))
            result["members"][name]["weight"] = weight
    if uncalibrated is not None:
        result[UNCALIBRATED] = target.score(truth, uncalibrated)
    return result | ({"cv": _spread(dataset, folds)} if crossed else {})


def _member_scores(target: Target, truth: Array, predicted: Array) -> dict[str, Any]:
    """A member's scores; None each where it does not answer every song, since they would be those
    of other songs.
    """
    if np.isfinite(predicted).all():
        return target.score(truth, predicted)
    return dict.fromkeys(target.compared_metrics)


def _spread(dataset: Dataset, folds: Sequence[Fold]) -> dict[str, dict[str, Any]]:
    """Mean, standard deviation and values of each fold's own scores, of those that all have."""
    each = [
        dataset.target.score(dataset.y[fold.split.of("test")], fold.predictions["model"])
        for fold in folds
    ]
    scalar = [name for name, value in each[0].items() if isinstance(value, float)]
    values = {name: [scores[name] for scores in each] for name in scalar}
    return {
        name: {"mean": float(np.mean(v)), "std": float(np.std(v, ddof=1)), "values": v}
        for name, v in values.items()
        if None not in v
    }


def stage_losses(folds: Sequence[Fold]) -> dict[str, Any]:
    """`stages`: of each stage before the last, its epochs and losses where the validation loss was
    lowest, a mean over trainings.
    """
    rows = pd.DataFrame(
        [
            {"fold": number, "member": 1, **row}
            for number, fold in enumerate(folds)
            for row in fold.history
            if "stage" in row
        ]
    )
    if rows.empty or "val_loss" not in rows:
        return {}
    best = rows.loc[rows.groupby(["stage", "fold", "member"])["val_loss"].idxmin()]
    best = best.assign(epochs=best["epoch"] + 1)
    means = best.groupby("stage")[["epochs", "loss", "val_loss"]].mean()
    return {"stages": means.to_dict("index")}


def write_tables(
    run: RunDirectory,
    dataset: Dataset,
    splits: Sequence[Split],
    folds: Sequence[Fold],
    *,
    fingerprint: str,
    made_of: Sequence[RunDirectory],
) -> list[dict[str, Any]]:
    """history.csv, stages.csv where there were stages before the last, predictions.csv, splits.csv.

    Args:
        run: where they go.
        dataset: all songs.
        splits: of every training.
        folds: those with test songs.
        fingerprint: of the table that the songs are of.
        made_of: the runs that this one is made of.

    Returns:
        What run.json says of the tables of the songs in splits.csv.
    """
    rows = [{"fold": fold.split.name, **row} for fold in folds for row in fold.history]
    _write_rows(run / "history.csv", [row for row in rows if "stage" not in row])
    _write_rows(run / "stages.csv", [row for row in rows if "stage" in row])
    known = _identities(dataset)
    parts = [known.assign(fold=split.name, part=split.parts, table=0) for split in splits]
    table = {"fingerprint": fingerprint, "measured": list(dataset.measured)}
    learnt = with_earlier(Learnt(pd.concat(parts), [table]), made_of)
    _write_csv(run / SPLITS, learnt.songs)
    _write_csv(run / FILE, predictions(dataset, folds))
    return learnt.tables


def predictions(dataset: Dataset, folds: Sequence[Fold]) -> pd.DataFrame:
    """A row for each test song: who it is, facts, truth and answer in the table's unit."""
    names = ["track_id", "title", "artist", "audio", "group"]
    facts = slices.facts(dataset.songs)
    facts = facts.drop(columns=list(dataset.target.columns), errors="ignore")
    described = pd.concat([dataset.grouped.reindex(columns=names), facts], axis=1)
    tables = []
    for fold in folds:
        tested: Array = fold.split.of("test")
        songs = described.iloc[tested].assign(fold=fold.split.name).reset_index(drop=True)
        answers = dataset.target.to_columns(dataset.y[tested], fold.predictions["model"])
        tables.append(pd.concat([songs, answers], axis=1))
    return pd.concat(tables)


def _identities(dataset: Dataset) -> pd.DataFrame:
    """By what the songs are known in other tables."""
    return dataset.songs.reindex(columns=["track_id", "artist"]).assign(
        artists=[artists_text(names) for names in identity.artists(dataset.songs)],
        audio_key=dataset.inputs.keys or None,
        features_key=dataset.features_keys,
    )


def _write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        _write_csv(path, pd.DataFrame(rows))


def _write_csv(path: Path, table: pd.DataFrame) -> None:
    write_text(path, table.to_csv(index=False, lineterminator="\n"))
