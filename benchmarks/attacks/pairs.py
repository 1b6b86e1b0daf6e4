"""Two processes at once in one place: either both come to the right end, or one works while the
other says so.

    python benchmarks/attacks/pairs.py --pairs 40
"""

import argparse
import json
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import warm
from harness import Ended, Tally, fit_words, write_songs

Both = tuple[Ended, Ended]
BUSY = ("another process is at work", "another process is writing", "is being written")


@dataclass(frozen=True)
class Pair:
    """Two commands that are started together.

    Attributes:
        name: of what is attacked.
        words: of the two, which write to a folder.
        fault: what is wrong with what is there then, "" where nothing is.
        may_refuse: whether one of them may say that the other is at work.
    """

    name: str
    words: Callable[[Path], tuple[list[str], list[str]]]
    fault: Callable[[Path, Both], str]
    may_refuse: bool = True


def exported(*names: str) -> Callable[[Path, Both], str]:
    """What is wrong with two exports at once."""

    def fault(folder: Path, ended: Both) -> str:
        exports = folder / "out"
        text = (exports / "models.config").read_text()
        lost = [name for name in names if f'name: "{name}"' not in text]
        wanted = {name: names.count(name) for name in names}
        there = {
            name: sum(path.name.isdecimal() for path in (exports / name).iterdir())
            for name in names
        }
        return f"lost {lost}" if lost else f"has {there}" if there != wanted else ""

    return fault


def has(file: str) -> Callable[[Path, Both], str]:
    """That a file is there."""
    return lambda folder, ended: "" if list((folder / "out").glob(file)) else f"no {file}"


def said_alike(folder: Path, ended: Both) -> str:
    """That both print the same."""
    return "" if ended[0].out == ended[1].out else "the two print different results"


def extracted(songs: int) -> Callable[[Path, Both], str]:
    """That both say that every song was extracted."""

    def fault(folder: Path, ended: Both) -> str:
        counts = [json.loads(each.out)["songs"] for each in ended]
        return "" if counts == [songs, songs] else f"{counts} songs of {songs}"

    return fault


def pairs(songs: Path, trained: Path, sounds: Path) -> list[Pair]:
    """What is run twice at once."""

    def twice(*words: str) -> Callable[[Path], tuple[list[str], list[str]]]:
        def both(folder: Path) -> tuple[list[str], list[str]]:
            one = [word.format(out=folder / "out") for word in words]
            return one, one

        return both

    def exports(one: str, other: str) -> Pair:
        def words(folder: Path) -> tuple[list[str], list[str]]:
            start = ["export", str(trained), str(folder / "out"), "--name"]
            return [*start, one], [*start, other]

        return Pair(f"export of {one} and {other}", words, exported(one, other), may_refuse=False)

    tune = ["tune", "--task", "mood", "--data", str(songs), "--max-trials", "2"]
    small = ["--set", "epochs=1", "--set", "submodels=1"]
    return [
        exports("one", "other"),
        exports("mood", "mood"),
        Pair("fit", twice(*fit_words(songs, Path("{out}"))), has("report.html")),
        Pair("tune", twice(*tune, *small, "--out", "{out}"), has("*/best.json")),
        Pair(
            "extract",
            twice("extract", str(sounds), "--inputs", "logmel,spectrogram", "--json"),
            extracted(17),
            may_refuse=False,
        ),
        Pair(
            "describe",
            twice("describe", str(sounds), "--format", "csv"),
            said_alike,
            may_refuse=False,
        ),
        Pair("data demo", twice("data", "demo", "{out}", "--songs", "17"), has("tracks.csv")),
    ]


def fault_of(pair: Pair, folder: Path, apart_s: float) -> str:
    """What is wrong with how two commands end, of which the second starts a moment later."""
    cache = {"KERASFEAT_CACHE": str(folder / "cache")}
    one, other = pair.words(folder)
    first = warm.Command(one, **cache)
    time.sleep(apart_s)
    second = warm.Command(other, **cache)
    ended = first.wait(), second.wait()
    faults = [each.fault for each in ended if each.fault]
    refused = [each for each in ended if each.code]
    if faults or len(refused) > pair.may_refuse:
        return "; ".join(faults) or "; ".join(each.err[-200:] for each in refused)
    if refused and not any(words in refused[0].err for words in BUSY):
        return refused[0].err[-200:]
    return pair.fault(folder, ended)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="what is attacked; all by default")
    options, tally = parser.parse_args(), Tally("pairs of processes")
    draw = random.Random(options.seed)
    warm.warm_up()
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        songs, trained, sounds = write_songs(home / "songs.csv"), home / "run", home / "sounds"
        for words in (fit_words(songs, trained), ["data", "demo", str(sounds), "--songs", "17"]):
            ended = warm.run(words)
            assert ended.code == 0, ended.err
        attacked = [pair for pair in pairs(songs, trained, sounds) if options.only in pair.name]
        while tally.tried < options.pairs:
            pair, folder = attacked[tally.tried % len(attacked)], home / "both"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            tally.add(pair.name, fault_of(pair, folder, draw.choice((0, 0, 0.2, 1))))
    tally.finish()


if __name__ == "__main__":
    main()
