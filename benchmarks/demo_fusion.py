"""Does fusion beat its parts on the demo corpus? Cross-validated runs of `kerasfeat fit` over
seeds, side by side.

    python benchmarks/demo_fusion.py [--seeds 3] [--folds 3] [--task mood] [--out DIR]

Each cell is the task's main score over all songs, each predicted by a model that saw neither it nor
its artist; the runs' own figures.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np

from kerasfeat.silence import import_tensorflow

import_tensorflow()

from kerasfeat.experiment.fit import fit  # noqa: E402  after TensorFlow is quiet
from kerasfeat.experiment.spec import Spec  # noqa: E402  after TensorFlow is quiet
from kerasfeat.targets import LOWER_IS_BETTER  # noqa: E402  after TensorFlow is quiet
from kerasfeat.tasks import tasks  # noqa: E402  after TensorFlow is quiet

INPUTS = {"features": ("features",), "audio": ("logmel",), "both": ("features", "logmel")}


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--task", default="mood")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    out = options.out or Path(tempfile.mkdtemp())
    metric = tasks.get(options.task).target.main_metric
    first = min if metric in LOWER_IS_BETTER else max
    ours: dict[str, list[float]] = {name: [] for name in INPUTS}
    best: dict[str, list[float]] = {name: [] for name in INPUTS}
    for seed in range(options.seeds):
        for name, inputs in INPUTS.items():
            spec = Spec(task=options.task, inputs=inputs, folds=options.folds, seed=seed)
            run = fit(spec, out=out / f"{name}-{seed}")
            metrics = json.loads((run / "metrics.json").read_text())
            ours[name].append(metrics["test"][metric])
            best[name].append(first(scores[metric] for scores in metrics["baselines"].values()))
    print(
        f"{options.task} on the demo corpus, {options.seeds} seeds x {options.folds} folds "
        f"by artist: {metric}, mean and values"
    )
    for name in INPUTS:
        values = ", ".join(f"{value:.3f}" for value in ours[name])
        baseline = f"best baseline {np.mean(best[name]):.3f}"
        print(f"{name:10} {np.mean(ours[name]):.3f} ({values})   {baseline}")


if __name__ == "__main__":
    main()
