"""Run directories as `kerasfeat fit` leaves them, of any size, with figures that fit each other."""

import json

import numpy as np
import pandas as pd
import pytest

from kerasfeat.evaluation import baselines, bootstrap

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
    folder,
    kind="classes",
    *,
    songs=53,
    labels=LABELS,
    targets=("valence", "energy", "danceability"),
    folds=None,
    skill=1.0,
    **changes,
):
    """Write run.json, metrics.json, history.csv, predictions.csv, splits.csv; `changes` replace
    entries of run.json. Returns `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(3)
    targets = ("mood",) if kind == "classes" else tuple(targets)
    test = pd.DataFrame(
        {"track_id": [f"t{n}" for n in range(songs)], "title": [f"Song {n}" for n in range(songs)]}
    )
    test["artist"] = [f"Artist {n % 31}" for n in range(songs)]
    test["audio"], test["fold"] = "", np.arange(songs) % (folds or 1)
    score = _classes if kind == "classes" else _values
    scored, test = score(draw, test, list(labels), targets, skill)
    scores = scored["test"]
    run = _run(kind, list(labels), list(targets), folds) | changes
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
    _history(draw, "accuracy" if kind == "classes" else "mae", folds or 1).to_csv(
        folder / "history.csv", index=False
    )
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


def _classes(draw, test, labels, targets, skill):
    songs = len(test)
    true = draw.integers(len(labels), size=songs)
    evidence = draw.normal(size=(songs, len(labels))) + 2 * skill * np.eye(len(labels))[true]
    probabilities = np.exp(evidence) / np.exp(evidence).sum(axis=1, keepdims=True)
    simple = baselines.fit_baselines(
        "classes", evidence + draw.normal(size=evidence.shape), true, evidence, labels
    )
    names = np.array(labels, dtype=object)
    test = test.assign(true_mood=names[true], predicted_mood=names[probabilities.argmax(axis=1)])
    test[[f"probability_{label}" for label in labels]] = probabilities
    return bootstrap.against_baselines(
        "classes", true, probabilities, simple, labels, test, samples=101
    ), test


def _values(draw, test, labels, targets, skill):
    songs = len(test)
    true = {target: draw.beta(2, 3, songs) for target in targets}
    predicted = {
        target: 0.4 + 0.6 * skill * (values - 0.4) + draw.normal(0, 0.1, songs)
        for target, values in true.items()
    }
    true[targets[-1]][:2] = np.nan
    noisy = np.stack(
        [np.nan_to_num(values) + draw.normal(0, 0.2, songs) for values in true.values()], axis=1
    )
    simple = baselines.fit_baselines("values", noisy, true, noisy)
    for target in targets:
        test = test.assign(
            **{f"true_{target}": true[target], f"predicted_{target}": predicted[target]}
        )
    return bootstrap.against_baselines(
        "values", true, predicted, simple, None, test, samples=101
    ), test


def _history(draw, metric, folds):
    rows = []
    for fold in range(folds):
        for epoch in range(EPOCHS + fold):
            loss = 0.5 + np.exp(-0.4 * epoch) + draw.normal(0, 0.02)
            score = (0.8 if metric == "accuracy" else 0.1) + (
                -0.5 if metric == "accuracy" else 0.2
            ) * np.exp(-0.4 * epoch)
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


def _run(kind, labels, targets, folds):
    return {
        "status": "complete",
        "kerasfeat": "0.1.0",
        "command": "kerasfeat fit --task mood --data 'my songs/tracks.csv'",
        "task": "mood" if kind == "classes" else "attributes",
        "kind": kind,
        "recipe": "default",
        "model": "fusion",
        "inputs": ["features", "logmel"],
        "fields": [],
        "columns": list(COLUMNS),
        "hyperparameters": {"units": 128, "dropout": 0.3, "learning_rate": 0.001, "batch_size": 32},
        "labels": labels if kind == "classes" else [],
        "targets": targets,
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
