"""Run directories as `kerasfeat fit` leaves them, of any size, with figures that fit each other."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kerasfeat.evaluation import baselines, bootstrap
from kerasfeat.simple.pooled import Pooled
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target

COLUMNS = (
    "danceability",
    "energy",
    "loudness",
    "tempo",
    "speechiness",
    "acousticness",
    "valence",
    "liveness",
    "duration_ms",
    "key",
    "mode",
)
LABELS = ("calm", "energetic", "happy", "sad", "tender")
EPOCHS = 7


@pytest.fixture
def write_run():
    """A function that fills a directory with a run; see `make_run`."""
    return make_run


def make_run(
    folder: Path,
    kind: str = "classes",
    *,
    songs: int = 53,
    labels: Sequence[str] = LABELS,
    targets: Sequence[str] = ("valence", "energy", "danceability"),
    ranges: dict[str, tuple[float, float]] | None = None,
    folds: int | None = None,
    skill: float = 1.0,
    **changes: object,
) -> Path:
    """Write run.json, metrics.json, history.csv, predictions.csv, splits.csv; gives `folder`.

    Numbers are from 0 to 1, but for those whose `ranges` are given; `changes` replace entries of
    run.json.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(3)
    limits = [(ranges or {}).get(name, (0.0, 1.0)) for name in targets]
    target = {
        "classes": Multiclass("mood", tuple(labels)),
        "labels": Multilabel("genres", tuple(labels)),
        "values": Regression(tuple(targets), *zip(*limits, strict=True)),
    }[kind]
    test = pd.DataFrame(
        {"track_id": [f"t{n}" for n in range(songs)], "title": [f"Song {n}" for n in range(songs)]}
    )
    test["artist"] = [f"Artist {n % 31}" for n in range(songs)]
    test["audio"], test["fold"] = "", np.arange(songs) % (folds or 1)
    answer = {"classes": _classes, "labels": _labels, "values": _values}[kind]
    truth, prediction, evidence, seen = answer(draw, target, songs, skill)
    columns = tuple(f"evidence {n}" for n in range(evidence.shape[1]))
    simple = baselines.fit_baselines(
        target,
        Pooled(evidence.astype("float32"), columns),
        truth,
        np.arange(len(truth)),
        test=Pooled(seen.astype("float32"), columns),
    )
    scored = bootstrap.against_baselines(target, truth, prediction, simple, test, samples=101)
    test = pd.concat([test, target.to_columns(truth, prediction)], axis=1)
    scores = scored["test"]
    run = _run(target, folds) | changes
    parts = {"train": 4 * songs + 1, "validation": songs // 2, "test": songs}
    written = {
        "task": run["task"],
        "recipe": run["recipe"],
        "inputs": run["inputs"],
        "data": {
            "rows": songs if folds else sum(parts.values()),
            "dropped": {"no label": 3},
            "artists": 31,
            "source": "table moods.csv",
        },
        "split": {
            "strategy": "artist",
            "sizes": parts,
            "shared_artists": 0,
            "shared_ids": 0,
            "shared_audio": 0,
        },
        **scored,
    }
    if folds:
        spread = {
            name: {"mean": value, "std": 0.02, "values": [value] * folds}
            for name, value in scores.items()
            if isinstance(value, float)
        }
        written["cv"] = spread
    (folder / "run.json").write_text(json.dumps(run, allow_nan=False))
    (folder / "metrics.json").write_text(json.dumps(written, allow_nan=False))
    test.to_csv(folder / "predictions.csv", index=False)
    _history(draw, target.main_metric, folds or 1).to_csv(folder / "history.csv", index=False)
    splits = [
        (f"t{n}", fold, part)
        for fold in range(folds or 1)
        for part, size in parts.items()
        for n in range(size)
    ]
    pd.DataFrame(splits, columns=["track_id", "fold", "part"]).to_csv(
        folder / "splits.csv", index=False
    )
    return folder


Answers = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _classes(draw: np.random.Generator, target: Multiclass, songs: int, skill: float) -> Answers:
    """(truth, prediction, what baselines train on, what they see of the test songs)."""
    labels = len(target.labels)
    true = draw.integers(labels, size=songs)
    evidence = draw.normal(size=(songs, labels)) + 2 * skill * np.eye(labels)[true]
    probabilities = np.exp(evidence) / np.exp(evidence).sum(axis=1, keepdims=True)
    return true, probabilities, evidence + draw.normal(size=evidence.shape), evidence


def _labels(draw: np.random.Generator, target: Multilabel, songs: int, skill: float) -> Answers:
    """As `_classes`."""
    true = draw.random((songs, len(target.labels))) < 0.4
    evidence = draw.normal(size=true.shape) + 2 * skill * (2 * true - 1)
    return true, 1 / (1 + np.exp(-evidence)), evidence + draw.normal(size=true.shape), evidence


def _values(draw: np.random.Generator, target: Regression, songs: int, skill: float) -> Answers:
    """As `_classes`."""
    true = np.stack([draw.beta(2, 3, songs) for _ in target.names], axis=1)
    predicted = (
        0.4
        + 0.6 * skill * (true - 0.4)
        + np.stack([draw.normal(0, 0.1, songs) for _ in target.names], axis=1)
    )
    true[:2, -1] = np.nan
    noisy = np.nan_to_num(true) + np.stack(
        [draw.normal(0, 0.2, songs) for _ in target.names], axis=1
    )
    return true, predicted, noisy, noisy


def _history(draw, metric, folds):
    rows = []
    for fold in range(folds):
        for epoch in range(EPOCHS + fold):
            loss = 0.5 + np.exp(-0.4 * epoch) + draw.normal(0, 0.02)
            score = (0.1 if metric == "mae" else 0.8) + (0.2 if metric == "mae" else -0.5) * np.exp(
                -0.4 * epoch
            )
            rows.append(
                (
                    fold,
                    epoch,
                    loss,
                    loss + 0.02 * epoch,
                    score,
                    score - 0.01 * epoch,
                    1e-3 * 0.5 ** (epoch // 4),
                )
            )
    return pd.DataFrame(
        rows,
        columns=["fold", "epoch", "loss", "val_loss", metric, f"val_{metric}", "learning_rate"],
    )


def _run(target: Target, folds: int | None) -> dict:
    return {
        "status": "complete",
        "kerasfeat": "0.1.0",
        "command": "kerasfeat fit --task mood --data 'my songs/tracks.csv'",
        "task": "attributes" if isinstance(target, Regression) else target.name,
        **target.to_json(),
        "recipe": "default",
        "model": "fusion",
        "inputs": ["features", "logmel"],
        "fields": [],
        "columns": list(COLUMNS),
        "hyperparameters": {"units": 128, "dropout": 0.3, "learning_rate": 0.001, "batch_size": 32},
        "seed": 0,
        "folds": folds,
        "parameters": 123456,
        "started": "2025-11-21T09:30:00+00:00",
        "seconds": {"extraction": 3.14, "training": 260.2, "baselines": 3.0},
        "versions": {"tensorflow": "2.21.0", "keras": "3.15.0", "python": "3.11.9"},
        "data_problems": ["row 17: tempo is 0, outside 20 to 300"],
        "audio_failures": {"audio/broken.mp3": "not audio: unknown format"},
        "imputed": {"tempo": 7},
    }
