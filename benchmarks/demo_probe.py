"""How much of each label the demo corpus's features, its audio, and both carry, told by simple
models.

    python benchmarks/demo_probe.py [--songs 480] [--corpora 3] [--kinds linear boosted]
        [--keep DIR]

Renders a corpus for each seed, pools log-mel spectrograms over time, and prints mean and standard
deviation over the corpora of cross-validated scores: accuracy for classes, R2 for numbers. Folds
never share an artist, except in the last column, which shows what a split by song would wrongly
promise.
"""

import argparse
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_predict,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from kerasfeat.arrays import Array
from kerasfeat.datasets import demo
from kerasfeat.datasets.demo.columns import FEATURES
from kerasfeat.tasks.attributes import ATTRIBUTES

# Task -> (target column, columns that may not be inputs).
TARGETS: dict[str, tuple[str, Sequence[str]]] = {
    "mood": ("mood", ()),
    "genre": ("genre", ()),
    "danceability": ("danceability", ("danceability",)),
    "valence": ("valence", ("valence",)),
    "popularity": ("popularity", ()),
    **{f"attributes/{name}": (name, ATTRIBUTES) for name in ATTRIBUTES},
}


def pooled_logmel(path: Path) -> Array:
    """Mean, standard deviation, and mean absolute change over time of 96 log-mel bands, [288]."""
    audio, sample_rate_hz = librosa.load(path, sr=None)
    mel = librosa.feature.melspectrogram(
        y=audio, sr=sample_rate_hz, n_fft=2048, hop_length=512, n_mels=96
    )
    logmel = librosa.power_to_db(mel, top_db=80)  # [mels, frames]
    return np.concatenate([logmel.mean(1), logmel.std(1), np.abs(np.diff(logmel)).mean(1)])


@dataclass(frozen=True)
class Columns:
    """The columns that a model reads, and whether its folds keep artists apart."""

    features: Sequence[str]
    audio: Sequence[str]
    by_artist: bool = True


def models(columns: Columns, classes: bool) -> dict[str, BaseEstimator]:
    """A linear and a boosted model; for the linear one the audio is first reduced to 40 components.

    Args:
        columns: that they read.
        classes: whether they predict classes, or else a number.
    """
    tabular = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    spectral = make_pipeline(StandardScaler(), PCA(40, random_state=0), StandardScaler())
    linear = LogisticRegression(C=0.1, max_iter=2000) if classes else RidgeCV(np.logspace(0, 4, 9))
    boosted = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    inputs = [("features", tabular, columns.features), ("audio", spectral, columns.audio)]
    return {
        "linear": make_pipeline(ColumnTransformer([row for row in inputs if row[2]]), linear),
        "boosted": boosted(max_iter=60, learning_rate=0.1, max_leaf_nodes=8),
    }


def score(table: pd.DataFrame, target: str, columns: Columns, kind: str, seed: int) -> float:
    """The cross-validated score of one model.

    Args:
        table: of a corpus.
        target: column of the truth.
        columns: that the model reads.
        kind: "linear" or "boosted".
        seed: of the folds.
    """
    classes = table[target].dtype == object
    model = models(columns, classes)[kind]
    splitter = {
        (True, True): StratifiedGroupKFold,
        (True, False): GroupKFold,
        (False, True): StratifiedKFold,
        (False, False): KFold,
    }
    folds = splitter[columns.by_artist, classes](5, shuffle=True, random_state=seed)
    groups = table["artist"] if columns.by_artist else None
    x = table[[*columns.features, *columns.audio]]
    predicted = cross_val_predict(model, x, table[target], groups=groups, cv=folds)
    return (accuracy_score if classes else r2_score)(table[target], predicted)


def probe(
    table: pd.DataFrame, audio: Sequence[str], seed: int, kinds: Sequence[str]
) -> dict[tuple[str, str], list[float]]:
    """Scores of one corpus.

    Args:
        table: with its pooled audio.
        audio: names of the columns of that.
        seed: of the folds.
        kinds: of models.

    Returns:
        (task, kind) -> [features, audio, both, both split by song].
    """
    scores = {}
    for task, (target, barred) in TARGETS.items():
        rows = table.dropna(subset=[target])
        features = [name for name in FEATURES if name not in barred]
        variants = (
            Columns(features, []),
            Columns([], audio),
            Columns(features, audio),
            Columns(features, audio, by_artist=False),
        )
        for kind in kinds:
            scores[task, kind] = [score(rows, target, each, kind, seed) for each in variants]
    return scores


def corpus(folder: Path, seed: int, songs: int) -> tuple[pd.DataFrame, list[str]]:
    """The rendered table with its pooled audio columns, and their names."""
    demo.render(folder, seed=seed, songs=songs)
    table = pd.read_csv(folder / "tracks.csv").astype({"mood": object, "genre": object})
    with ThreadPoolExecutor() as pool:
        pooled = np.stack(list(pool.map(pooled_logmel, [folder / name for name in table["audio"]])))
    audio = [f"audio{column}" for column in range(pooled.shape[1])]
    return pd.concat([table, pd.DataFrame(pooled, columns=audio)], axis=1), audio


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--songs", type=int, default=demo.SONGS)
    parser.add_argument("--corpora", type=int, default=3, help="seeds 0, 1, ...")
    parser.add_argument(
        "--kinds", nargs="+", default=["linear", "boosted"], choices=["linear", "boosted"]
    )
    parser.add_argument("--keep", type=Path, help="where to keep the rendered corpora")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        runs = []
        for seed in range(arguments.corpora):
            folder = (arguments.keep or Path(scratch)) / str(seed)
            table, audio = corpus(folder, seed, arguments.songs)
            runs.append(probe(table, audio, seed, arguments.kinds))
    print(f"{'task':28}{'model':9}{'features':>14}{'audio':>14}{'both':>14}{'both, by song':>16}")
    for task, kind in runs[0]:
        values = np.array([run[task, kind] for run in runs])  # [corpora, inputs]
        cells = [
            f"{mean:.3f} ± {sd:.3f}" for mean, sd in zip(values.mean(0), values.std(0), strict=True)
        ]
        print(f"{task:28}{kind:9}{cells[0]:>14}{cells[1]:>14}{cells[2]:>14}{cells[3]:>16}")


if __name__ == "__main__":
    main()
