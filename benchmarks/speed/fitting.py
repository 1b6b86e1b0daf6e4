"""`fit` as a whole command, beside the same network by hand, and boosting on the same parts."""

from pathlib import Path

from benchmarks.speed import data
from benchmarks.speed.measured import (
    Against,
    Measured,
    Point,
    Setting,
    alternate,
    by_hand,
    command,
    kerasfeat,
    profiled,
)

KERAS = "the same network by hand in Keras, read to saved"
BOOSTING = "scikit-learn's gradient boosting on the same parts"
GOAL = 1 / 1.3
# What is profiled: file and function.
PROFILED = {
    "TensorFlow's import": ("kerasfeat/silence.py", "import_tensorflow"),
    "training": ("kerasfeat/experiment/stages.py", "train"),
    "the simple models that it is compared with": (
        "kerasfeat/evaluation/baselines.py",
        "fit_baselines",
    ),
    "the report's text and plots": ("kerasfeat/evaluation/report.py", "write_report"),
    "TensorBoard's images": ("kerasfeat/boards/epochs.py", "write_answers"),
}


def measure(setting: Setting) -> list[Measured]:
    """The rows."""
    data.use_cache(setting)
    return [
        _network(setting, data.MOODS, "mood", "mood", epochs=20),
        _network(setting, data.SPOTIFY, "genre", "playlist_genre", epochs=3),
        _ensemble(setting),
    ]


def _words(table: Path, task: str, label: str, epochs: int, out: Path) -> list[object]:
    network = ["--model", "mood_mlp", "--set", f"epochs={epochs}", "--set", f"patience={epochs}"]
    network += ["--set", "batch_size=64"]
    return kerasfeat("fit", "--task", task, "--data", table, "--label", label, *network,
                     "--out", out)  # fmt: skip


def _network(setting: Setting, name: str, task: str, label: str, epochs: int) -> Measured:
    rows = setting.count(data.TABLES[name], 120)
    table = data.table(setting, name, rows if setting.scale < 1 else None)
    number = 0

    def fit(table: Path = table, size: int = 1) -> Point:
        nonlocal number
        number += 1
        out = setting.work / "fits" / f"{task}-{number}"
        return command(_words(table, task, label, epochs, out), size)

    written = setting.work / "by_hand.keras"
    times = alternate(
        {"ours": fit, KERAS: lambda: command(by_hand("fit", table, label, epochs, written))},
        min(setting.repeats, 2),
        warm=False,
    )
    growth: tuple[Point, ...] = ()
    if name == data.SPOTIFY:  # moods.csv would have to be repeated
        sizes = setting.sizes(data.TABLES[name], 120)
        growth = tuple(fit(data.table(setting, name, size), size) for size in sizes)
    return Measured(
        f"`fit` on {name}, one network",
        f"{rows:,} rows, {epochs} epochs, whole command, twice",
        times["ours"],
        (Against(KERAS, times[KERAS], least=GOAL),),
        bound="beyond the training it scores and reports, which by hand nobody did; "
        + profiled(
            _words(table, task, label, epochs, setting.work / "fits" / f"{task}-profiled"),
            PROFILED,
        ),
        unit="rows" if growth else "",
        growth=growth,
    )


def _ensemble(setting: Setting) -> Measured:
    table = data.table(setting, data.MOODS, setting.count(data.TABLES[data.MOODS], 120))
    out = setting.work / "fits" / "ensemble"
    words = kerasfeat("fit", "--task", "mood", "--data", table, "--out", out)
    times = alternate(
        {
            "ours": lambda: command(words),
            BOOSTING: lambda: command(by_hand("boosting", out, table, "mood")),
        },
        repeats=1,
        warm=False,
    )
    return Measured(
        "`fit` on moods.csv, the default ensemble",
        "whole command, once",
        times["ours"],
        (Against(BOOSTING, times[BOOSTING]),),
    )
