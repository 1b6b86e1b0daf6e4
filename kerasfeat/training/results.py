"""What a run says of its predictions: scores with intervals, and tables."""

import numpy as np
import pandas as pd

from kerasfeat.data import identity
from kerasfeat.data.fetching.rows import artists_text
from kerasfeat.evaluation import bootstrap, metrics, slices
from kerasfeat.files import write_text
from kerasfeat.tasks import CLASSES, LABELS, VALUES
from kerasfeat.training.experiment import MEMBER


def with_intervals(task, labels, true, predicted, unit):
    """Every metric as `measure` gives it, and `ci95`, the intervals of those that have one; `unit` as of `bootstrap.units`."""
    scores, scorer = bootstrap.scorer(*_asked(task, labels, true, predicted))
    (drawn,) = bootstrap.draws([scorer], unit)
    return {**scores, "ci95": bootstrap.intervals(scores, drawn)}


def measure(task, labels, true, predicted):
    """Every metric of predictions [songs, labels] or [songs, targets]."""
    return metrics.score(*_asked(task, labels, true, predicted))


def _asked(task, labels, true, predicted):
    """What metrics and scorers are asked with: kind, true, predicted, labels."""
    return task.kind, _by_target(task, true), _by_target(task, predicted), list(labels or task.targets)


def _by_target(task, values):
    """target -> numbers [songs] of values [songs, targets]; labels as they are."""
    return {target: values[:, i] for i, target in enumerate(task.targets)} if task.kind == VALUES else values


def score(task, prepared, folds, crossed, members=()):
    """`test`, `members` of an ensemble under the names of `members`, `baselines`, `best_baseline`, and with folds `cv`.

    The test parts' predictions are pooled; in `cv` is each fold's own score. `resampled` and `units` tell what the intervals are over.
    """
    labels = prepared.labels
    tests = [np.flatnonzero(parts == "test") for parts, _, _ in folds]
    truth = prepared.y[np.concatenate(tests)]
    pooled = {name: np.concatenate([predictions[name] for _, _, predictions in folds]) for name in folds[0][2]}
    answers = pooled.pop("model")
    asked = [pooled.pop(f"{MEMBER}{number}") for number, _ in enumerate(members, 1)]
    kind, true, predicted, names = _asked(task, labels, truth, answers)
    baselines = {name: _by_target(task, predicted) for name, predicted in pooled.items()}
    songs = prepared.grouped.iloc[np.concatenate(tests)]
    result = bootstrap.against_baselines(kind, true, predicted, baselines, names, songs)
    if members:
        result["members"] = {name: measure(task, labels, truth, predicted) for name, predicted in zip(members, asked, strict=True)}
    if crossed:
        each = [measure(task, labels, prepared.y[t], p["model"]) for t, (_, _, p) in zip(tests, folds, strict=True)]
        scalar = [name for name, value in each[0].items() if isinstance(value, float)]
        values = {name: [fold[name] for fold in each] for name in scalar}
        result["cv"] = {
            n: {"mean": float(np.mean(v)), "std": float(np.std(v, ddof=1)), "values": v} for n, v in values.items() if None not in v
        }
    return result


def stage_losses(folds):
    """`stages`: of each stage before the last, its epochs and losses where the validation loss was lowest, a mean over trainings."""
    rows = pd.DataFrame([{"fold": fold, "member": 1, **row} for fold, (_, past, _) in enumerate(folds) for row in past if "stage" in row])
    if rows.empty or "val_loss" not in rows:
        return {}
    best = rows.loc[rows.groupby(["stage", "fold", "member"])["val_loss"].idxmin()].assign(epochs=lambda found: found["epoch"] + 1)
    means = best.groupby("stage")[["epochs", "loss", "val_loss"]].mean()
    return {"stages": means.to_dict("index")}


def write_tables(run, task, prepared, rounds, folds):
    """history.csv, stages.csv where there were stages before the last, predictions.csv, splits.csv."""
    history = [{"fold": name, **row} for (name, _), (_, past, _) in zip(rounds, folds, strict=False) for row in past]
    for name, rows in {"history.csv": [r for r in history if "stage" not in r], "stages.csv": [r for r in history if "stage" in r]}.items():
        if rows:
            _write_csv(run / name, pd.DataFrame(rows))
    named = prepared.grouped.reindex(columns=["track_id", "title", "artist", "audio", "group"])
    described = pd.concat([named, slices.facts(prepared.frame).drop(columns=list(task.columns), errors="ignore")], axis=1)
    known = prepared.frame.reindex(columns=["track_id", "artist"]).assign(
        artists=[artists_text(names) for names in identity.artists(prepared.frame)],
        audio_key=prepared.inputs.keys or None,
        features_key=prepared.features_keys,
    )
    _write_csv(run / "splits.csv", pd.concat([known.assign(fold=name, part=part) for name, part in rounds]))
    tables = []
    for (name, _), (part, _, predictions) in zip(rounds, folds, strict=False):
        songs = np.flatnonzero(part == "test")
        table = described.iloc[songs].assign(fold=name)
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
        columns |= {f"true_{target}": true[:, i].astype(int) if task.kind == LABELS else true[:, i], f"predicted_{target}": predicted[:, i]}
    return pd.DataFrame(columns)


def _write_csv(path, table):
    write_text(path, table.to_csv(index=False, lineterminator="\n"))
