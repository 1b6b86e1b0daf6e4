"""Is the default model ahead of the simple models? Cross-validated runs of `kerasfeat fit`, each
beside its baselines on the same songs, in one table.

    python benchmarks/quality.py [--data DIR] [--only NAME ...] [--seeds N] [--out DIR]
    [--page FILE]

The rows are moods (10 folds by artist), spotify_songs' genre, popularity and attributes, Emotify's
genre, mood and nine felt emotions, and the synthesised songs by features, by audio, and by both (5
folds); those of small tables are means over seeds. Tables of DIR that are not there are left out.
`lead` is how much better the model is than the best baseline in the score that the run's verdict
goes by, with its 95 % interval, of the first seed; `ahead` whether it is so in log loss (of numbers
the mean absolute error), and in accuracy (R2). The runs lie in OUT; stopped and started again, it
goes on.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from finished_runs import SECONDS, trained, write_table

from kerasfeat.datasets.sources.emotify import EMOTIONS
from kerasfeat.experiment.spec import Spec
from kerasfeat.targets import LOWER_IS_BETTER

ATTRIBUTES = ("danceability", "energy", "acousticness", "instrumentalness", "valence")
FIRST, SECOND = ("log_loss", "mae"), ("accuracy", "r2")


@dataclass(frozen=True)
class Row:
    """What is trained: a name, the Spec, and how many seeds."""

    name: str
    spec: Spec
    seeds: int = 1


def main() -> None:
    """Train what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", nargs="*", default=())
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("runs/quality"))
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    found = []
    for row in _rows(options.data, options.seeds):
        if options.only and not any(row.name.startswith(name) for name in options.only):
            continue
        if row.spec.data and not Path(row.spec.data).exists():
            continue
        runs = [_run(row, seed, options.out) for seed in range(row.seeds)]
        found.append({"table": row.name, **_figures(runs)})
        print(_table(found[-1:]), flush=True)
    text = _table(found)
    print(text)
    if options.page:
        write_table(options.page, "quality.py", text)


def _rows(data: Path, seeds: int) -> Iterator[Row]:
    moods, songs, emotify = data / "moods.csv", data / "spotify_songs.csv", data / "emotify"
    five = Spec(folds=5)
    yield Row("moods", Spec(task="mood", data=str(moods), folds=10), seeds)
    spotify = replace(five, data=str(songs))
    yield Row("spotify genre", replace(spotify, task="genre"))
    yield Row("spotify popularity", replace(spotify, task="popularity"))
    yield Row("spotify attributes", replace(spotify, task="attributes", targets=ATTRIBUTES))
    heard = replace(five, data=str(emotify))
    yield Row("emotify genre", replace(heard, task="genre"), seeds)
    yield Row("emotify mood", replace(heard, task="mood"), seeds)
    yield Row("emotify emotions", replace(heard, task="attributes", targets=EMOTIONS), seeds)
    for name, inputs in (("features", "features"), ("audio", "logmel"), ("both", "")):
        own = (inputs,) if inputs else ("features", "logmel")
        yield Row(f"synthesised, {name}", replace(five, task="mood", inputs=own))


def _run(row: Row, seed: int, out: Path) -> Path:
    """The run of a row with a seed."""
    path = out / f"{row.name.replace(', ', '-').replace(' ', '-')}-{seed}"
    return trained(replace(row.spec, seed=seed), path)


def _figures(runs: list[Path]) -> dict[str, Any]:
    """The means of the runs' scores, and of the first the lead."""
    each = [json.loads((run / "metrics.json").read_text()) for run in runs]
    test = each[0]["test"]
    first, second = (next(n for n in names if n in test) for names in (FIRST, SECOND))
    systems = ["model", *each[0]["baselines"]]

    def mean(system: str, metric: str) -> float:
        scores = [m["test"] if system == "model" else m["baselines"][system] for m in each]
        return float(np.mean([own[metric] for own in scores]))

    def best(metric: str) -> str:
        choose = min if metric in LOWER_IS_BETTER else max
        return choose(systems[1:], key=lambda system: mean(system, metric))

    row: dict[str, Any] = {}
    for metric in (first, second):
        rival = best(metric)
        sign = -1 if metric in LOWER_IS_BETTER else 1
        row |= {
            f"{metric}": f"{mean('model', metric):.3f}",
            f"best baseline, {metric}": f"{mean(rival, metric):.3f} ({rival.replace('_', ' ')})",
            f"ahead, {metric}": sign * (mean("model", metric) - mean(rival, metric)) > 0,
        }
    beside = each[0]["best_baseline"]
    lead = beside["differences"][beside["by"]]
    better = -1 if beside["by"] in LOWER_IS_BETTER else 1
    low, high = sorted(better * bound for bound in lead["ci95"])
    value = better * lead["value"]
    row["lead"] = f"{value:+.3f} [{low:+.3f}, {high:+.3f}] in {beside['by']}"
    seconds = [float((run / SECONDS).read_text()) for run in runs if (run / SECONDS).exists()]
    row["others"] = "; ".join(
        f"{system.replace('_', ' ')} {mean(system, first):.3f}, {mean(system, second):.3f}"
        for system in systems[1:]
    )
    return row | {"seconds": f"{np.median(seconds or np.nan):.0f}", "seeds": len(runs)}


def _table(rows: list[dict[str, Any]]) -> str:
    """Rows of figures as a table in Markdown."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [columns, ["---"] * len(columns)]
    lines += [[str(row.get(name, "")) for name in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
