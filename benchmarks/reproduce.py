"""Every published system, trained here: our score beside the reported figure and beside the baselines, in one table.

    python benchmarks/reproduce.py [--data DIR] [--only NAME ...] [--set NAME=VALUE ...] [--out DIR] [--page FILE]

Each row is one `kerasfeat fit --recipe NAME --data TABLE` with seed 0, its default split by artist and its published length, on the
synthesised songs, and on those tables of DIR that have the recipe's inputs and targets (TABLES names them; a table that is not there is
left out). The runs lie in OUT; stopped and started again, it goes on, and finished runs are not trained again. A network joined of
others takes them from their own runs (PARTS), where these are trained. `--set epochs=5` shortens those that are trained now; the table has
their published length beside it.

A recipe that hears VGGish does so through the published weights where they are in the cache, and else through untrained ones, which have a
cache of their own in OUT; the table marks these rows.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from kerasfeat.quiet import import_tensorflow

import_tensorflow()

import hub_models  # noqa: E402  after TensorFlow is quiet
from kerasfeat.recipes import recipes  # noqa: E402
from kerasfeat.targets import LOWER_IS_BETTER, of_run  # noqa: E402
from kerasfeat.training.settings import demo_corpus  # noqa: E402

# Relative to DIR: the recipes whose inputs and targets it has.
TABLES = {
    "moods.csv": ("mood-mlp", "mood-mlp-hardtanh", "mood-cnn"),
    "spotify_songs.csv": ("genre-*", "sfp-numeric*", "random-normal"),
    "emotify": ("mood-rnn", "mood-lstm"),
}
# Parts that are recipes too.
PARTS = {
    "mood-ensemble-rnn*": ("mood-mlp", "mood-rnn"),
    "mood-ensemble-lstm*": ("mood-mlp", "mood-lstm"),
    "sfp-combiner-*": ("sfp-numeric", "sfp-mfcc-lstm-multitask"),
}
DEMO = "synthesised"
SECOND = {"accuracy": "balanced_accuracy", "mae": "mse"}
BASELINES = ("constant", "linear", "gradient_boosting")
LINEAR = ("logistic_regression", "ridge")
START, END = "<!-- reproduce.py: table -->", "<!-- reproduce.py: end -->"


def main():
    """Train what is missing, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--only", nargs="*", default=["*"], metavar="NAME", help="recipes, such as 'mood-*'")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", dest="changed")
    parser.add_argument("--out", type=Path, default=Path("runs/reproduce"))
    parser.add_argument("--page", type=Path, help="a Markdown file, whose table between two marks is replaced")
    arguments = parser.parse_args()
    demo = demo_corpus()
    rows = []
    for name in _matching(arguments.only):
        for table, data in ((DEMO, demo), *((table, arguments.data / table) for table, its in TABLES.items() if name in _matching(its))):
            if data.exists():
                run = arguments.out / table / name
                untrained = "vggish" in recipes.get(name).inputs and not hub_models.is_cached("vggish")
                error = _fit(name, data, run, arguments.changed, _untrained_cache(arguments.out) if untrained else None)
                rows.append({"recipe": name, "data": table, "untrained": untrained, **({"error": error} if error else _figures(run))})
    text = _table(rows)
    print(text)
    if arguments.page:
        page = arguments.page.read_text(encoding="utf-8")
        before, after = page.split(START)[0], page.split(END)[1]
        arguments.page.write_text(f"{before}{START}\n{text}{END}{after}", encoding="utf-8")


def _matching(patterns):
    """The recipes that match, those that others are joined of first."""
    found = [name for name in recipes.names() if name != "default" and any(Path(name).match(pattern) for pattern in patterns)]
    return sorted(found, key=lambda name: bool(_parts(name)))


def _parts(name):
    return next((parts for pattern, parts in PARTS.items() if Path(name).match(pattern)), ())


def _complete(run):
    return (run / "run.json").exists() and json.loads((run / "run.json").read_text())["status"] == "complete"


def _fit(name, data, run, changed, cache):
    """Train unless it is done; returns the last line of what went wrong, None where nothing did."""
    if _complete(run):
        return None
    run.parent.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "kerasfeat", "fit", "--recipe", name, "--data", str(data), "--out", str(run)]
    words += [word for change in changed for word in ("--set", change)]
    words += [word for part in _parts(name) if _complete(run.with_name(part)) for word in ("--from", str(run.with_name(part)))]
    print(f"{name} on {data.name}", file=sys.stderr)
    with run.with_suffix(".log").open("w") as log:
        environment = {**os.environ, **({"KERASFEAT_CACHE": str(cache)} if cache else {})}
        done = subprocess.run(words, stdout=log, stderr=subprocess.STDOUT, env=environment, check=False)
    return run.with_suffix(".log").read_text().strip().splitlines()[-1] if done.returncode else None


def _untrained_cache(out):
    """A cache whose VGGish has random weights (He et al. 2015): what it hears of a song is arbitrary, but always the same."""
    cache = out.absolute() / "cache"
    file = cache / "hub" / "vggish" / "weights.npz"
    if not file.exists():
        import keras

        keras.utils.set_random_seed(0)
        arrays = {}
        network = hub_models.build("vggish", weights=None)
        for row in hub_models.get("vggish").rows:
            if row.kind in ("conv", "dense"):
                shape = network.get_layer(row.name.replace("/", "_")).kernel.shape
                arrays[f"{row.name}/kernel"] = np.asarray(keras.initializers.HeNormal()(shape))
                arrays[f"{row.name}/bias"] = np.zeros(shape[-1], "float32")
        file.parent.mkdir(parents=True)
        np.savez(file, **arrays)
    return cache


def _figures(run):
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


def _table(rows):
    header = ["recipe", "data", "test songs", "score", "ours", "constant", "linear", "boosting", "second", "ours", "constant"]
    header += ["reported", "parameters", "epochs", "s"]
    lines = ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    for row in rows:
        marked = f"`{row['recipe']}`{' ‡' if row['untrained'] else ''}"
        reported = recipes.get(row["recipe"]).reported or ""
        if "error" in row:
            lines.append(f"| {marked} | {row['data']} | {row['error']} |" + " |" * (len(header) - 3))
            continue
        scores, metric, second = row["scores"], row["metric"], row["second"]
        low, high = row["interval"]
        ours, constant = scores["ours"][metric], scores["constant"][metric]
        beats = ours < constant if metric in LOWER_IS_BETTER else ours > constant
        cells = [marked, row["data"], row["songs"], metric]
        cells += [f"{'**' * beats}{ours:.3f}{'**' * beats} [{low:.3f}, {high:.3f}]", *(f"{scores[name][metric]:.3f}" for name in BASELINES)]
        cells += [second.replace("_", " "), f"{scores['ours'][second]:.3f}", f"{scores['constant'][second]:.3f}"]
        cells += [reported, f"{row['parameters']:,}", row["epochs"], f"{row['seconds']:.0f}"]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
