"""What a run says of its predictions: scores with intervals, and tables."""

import numpy as np
import pandas as pd

from kerasfeat.datasets.rows import artists_text
from kerasfeat.evaluation import bootstrap, slices
from kerasfeat.experiment.training import MEMBER
from kerasfeat.files import write_text
from kerasfeat.songs import identity


def score(target, prepared, folds, crossed, members=()):
    """`test`, `members` of an ensemble under the names of `members`, `baselines`, `best_baseline`,
    and with folds `cv`.

    The test parts' predictions are pooled; in `cv` is each fold's own score. `resampled` and
    `units` tell what the intervals are over.
    """
    tests = [np.flatnonzero(parts == "test") for parts, _, _ in folds]
    truth = prepared.y[np.concatenate(tests)]
    pooled = {
        name: np.concatenate([predictions[name] for _, _, predictions in folds])
        for name in folds[0][2]
    }
    answers = pooled.pop("model")
    asked = [pooled.pop(f"{MEMBER}{number}") for number, _ in enumerate(members, 1)]
    songs = prepared.grouped.iloc[np.concatenate(tests)]
    result = bootstrap.against_baselines(target, truth, answers, pooled, songs)
    if members:
        result["members"] = {
            name: target.score(truth, predicted)
            for name, predicted in zip(members, asked, strict=True)
        }
    if crossed:
        each = [
            target.score(prepared.y[t], p["model"])
            for t, (_, _, p) in zip(tests, folds, strict=True)
        ]
        scalar = [name for name, value in each[0].items() if isinstance(value, float)]
        values = {name: [fold[name] for fold in each] for name in scalar}
        result["cv"] = {
            n: {"mean": float(np.mean(v)), "std": float(np.std(v, ddof=1)), "values": v}
            for n, v in values.items()
            if None not in v
        }
    return result


def stage_losses(folds):
    """`stages`: of each stage before the last, its epochs and losses where the validation loss was
    lowest, a mean over trainings.
    """
    rows = pd.DataFrame(
        [
            {"fold": fold, "member": 1, **row}
            for fold, (_, past, _) in enumerate(folds)
            for row in past
            if "stage" in row
        ]
    )
    if rows.empty or "val_loss" not in rows:
        return {}
    best = rows.loc[rows.groupby(["stage", "fold", "member"])["val_loss"].idxmin()].assign(
        epochs=lambda found: found["epoch"] + 1
    )
    means = best.groupby("stage")[["epochs", "loss", "val_loss"]].mean()
    return {"stages": means.to_dict("index")}


def write_tables(run, prepared, rounds, folds):
    """history.csv, stages.csv where there were stages before the last, predictions.csv, splits.csv."""
    history = [
        {"fold": name, **row}
        for (name, _), (_, past, _) in zip(rounds, folds, strict=False)
        for row in past
    ]
    for name, rows in {
        "history.csv": [r for r in history if "stage" not in r],
        "stages.csv": [r for r in history if "stage" in r],
    }.items():
        if rows:
            _write_csv(run / name, pd.DataFrame(rows))
    named = prepared.grouped.reindex(columns=["track_id", "title", "artist", "audio", "group"])
    described = pd.concat(
        [
            named,
            slices.facts(prepared.frame).drop(
                columns=list(prepared.target.columns), errors="ignore"
            ),
        ],
        axis=1,
    )
    known = prepared.frame.reindex(columns=["track_id", "artist"]).assign(
        artists=[artists_text(names) for names in identity.artists(prepared.frame)],
        audio_key=prepared.inputs.keys or None,
        features_key=prepared.features_keys,
    )
    _write_csv(
        run / "splits.csv", pd.concat([known.assign(fold=name, part=part) for name, part in rounds])
    )
    tables = []
    for (name, _), (part, _, predictions) in zip(rounds, folds, strict=False):
        songs = np.flatnonzero(part == "test")
        table = described.iloc[songs].assign(fold=name).reset_index(drop=True)
        answers = prepared.target.to_columns(prepared.y[songs], predictions["model"])
        tables.append(pd.concat([table, answers], axis=1))
    _write_csv(run / "predictions.csv", pd.concat(tables))


def _write_csv(path, table):
    write_text(path, table.to_csv(index=False, lineterminator="\n"))
