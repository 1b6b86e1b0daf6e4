"""`fit` and `export` killed at any moment: the same command comes to its end, with the same result.

    python benchmarks/attacks/kills.py --kills 100

A run that was killed must end with the very scores of one that was not; an export must leave
whole versions alone, and no leftovers.
"""

import argparse
import json
import random
import shutil
import tempfile
import time
from pathlib import Path

from harness import Tally, fit_words, run, start, wait, write_songs

EPOCHS = 6


def killed(words: list[str], after_s: float) -> bool:
    """Run a command and kill it after a time; whether it was still at work."""
    process = start(*words)
    time.sleep(after_s)
    was_at_work = process.poll() is None
    process.kill()
    wait(process)
    return was_at_work


def scores(run_dir: Path) -> object:
    """The test scores of a run."""
    return json.loads((run_dir / "metrics.json").read_text())["test"]


def fit_fault(words: list[str], out: Path, wanted: object) -> str:
    """What is wrong with a killed `fit` when it is run again."""
    ended = run(*words, timeout_s=900)
    if ended.fault or ended.code:
        return ended.fault or ended.err.strip().splitlines()[-1]
    if scores(out) != wanted:
        return "other scores than without a kill"
    left = [path.name for path in (*out.rglob("*.partial"), *out.glob("work"))]
    return f"left {left}" if left else ""


def export_fault(words: list[str], home: Path) -> str:
    """What is wrong with a killed `export` when it is run again."""
    ended = run(*words, timeout_s=900)
    if ended.fault or ended.code:
        return ended.fault or ended.err.strip().splitlines()[-1]
    versions = [path for path in home.iterdir() if path.name.isdecimal()]
    if not all((path / "saved_model.pb").is_file() for path in versions):
        return "a version is not whole"
    left = [path.name for path in home.iterdir() if path not in versions]
    return f"left {left}" if left else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    draw, tally = random.Random(options.seed), Tally("kills")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        table, whole, exports = write_songs(folder / "songs.csv"), folder / "whole", folder / "out"
        begun = time.monotonic()
        assert run(*fit_words(table, whole, EPOCHS)).code == 0
        fit_s, begun = time.monotonic() - begun, time.monotonic()
        export = ["export", str(whole), str(exports), "--name", "mood"]
        assert run(*export).code == 0
        export_s = time.monotonic() - begun
        while tally.tried < options.kills:
            out = folder / "killed"
            shutil.rmtree(out, ignore_errors=True)
            words, after_s = fit_words(table, out, EPOCHS), draw.uniform(0.1, 1) * fit_s
            if killed(words, after_s):
                tally.add(f"fit after {after_s:.1f} s", fit_fault(words, out, scores(whole)))
            after_s = draw.uniform(0.3, 1) * export_s
            if tally.tried % 4 == 0 and killed(export, after_s):
                tally.add(f"export after {after_s:.1f} s", export_fault(export, exports / "mood"))
    tally.finish()


if __name__ == "__main__":
    main()
