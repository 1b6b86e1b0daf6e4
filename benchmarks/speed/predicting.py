"""`predict`: one clip from cold, many clips, and many rows."""

import os
import shutil
from pathlib import Path

from benchmarks.speed import data
from benchmarks.speed.measured import (
    CACHE,
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

TENSORFLOW = "`python -c 'import tensorflow'`"
LOOP = "librosa and `model.predict`, clip by clip"
WHOLE = "pandas, `model.predict` on all rows, and `to_csv`"
PIECE_S = 3.0
# What is profiled: file and function.
PROFILED = {
    "TensorFlow's import": ("kerasfeat/silence.py", "import_tensorflow"),
    "reading the table": ("kerasfeat/songs/loading.py", "load_songs"),
    "the network": ("kerasfeat/pipeline/batches.py", "predict_windows"),
    "making its rows": ("kerasfeat/inference/predicting.py", "records"),
}


def measure(setting: Setting) -> list[Measured]:
    """The rows."""
    data.use_cache(setting)
    clips = data.pieces(setting, setting.count(1000, 16), PIECE_S)
    heard = data.labelled(setting, clips[:: max(1, len(clips) // 96)], "pieces")
    own = setting.work / "runs"
    short = ["--set", "epochs=1"]
    listener, reader = own / "listener", own / "reader"
    if not (listener / "report.html").exists():
        command(kerasfeat("fit", "--task", "mood", "--data", heard, "--inputs", "logmel", "--model",
                          "convolutional", "--set", f"clip_s={PIECE_S:g}", *short,
                          "--out", listener))  # fmt: skip
    few = data.table(setting, data.SPOTIFY, setting.count(4000, 120))
    if not (reader / "report.html").exists():
        command(kerasfeat("fit", "--task", "genre", "--data", few, "--label", "playlist_genre",
                          "--model", "tabular", *short, "--out", reader))  # fmt: skip
    return [
        _cold(setting, listener, clips[0]),
        _clips(setting, listener, clips),
        _rows(setting, reader),
    ]


def _cold(setting: Setting, run: Path, clip: Path) -> Measured:
    times = alternate(
        {
            "ours": lambda: _predict_afresh(run, clip),
            TENSORFLOW: lambda: command(["-c", "import tensorflow"]),
        },
        setting.repeats,
    )
    return Measured(
        "`predict` of one clip, from cold",
        f"{PIECE_S:g} s of MP3, a new process",
        times["ours"],
        (Against(TENSORFLOW, times[TENSORFLOW], most_beyond_s=3.0),),
    )


def _predict_afresh(run: Path, *paths: Path, size: int = 1) -> Point:
    """Predict with nothing of the songs in the cache."""
    shutil.rmtree(Path(os.environ[CACHE]) / "store", ignore_errors=True)
    return command(kerasfeat("predict", run, *paths, "--format", "csv"), size)


def _clips(setting: Setting, run: Path, clips: list[Path]) -> Measured:
    folder = clips[0].parent
    times = alternate(
        {
            "ours": lambda: _predict_afresh(run, folder),
            LOOP: lambda: command(by_hand("clips", run, folder)),
        },
        repeats=1,
        warm=False,
    )
    sizes = setting.sizes(1000 // 16 * 16)
    growth = tuple(_predict_afresh(run, *clips[:size], size=size) for size in sizes)
    return Measured(
        "`predict` of many clips",
        f"{len(clips):,} clips of {PIECE_S:g} s of MP3, whole command, once",
        times["ours"],
        (Against(LOOP, times[LOOP], least=3.0),),
        unit="clips",
        growth=growth,
    )


def _rows(setting: Setting, run: Path) -> Measured:
    rows = setting.count(200_000, 200)
    table, out = data.table(setting, data.SPOTIFY, rows), setting.work / "answers.csv"
    times = alternate(
        {
            "ours": lambda: command(kerasfeat("predict", run, table, "--format", "csv")),
            WHOLE: lambda: command(by_hand("rows", run, table, out)),
        },
        min(setting.repeats, 2),
        warm=False,
    )
    growth = tuple(
        command(
            kerasfeat("predict", run, data.table(setting, data.SPOTIFY, size), "--format", "csv"),
            size,
        )
        for size in setting.sizes(200_000, 200)
    )
    return Measured(
        "`predict` of many rows",
        f"{rows:,} rows of CSV, whole command, twice",
        times["ours"],
        (Against(WHOLE, times[WHOLE], least=3.0),),
        bound="both import TensorFlow and run the network, and it reads a table of any columns, "
        "with its problems; "
        + profiled(kerasfeat("predict", run, table, "--format", "csv"), PROFILED),
        unit="rows",
        growth=growth,
    )
