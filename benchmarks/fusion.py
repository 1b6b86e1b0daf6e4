"""Is a fusion ever worse than a model of what is there? Its test songs with their columns alone,
with their audio alone, and with both, each answered by the fusion and by a run on just that.

    python benchmarks/fusion.py [--seeds 3] [--task mood] [--data DIR] [--out DIR]

DIR is a folder of songs with columns and audio; without it songs are synthesised. Every run splits
the songs alike, so the test songs are the same. Prints log loss (mean absolute error of numbers)
and accuracy (R2), means over seeds; the runs lie in OUT, and what is there is not trained again.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from finished_runs import trained

from kerasfeat.api.run import Run
from kerasfeat.experiment.setup import demo_songs
from kerasfeat.experiment.spec import Spec
from kerasfeat.songs.schema import FEATURES

GIVEN = {"columns": ("features",), "audio": ("logmel",), "both": ("features", "logmel")}
SCORES = ("log_loss", "mae"), ("accuracy", "r2")


@dataclass(frozen=True)
class Answered:
    """How well test songs are answered.

    Attributes:
        first: log loss, or mean absolute error.
        second: accuracy, or R2.
    """

    first: float
    second: float


def main() -> None:
    """Train what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--task", default="mood")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/fusion"))
    options = parser.parse_args()
    songs = options.data or demo_songs()
    found: dict[tuple[str, str], list[Answered]] = {}
    for seed in range(options.seeds):
        runs = {given: _run(options.task, given, songs, seed, options.out) for given in GIVEN}
        tables = _tables(songs, runs["both"], options.out / f"songs-{seed}")
        for given, table in tables.items():
            for who in dict.fromkeys((given, "both")):
                found.setdefault((given, who), []).append(_answered(runs[who], table))
    print("| songs with | the fusion | a run on just that |\n| --- | --- | --- |")
    for given in GIVEN:
        print(f"| {given} | {_mean(found[given, 'both'])} | {_mean(found[given, given])} |")


def _run(task: str, given: str, songs: Path, seed: int, out: Path) -> Path:
    spec = Spec(task=task, data=str(songs), inputs=GIVEN[given], seed=seed)
    return trained(spec, out / f"{given}-{seed}")


def _tables(songs: Path, run: Path, out: Path) -> dict[str, Path]:
    """What is given -> a table of the run's test songs with just that."""
    parts = pd.read_csv(run / "splits.csv", dtype=str)
    tested = set(parts.loc[parts["part"] == "test", "track_id"])
    table = pd.read_csv(songs / "tracks.csv", dtype={"track_id": str})
    table = table[table["track_id"].isin(tested)]
    table["audio"] = [str((songs / name).resolve()) for name in table["audio"]]
    columns = [name for name in FEATURES if name in table]
    out.mkdir(parents=True, exist_ok=True)
    left_out = {"columns": ["audio"], "audio": columns, "both": []}
    for given, names in left_out.items():
        table.drop(columns=names).to_csv(out / f"{given}.csv", index=False)
    return {given: out / f"{given}.csv" for given in GIVEN}


def _answered(run: Path, table: Path) -> Answered:
    test = Run(run).evaluate(table)["test"]
    first, second = (next(test[name] for name in names if name in test) for names in SCORES)
    return Answered(first, second)


def _mean(answered: list[Answered]) -> str:
    first, second = (
        np.mean([getattr(one, name) for one in answered]) for name in ("first", "second")
    )
    return f"{first:.3f}, {second:.3f}"


if __name__ == "__main__":
    main()
