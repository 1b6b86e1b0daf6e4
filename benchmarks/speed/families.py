"""Families of rows: measured, kept in a file each, and read again.

    python -m benchmarks.speed.families FAMILY FILE DATA WORK SCALE REPEATS

measures one, in a process of its own.
"""

import importlib
import json
import sys
import time
from pathlib import Path

from benchmarks.speed.machine import machine, others_share, versions
from benchmarks.speed.measured import Measured, Setting
from benchmarks.speed.page import Family
from kerasfeat.progress import be_quiet


def measure(family: str, setting: Setting, kept: Path) -> None:
    """Measure the rows of a family, and keep them."""
    be_quiet(True)
    others = others_share()
    start = time.perf_counter()
    rows = importlib.import_module(f"benchmarks.speed.{family}").measure(setting)
    content = {
        "on": machine(),
        "versions": versions(),
        "songs": "real recordings and tables" if setting.is_real else "synthesised",
        "repeats": setting.repeats,
        "scale": setting.scale,
        "others": others,
        "seconds": round(time.perf_counter() - start),
        "rows": [row.to_json() for row in rows],
    }
    temporary = kept.with_suffix(".partial")
    temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
    temporary.replace(kept)


def read(kept: Path) -> Family:
    """What was kept of a family."""
    content = json.loads(kept.read_text(encoding="utf-8"))
    rows = tuple(map(Measured.from_json, content["rows"]))
    return Family(
        on=content["on"],
        versions=content["versions"],
        songs=content["songs"],
        repeats=content["repeats"],
        scale=content["scale"],
        others=content["others"],
        rows=rows,
    )


if __name__ == "__main__":
    name, file, data, work, scale, repeats = sys.argv[1:]
    measure(name, Setting(Path(data), Path(work), float(scale), int(repeats)), Path(file))
