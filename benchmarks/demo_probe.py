"""How much of each label the demo corpus's features, its audio, and both carry, told by simple
models.

    python benchmarks/demo_probe.py [--songs 480] [--corpora 3] [--kinds linear boosted] [--keep
    DIR]

Renders a corpus for each seed, pools log-mel spectrograms over time, and prints mean and standard
deviation over the corpora of cross-validated scores: accuracy for classes, R2 for numbers. Folds
never share an artist, except in the last column, which shows what a split by song would wrongly
promise.
"""

import argparse
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import librosa
import numpy as np
import pandas as pd
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

from kerasfeat.datasets import demo
from kerasfeat.datasets.demo.columns import FEATURES
from kerasfeat.tasks.attributes import ATTRIBUTES

TARGETS = {  # task -> (target column, columns that may not be inputs)
    "mood": ("mood", ()),
    "genre": ("genre", ()),
    "danceability": ("danceability", ("danceability",)),
    "valence": ("valence", ("valence",)),
    "popularity": ("popularity", ()),
    **{f"attributes/{name}": (name, ATTRIBUTES) for name in ATTRIBUTES},
}


def pooled_logmel(path):
    """Mean, standard deviation, and mean absolute change over time of 96 log-mel bands, [288]."""
    audio, sample_rate_hz = librosa.load(path, sr=None)
    mel = librosa.feature.melspectrogram(
        y=audio, sr=sample_rate_hz, n_fft=2048, hop_length=512, n_mels=96
    )
    logmel = librosa.power_to_db(mel, top_db=80)  # [mels, frames]
    return np.concatenate([logmel.mean(1), logmel.std(1), np.abs(np.diff(logmel)).mean(1)])


def models(features, audio, classes):
    """Linear and boosted models over the named columns; the audio is first reduced to 40 components
    for the linear one.
    """
    tabular = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    spectral = make_pipeline(StandardScaler(), PCA(40, random_state=0), StandardScaler())
    linear = LogisticRegression(C=0.1, max_iter=2000) if classes else RidgeCV(np.logspace(0, 4, 9))
    boosted = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    inputs = [("features", tabular, features)] * bool(features) + [
        ("audio", spectral, audio)
    ] * bool(audio)
    return {
        "linear": make_pipeline(ColumnTransformer(inputs), linear),
        "boosted": boosted(max_iter=60, learning_rate=0.1, max_leaf_nodes=8),
    }


def score(table, target, columns, model, by_artist, seed):
    """The cross-validated score of one model."""
    classes = table[target].dtype == object
    splitter = {
        (True, True): StratifiedGroupKFold,
        (True, False): GroupKFold,
        (False, True): StratifiedKFold,
        (False, False): KFold,
    }
    folds = splitter[by_artist, classes](5, shuffle=True, random_state=seed)
    groups = table["artist"] if by_artist else None
    predicted = cross_val_predict(model, table[columns], table[target], groups=groups, cv=folds)
    return (accuracy_score if classes else r2_score)(table[target], predicted)


def probe(table, audio, seed, kinds):
    """{(task, kind): [features, audio, both, both split by song]}."""
    scores = {}
    for task, (target, barred) in TARGETS.items():
        rows = table.dropna(subset=[target])
        features = [name for name in FEATURES if name not in barred]
        for kind in kinds:
            fitted = [
                score(
                    rows,
                    target,
                    tab + aud,
                    models(tab, aud, rows[target].dtype == object)[kind],
                    grouped,
                    seed,
                )
                for tab, aud, grouped in (
                    (features, [], True),
                    ([], audio, True),
                    (features, audio, True),
                    (features, audio, False),
                )
            ]
            scores[task, kind] = fitted
    return scores


def corpus(folder, seed, songs):
    """The rendered table with its pooled audio columns, and their names."""
    demo.render(folder, seed=seed, songs=songs)
    table = pd.read_csv(folder / "tracks.csv").astype({"mood": object, "genre": object})
    with ThreadPoolExecutor() as pool:
        pooled = np.stack(list(pool.map(pooled_logmel, [folder / name for name in table["audio"]])))
    audio = [f"audio{column}" for column in range(pooled.shape[1])]
    return pd.concat([table, pd.DataFrame(pooled, columns=audio)], axis=1), audio


def main():
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
            table, audio = corpus(
                (arguments.keep or Path(scratch)) / str(seed), seed, arguments.songs
            )
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
