"""How much should a column count beside those of other inputs, where columns are added up?

Linear models and support vectors on whole songs, whose columns count by a power of how many their
input has:

    python benchmarks/column_weights.py [--data DIR] [--seeds N]

The rows are Emotify's genre, mood and nine emotions by musicnn's embeddings and MFCC, and the
synthesised songs' mood by table and log-mel: five folds by artist, means over seeds. 0 is the plain
standardisation. A table of DIR that is not there is left out.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kerasfeat.silence import import_tensorflow

import_tensorflow()

from kerasfeat.datasets.sources.emotify import EMOTIONS  # noqa: E402  after TensorFlow is quiet
from kerasfeat.experiment.dataset import Dataset  # noqa: E402
from kerasfeat.experiment.setup import make_setup  # noqa: E402
from kerasfeat.experiment.spec import Spec  # noqa: E402
from kerasfeat.simple import pooled  # noqa: E402
from kerasfeat.simple.fitting import LINEAR, SUPPORT_VECTORS, fit_simple  # noqa: E402
from kerasfeat.songs import splits  # noqa: E402

POWERS = (0.0, -0.125, -0.25, -0.375, -0.5)
FIRST, SECOND = ("log_loss", "mae"), ("accuracy", "r2")
HEARD = ("musicnn_msd", "musicnn_mtt", "mfcc")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    print("| songs | model |" + "".join(f" {power:g} |" for power in POWERS))
    print("| --- | --- |" + " --- |" * len(POWERS))
    for name, spec in _rows(options.data):
        dataset = make_setup(spec).dataset()
        for kind in (LINEAR, SUPPORT_VECTORS):
            cells = [_scores(dataset, kind, power, options.seeds) for power in POWERS]
            print(f"| {name} | {kind.replace('_', ' ')} | {' | '.join(cells)} |", flush=True)


def _rows(data: Path) -> Iterator[tuple[str, Spec]]:
    emotify = data / "emotify"
    if emotify.exists():
        heard = Spec(data=str(emotify), inputs=HEARD)
        yield "Emotify genre", replace(heard, task="genre")
        yield "Emotify mood", replace(heard, task="mood")
        yield "Emotify emotions", replace(heard, task="attributes", targets=EMOTIONS)
    yield "synthesised mood", Spec(task="mood", inputs=("features", "logmel"))


def _scores(dataset: Dataset, kind: str, power: float, seeds: int) -> str:
    """The mean scores over seeds, the finer one first."""
    each = [_score(dataset, kind, power, seed) for seed in range(seeds)]
    names = [next(name for name in both if name in each[0]) for both in (FIRST, SECOND)]
    return ", ".join(f"{np.mean([own[name] for own in each]):.3f}" for name in names)


def _score(dataset: Dataset, kind: str, power: float, seed: int) -> dict[str, Any]:
    """Of all songs, each answered by a model that learnt from others' artists."""
    songs, pooled.POWER = dataset.pooled, power
    answers = np.full((len(dataset.songs), len(dataset.target.outputs)), np.nan)
    for parts in splits.folds(dataset.y, dataset.groups, 5, seed):
        learnt, held = np.flatnonzero(parts != "test"), np.flatnonzero(parts == "test")
        truth, groups = dataset.y[learnt], dataset.groups[learnt]
        model = fit_simple(kind, dataset.target, songs.of(learnt), truth, groups, seed)
        answers[held] = model.predict(songs.x[held])
    return dataset.target.score(dataset.y, answers)


if __name__ == "__main__":
    main()
