"""Two processes at once in one place: both exports are there, and of two `fit`s one works while the
other says so.

    python benchmarks/attacks/pairs.py --pairs 40
"""

import argparse
import shutil
import tempfile
from pathlib import Path

from harness import Ended, Tally, fit_words, run, start, wait, write_songs


def both(first: list[str], second: list[str]) -> tuple[Ended, Ended]:
    """How two commands end that are started together."""
    processes = [start(*words) for words in (first, second)]
    one, other = (wait(process, timeout_s=900) for process in processes)
    return one, other


def export_fault(ended: tuple[Ended, Ended], exports: Path, names: tuple[str, str]) -> str:
    """What is wrong with two exports at once."""
    if any(each.code != 0 for each in ended):
        return "; ".join(
            each.fault or f"exit code {each.code}: {each.err[-200:]}" for each in ended
        )
    text = (exports / "models.config").read_text()
    lost = [name for name in names if f'name: "{name}"' not in text]
    wanted = {name: names.count(name) for name in names}
    there = {
        name: sum(path.name.isdecimal() for path in (exports / name).iterdir()) for name in names
    }
    return f"lost {lost}" if lost else f"has {there}" if there != wanted else ""


def fit_fault(ended: tuple[Ended, Ended], out: Path) -> str:
    """What is wrong with two `fit`s at once into one directory."""
    faults = [each.fault for each in ended if each.fault]
    refused = [each for each in ended if each.code]
    if faults or len(refused) > 1:
        return "; ".join(faults) or "both failed"
    if refused and "another process is at work" not in refused[0].err:
        return refused[0].err[-200:]
    return "" if (out / "report.html").is_file() else "no report"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=40)
    most, tally = parser.parse_args().pairs, Tally("pairs of processes")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        table, trained = write_songs(folder / "songs.csv"), folder / "run"
        assert run(*fit_words(table, trained)).code == 0
        while tally.tried < most:
            exports, out = folder / "exports", folder / "both"
            for path in (exports, out):
                shutil.rmtree(path, ignore_errors=True)
            names = ("mood", "mood") if tally.tried % 4 == 0 else ("one", "other")
            one, other = (["export", str(trained), str(exports), "--name", name] for name in names)
            tally.add(f"export of {names}", export_fault(both(one, other), exports, names))
            words = fit_words(table, out)
            tally.add("fit into one directory", fit_fault(both(words, words), out))
    tally.finish()


if __name__ == "__main__":
    main()
