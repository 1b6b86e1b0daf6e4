"""What `kerasfeat fit` gains from musicnn on real clips: beside YAMNet, and librosa's statistics.

    python benchmarks/emotify.py [--data DIR] [--seeds N] [--out DIR] [--page FILE]

The genre, the mood, and nine felt emotions of Emotify's clips, by cross-validation with five folds,
means over seeds. The first rows are runs of `fit` on what is heard, which lie in OUT; stopped and
started again, it goes on. A run by MFCC alone has the simple models that come with every run as
rows of their own. The last rows are scikit-learn's models on means and deviations of librosa's
features, learnt and tested on the very songs of the runs' folds.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pandas as pd
from finished_runs import trained, write_table
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import log_loss
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from kerasfeat.arrays import Array
from kerasfeat.audio.decode import decode
from kerasfeat.datasets.sources.emotify import EMOTIONS
from kerasfeat.experiment.spec import LINEAR, SUPPORT_VECTORS, Spec
from kerasfeat.targets import LOWER_IS_BETTER

HEARD = {
    "both of musicnn, MFCC": ("musicnn_msd", "musicnn_mtt", "mfcc"),
    "YAMNet": ("yamnet",),
    "MFCC": ("mfcc",),
}
# Of the run by MFCC, by their names in metrics.json.
SIMPLE = {
    "logistic and ridge regression": ("logistic_regression", "ridge"),
    "support vectors": ("support_vector_machine",),
}
SCORES = {
    "genre": ("accuracy", "log_loss"),
    "mood": ("accuracy", "log_loss"),
    "emotions": ("pearson", "mae"),
}
HEADS = ("genre", "mood", "nine emotions, r (error)")
SAMPLE_RATE_HZ = 22_050
Scores = dict[str, float]


def main() -> None:
    """Train what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/emotify"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("runs/emotify"))
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    found: dict[str, dict[str, list[Scores]]] = {}
    for seed in range(options.seeds):
        for heard, inputs in HEARD.items():
            for name, spec in specs(options.data).items():
                # Of MFCC alone the simple models that come with every run are wanted.
                members = (LINEAR, SUPPORT_VECTORS) if heard == "MFCC" else ()
                asked = replace(spec, inputs=inputs, seed=seed, members=members)
                run = trained(asked, options.out / f"{name}-{'-'.join(inputs)}-{seed}")
                for system, scores in scores_of(run, heard).items():
                    found.setdefault(system, {}).setdefault(name, []).append(scores)
        for name in SCORES:
            run = options.out / f"{name}-{'-'.join(HEARD['MFCC'])}-{seed}"
            for system, scores in by_librosa(options.data, run, name).items():
                found.setdefault(system, {}).setdefault(name, []).append(scores)
        print(table(found), flush=True)
    if options.page:
        write_table(options.page, "emotify.py", table(found))


def specs(data: Path) -> dict[str, Spec]:
    """What is trained."""
    five = Spec(data=str(data), folds=5)
    return {
        "genre": replace(five, task="genre"),
        "mood": replace(five, task="mood"),
        "emotions": replace(five, task="attributes", targets=EMOTIONS),
    }


def scores_of(run: Path, heard: str) -> dict[str, Scores]:
    """The scores of a run, or where it heard MFCC of its simple models."""
    metrics = json.loads((run / "metrics.json").read_text())
    if heard != "MFCC":
        return {f"`fit`, {heard}": metrics["test"]}
    found = {"always the same answer": metrics["baselines"]["constant"]}
    for system, names in SIMPLE.items():
        (scores,) = (metrics["baselines"][name] for name in names if name in metrics["baselines"])
        found[f"{system}, {heard}"] = scores
    return found


def by_librosa(data: Path, run: Path, name: str) -> dict[str, Scores]:
    """The scores of scikit-learn's models on the folds of a run."""
    songs = pd.read_csv(data / "tracks.csv", dtype={"track_id": str}).set_index("track_id")
    parts = pd.read_csv(run / "splits.csv", dtype={"track_id": str})
    x = statistics(data).loc[songs.index].to_numpy()
    score = numbers_scored if name == "emotions" else labels_scored
    truth = songs[list(EMOTIONS)].to_numpy() if name == "emotions" else songs[name].to_numpy()
    folds = []
    for _, fold in parts.groupby("fold"):
        tested = songs.index.isin(fold.loc[fold["part"] == "test", "track_id"])
        if tested.any():  # the model that is kept has no test songs
            # Validation songs are learnt too: nothing is chosen by them.
            folds.append((songs.index.isin(fold["track_id"]) & ~tested, tested))
    systems = {"logistic and ridge regression": linear, "support vectors": support_vectors}
    return {
        f"{system}, librosa's statistics": score(make(name), x, truth, folds)
        for system, make in systems.items()
    }


def linear(name: str) -> BaseEstimator:
    """Logistic or ridge regression."""
    if name == "emotions":
        return RidgeCV(np.logspace(0, 5, 16), alpha_per_target=True)
    return LogisticRegression(C=0.01, max_iter=5000)


def support_vectors(name: str) -> BaseEstimator:
    """A support vector machine with radial kernels, of labels with probabilities."""
    if name == "emotions":
        return MultiOutputRegressor(SVR(epsilon=0.05))
    machine = SVC(C=3, class_weight="balanced")
    return CalibratedClassifierCV(machine, cv=3, ensemble=False)


def labels_scored(
    model: BaseEstimator, x: Array, truth: Array, folds: Sequence[tuple[Array, Array]]
) -> Scores:
    """Accuracy and log loss, of the most probable label."""
    labels = np.unique(truth)
    said = np.full((len(truth), len(labels)), 1e-6)
    for train, test in folds:
        learnt = make_pipeline(StandardScaler(), model).fit(x[train], truth[train])
        said[np.ix_(test, np.isin(labels, learnt.classes_))] = learnt.predict_proba(x[test])
    said /= said.sum(axis=1, keepdims=True)
    right = labels[said.argmax(axis=1)] == truth
    return {"accuracy": float(right.mean()), "log_loss": log_loss(truth, said, labels=labels)}


def numbers_scored(
    model: BaseEstimator, x: Array, truth: Array, folds: Sequence[tuple[Array, Array]]
) -> Scores:
    """Mean correlation, and mean error as a share of the range."""
    said = np.zeros(truth.shape)
    for train, test in folds:
        said[test] = (
            make_pipeline(StandardScaler(), model).fit(x[train], truth[train]).predict(x[test])
        )
    r = [np.corrcoef(own, true)[0, 1] for own, true in zip(said.T, truth.T, strict=True)]
    return {
        "pearson": float(np.mean(r)),
        "mae": float((np.abs(said - truth) / np.ptp(truth, axis=0)).mean()),
    }


@cache
def statistics(data: Path) -> pd.DataFrame:
    """Mean and deviation of librosa's features over each song, by `track_id`."""
    songs = pd.read_csv(data / "tracks.csv", dtype={"track_id": str}).set_index("track_id")
    return pd.DataFrame(
        [of_song(decode(data / path, SAMPLE_RATE_HZ)) for path in songs["audio"]], songs.index
    )


def of_song(waveform: Array) -> Array:
    """What is usually taken: timbre, harmony, brightness, loudness, and tempo."""
    features: list[Callable[..., Any]] = [
        librosa.feature.chroma_cqt,
        librosa.feature.spectral_contrast,
        librosa.feature.spectral_centroid,
        librosa.feature.spectral_bandwidth,
        librosa.feature.spectral_rolloff,
        librosa.feature.tonnetz,
    ]
    rows = [feature(y=waveform, sr=SAMPLE_RATE_HZ) for feature in features]
    mfcc = librosa.feature.mfcc(y=waveform, sr=SAMPLE_RATE_HZ, n_mfcc=20)
    rows += [mfcc, librosa.feature.delta(mfcc)]
    rows += [librosa.feature.rms(y=waveform), librosa.feature.zero_crossing_rate(waveform)]
    tempo = np.ravel(librosa.beat.beat_track(y=waveform, sr=SAMPLE_RATE_HZ)[0])
    return np.concatenate([*(stat(row, 1) for row in rows for stat in (np.mean, np.std)), tempo])


def table(found: dict[str, dict[str, list[Scores]]]) -> str:
    """Means over seeds, in Markdown; the best of each score in bold."""
    means = {
        (system, metric, name): round(float(np.mean([scores[metric] for scores in runs])), 3)
        for system, tasks in found.items()
        for name, runs in tasks.items()
        for metric in SCORES[name]
    }

    def cell(system: str, metric: str, name: str) -> str:
        every = [value for (_, *of), value in means.items() if of == [metric, name]]
        value = means[system, metric, name]
        best = (min if metric in LOWER_IS_BETTER else max)(every)
        return f"**{value:.3f}**" if value == best else f"{value:.3f}"

    lines = [f"| learnt by, and heard | {' | '.join(HEADS)} |", "|---" * (1 + len(HEADS)) + "|"]
    for system in found:
        cells = [
            "{} ({})".format(*(cell(system, metric, name) for metric in metrics))
            for name, metrics in SCORES.items()
        ]
        lines.append(f"| {system} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
