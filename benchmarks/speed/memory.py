"""Whether memory stays flat: commands on 1, 4, and 16 times the songs."""

import shutil
from pathlib import Path

from benchmarks.speed import data
from benchmarks.speed.measured import Measured, Point, Setting, command, kerasfeat


def measure(setting: Setting) -> list[Measured]:
    """The rows; each command begins with nothing in its cache."""
    data.use_cache(setting)
    run = setting.work / "runs" / "short"
    sizes = setting.sizes(1280, 16)
    folders = {size: data.noises(setting.work / "noises" / str(size), size) for size in sizes}
    if not (run / "report.html").exists():
        few = data.labelled(setting, sorted(folders[sizes[1]].rglob("*.wav")), "noises")
        command(kerasfeat("fit", "--task", "mood", "--data", few, "--inputs", "logmel", "--model",
                          "convolutional", "--set", "clip_s=1", "--set", "epochs=1",
                          "--out", run))  # fmt: skip
    commands = {
        "`extract`": ("extract",),
        "`describe`, what is measured": ("describe", "--format", "jsonl"),
        "`predict` of files": ("predict", run, "--format", "jsonl"),
    }
    return [
        Measured(
            name,
            "WAV files of 0.2 to 0.6 s, whole command",
            unit="files",
            growth=tuple(_used(setting, words, folders[size], size) for size in sizes),
        )
        for name, words in commands.items()
    ]


def _used(setting: Setting, words: tuple[object, ...], folder: Path, size: int) -> Point:
    cache = setting.work / "empty"
    shutil.rmtree(cache, ignore_errors=True)
    return command(kerasfeat(*words, folder), size, KERASFEAT_CACHE=str(cache))
