"""Every published system, trained here: our score beside the reported figure and beside the
baselines, in one table.

    python benchmarks/reproduce.py [--data DIR] [--only NAME ...] [--set NAME=VALUE ...] [--out DIR]
    [--page FILE]

Each row is one `kerasfeat fit --recipe NAME --data TABLE` with seed 0, its default split by artist
and its published length, on synthesised songs, and on those tables of DIR that have the recipe's
inputs and targets (TABLES names them; a table that is not there is left out). Of a recipe that
reads a table alone as many songs are synthesised as its authors had, of others SONGS, and FEW_SONGS
where so many would take days (LONG). The runs lie in OUT; stopped and started again, it goes on,
and finished runs are not trained again. A network joined of others takes them from their own runs
(PARTS), where these are trained on the same songs. `--set epochs=5` shortens those that are trained
now; the table has their published length beside it.

A recipe that hears VGGish does so through the published weights where they are in the cache, and
else through untrained ones, which have a cache of their own in OUT; the table marks these rows.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from finished_runs import is_complete, write_table

import hub_models
from kerasfeat.audio.frontends import frontends
from kerasfeat.datasets import demo
from kerasfeat.datasets.demo.latents import draw_songs
from kerasfeat.recipes import recipes
from kerasfeat.targets import LOWER_IS_BETTER, of_run

# Relative to DIR: the recipes whose inputs and targets it has.
TABLES = {
    "moods.csv": ("mood-mlp", "mood-mlp-hardtanh", "mood-cnn"),
    "spotify_songs.csv": ("genre-*", "sfp-numeric*", "random-normal"),
    "emotify": ("mood-rnn", "mood-lstm"),
}
# Songs of the authors, for recipes that read a table alone: an epoch has as many steps as theirs.
PUBLISHED_SONGS = {
    "genre-*": 80_000,
    "mood-*": 1_600,
    "random-normal": 10_000,
    "sfp-numeric*": 21_325,
}
SONGS, FEW_SONGS, SEED = 5_000, 480, 0
LONG = (
    *("jaar-*", "mood-rnn", "mood-lstm", "mood-ensemble-*"),
    *("sfp-complex-cnn", "sfp-separated", "sfp-spectrogram-*"),
)
# Parts that are recipes too.
PARTS = {
    "mood-ensemble-rnn*": ("mood-mlp", "mood-rnn"),
    "mood-ensemble-lstm*": ("mood-mlp", "mood-lstm"),
    "sfp-combiner-*": ("sfp-numeric", "sfp-mfcc-lstm-multitask"),
}
SECOND = {"accuracy": "balanced_accuracy", "mae": "mse"}
BASELINES = ("constant", "linear", "gradient_boosting")
LINEAR = ("logistic_regression", "ridge")


def main() -> None:
    """Train what is missing, then write the table."""
    arguments = _arguments()
    rows = []
    for name in _matching(arguments.only):
        own = _synthesised(name, arguments.out)
        for table, data in (own, *_tables(name, arguments.data)):
            if data.exists():
                run = arguments.out / table / name
                is_untrained = "vggish" in recipes.get(name).inputs
                is_untrained = is_untrained and not hub_models.is_cached("vggish")
                cache = _untrained_cache(arguments.out) if is_untrained else None
                error = _fit(name, data, run, arguments.changed, cache)
                row = {"recipe": name, "data": table, "untrained": is_untrained}
                rows.append(row | ({"error": error} if error else _figures(run)))
    text = _table(rows)
    print(text)
    if arguments.page:
        write_table(arguments.page, "reproduce.py", text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data"
    )
    parser.add_argument(
        "--only", nargs="*", default=["*"], metavar="NAME", help="recipes, such as 'mood-*'"
    )
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", dest="changed")
    parser.add_argument("--out", type=Path, default=Path("runs/reproduce"))
    parser.add_argument(
        "--page", type=Path, help="a Markdown file, whose table between two marks is replaced"
    )
    return parser.parse_args()


def _synthesised(recipe: str, out: Path) -> tuple[str, Path]:
    """(name, file or folder) of synthesised songs, made where they are not there."""
    if set(frontends.names()) & set(recipes.get(recipe).inputs):
        songs = FEW_SONGS if recipe in _matching(LONG) else SONGS
        return f"synthesised, {songs:,}", demo.render(out / f"songs-{songs}", SEED, songs)
    songs = next(n for pattern, n in PUBLISHED_SONGS.items() if Path(recipe).match(pattern))
    table = out / f"songs-{songs}.csv"
    if not table.exists():
        drawn = pd.read_csv(StringIO(demo.table(draw_songs(SEED, songs), SEED)))
        table.parent.mkdir(parents=True, exist_ok=True)
        drawn.drop(columns="audio").to_csv(table, index=False)
    return f"synthesised, {songs:,}", table


def _tables(recipe: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """(name, file or folder) of the tables that a recipe can be trained on."""
    for table, patterns in TABLES.items():
        if recipe in _matching(patterns):
            yield table, folder / table


def _matching(patterns: Sequence[str]) -> list[str]:
    """The recipes that match, those that others are joined of first."""
    found = [
        name
        for name in recipes.names()
        if name != "default" and any(Path(name).match(pattern) for pattern in patterns)
    ]
    return sorted(found, key=lambda name: bool(_parts(name)))


def _parts(name: str) -> tuple[str, ...]:
    return next((parts for pattern, parts in PARTS.items() if Path(name).match(pattern)), ())


def _fit(
    name: str, data: Path, run: Path, changed: Sequence[str], cache: Path | None
) -> str | None:
    """Train unless it is done; returns the last line of what went wrong, None where nothing did."""
    if is_complete(run):
        return None
    run.parent.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "kerasfeat", "fit", "--recipe", name]
    words += ["--data", str(data), "--out", str(run)]
    words += [word for change in changed for word in ("--set", change)]
    words += [
        word
        for part in _parts(name)
        if is_complete(run.with_name(part))
        for word in ("--from", str(run.with_name(part)))
    ]
    print(f"{name} on {data.name}", file=sys.stderr)
    environment = os.environ | ({"KERASFEAT_CACHE": str(cache)} if cache else {})
    path = run.with_suffix(".log")
    with path.open("w") as log:
        done = subprocess.run(
            words, stdout=log, stderr=subprocess.STDOUT, env=environment, check=False
        )
    return path.read_text().strip().splitlines()[-1] if done.returncode else None


def _untrained_cache(out: Path) -> Path:
    """A cache whose VGGish has random weights (He et al. 2015): what it hears of a song is
    arbitrary, but always the same.
    """
    cache = out.absolute() / "cache"
    file = cache / "hub" / "vggish" / "weights.npz"
    if not file.exists():
        import keras

        keras.utils.set_random_seed(0)
        arrays: dict[str, Any] = {}
        network = hub_models.build("vggish", weights=None)
        for row in hub_models.get("vggish").rows:
            if row.kind in ("conv", "dense"):
                shape = network.get_layer(row.name.replace("/", "_")).kernel.shape
                arrays[f"{row.name}/kernel"] = np.asarray(keras.initializers.HeNormal()(shape))
                arrays[f"{row.name}/bias"] = np.zeros(shape[-1], "float32")
        file.parent.mkdir(parents=True)
        np.savez(file, **arrays)
    return cache


def _figures(run: Path) -> dict[str, Any]:
    """What the table says of a finished run."""
    state, metrics = (json.loads((run / name).read_text()) for name in ("run.json", "metrics.json"))
    main = of_run(state).main_metric
    scores = {"ours": metrics["test"], **metrics["baselines"]}
    scores["linear"] = next(scores.pop(name) for name in LINEAR if name in scores)
    trained = state["hyperparameters"]["epochs"]
    published = recipes.get(run.name).hyperparameters["epochs"]
    return {
        "metric": main,
        "second": SECOND[main],
        "scores": scores,
        "interval": metrics["test"]["ci95"][main],
        "songs": metrics["split"]["sizes"]["test"],
        "parameters": state["parameters"],
        "seconds": state["seconds"]["training"],
        "epochs": f"{trained}" if trained == published else f"{trained} of {published}",
    }


HEADER = (
    *("recipe", "data", "test songs", "score", "ours", "constant", "linear", "boosting"),
    *("second", "ours", "constant", "reported", "parameters", "epochs", "s"),
)


def _table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows in Markdown."""
    lines = ["| " + " | ".join(HEADER) + " |", "|---" * len(HEADER) + "|"]
    for row in rows:
        recipe = f"`{row['recipe']}`{' ‡' if row['untrained'] else ''}"
        if "error" in row:
            empty = " |" * (len(HEADER) - 3)
            lines.append(f"| {recipe} | {row['data']} | {row['error']} |{empty}")
        else:
            cells = [recipe, row["data"], *_cells(row)]
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def _cells(row: dict[str, Any]) -> list[Any]:
    """What stands behind the recipe and the data."""
    scores, metric, second = row["scores"], row["metric"], row["second"]
    low, high = row["interval"]
    ours, constant = scores["ours"][metric], scores["constant"][metric]
    beats = ours < constant if metric in LOWER_IS_BETTER else ours > constant
    bold = "**" if beats else ""
    return [
        row["songs"],
        metric,
        f"{bold}{ours:.3f}{bold} [{low:.3f}, {high:.3f}]",
        *(f"{scores[name][metric]:.3f}" for name in BASELINES),
        second.replace("_", " "),
        f"{scores['ours'][second]:.3f}",
        f"{scores['constant'][second]:.3f}",
        recipes.get(row["recipe"]).reported or "",
        f"{row['parameters']:,}",
        row["epochs"],
        f"{row['seconds']:.0f}",
    ]


if __name__ == "__main__":
    main()
