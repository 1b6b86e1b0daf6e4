"""Commands killed at any moment: the same command comes to its end, with the same result.

    python benchmarks/attacks/kills.py --kills 100

A run that was killed must end with the very scores of one that was not, and so must a search, a
table that is brought in, and a description; an export must leave whole versions alone. None leaves
a half-written file. After every other kill the files are dated a year ahead, as if the clock had
been set back since.
"""

import argparse
import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import warm
from harness import Ended, Tally, fit_words, write_songs

A_YEAR_S = 365 * 86_400


@dataclass(frozen=True)
class Target:
    """A command that is killed.

    Attributes:
        name: of what is attacked.
        share: of the kills.
        words: of the command that writes to a folder.
        result: of the command, from that folder and how it ended: the same whenever it is run.
        keeps: whether the folder stays from kill to kill.
    """

    name: str
    share: int
    words: Callable[[Path], list[str]]
    result: Callable[[Path, Ended], object]
    keeps: bool = False


def scores(folder: Path, ended: Ended) -> object:
    """The test scores of a run."""
    return json.loads((folder / "out" / "metrics.json").read_text())["test"]


def best(folder: Path, ended: Ended) -> object:
    """What a search has found."""
    (found,) = (folder / "out").glob("*/best.json")
    return json.loads(found.read_text())["hyperparameters"]


def table(folder: Path, ended: Ended) -> object:
    """The table that was written, and how many files lie beside it."""
    return (folder / "out" / "tracks.csv").read_bytes(), len(list((folder / "out").rglob("*")))


def printed(folder: Path, ended: Ended) -> object:
    """What was printed, without the folder's own name."""
    return ended.out.replace(str(folder), "")


def exported(folder: Path, ended: Ended) -> object:
    """What is no whole version of an export."""
    home = folder / "out" / "mood"
    versions = [path for path in home.iterdir() if path.name.isdecimal()]
    broken = [path.name for path in versions if not (path / "saved_model.pb").is_file()]
    return broken, [path.name for path in home.iterdir() if path not in versions]


def targets(songs: Path, trained: Path, sounds: Path) -> list[Target]:
    """What is killed: commands on a table, on a run, and on a folder of audio."""

    def ensemble(folder: Path) -> list[str]:
        words = fit_words(songs, folder / "out")
        return [*words[: words.index("--members")], "--members", "linear,network", *words[-2:]]

    def tune(folder: Path) -> list[str]:
        small = ["--max-trials", "2", "--set", "epochs=2", "--set", "submodels=1"]
        where = ["--data", str(songs), "--out", str(folder / "out")]
        return ["tune", "--task", "mood", *small, *where]

    def extract(folder: Path) -> list[str]:
        return ["extract", str(sounds), "--inputs", "logmel,spectrogram", "--json"]

    def export(folder: Path) -> list[str]:
        return ["export", str(trained), str(folder / "out"), "--name", "mood"]

    def demo(folder: Path) -> list[str]:
        return ["data", "demo", str(folder / "out"), "--songs", "17"]

    def describe(folder: Path) -> list[str]:
        return ["describe", str(sounds), "--format", "csv"]

    def fit(folder: Path) -> list[str]:
        return fit_words(songs, folder / "out", epochs=4)

    return [
        Target("fit", 30, fit, scores),
        Target("fit of an ensemble", 6, ensemble, scores),
        Target("tune", 8, tune, best),
        Target("extract", 16, extract, printed),
        Target("export", 16, export, exported, keeps=True),
        Target("data demo", 12, demo, table),
        Target("describe", 12, describe, printed),
    ]


def date_ahead(folder: Path) -> None:
    """Give all files of a folder a time that a clock which was set back has not reached."""
    ahead = time.time() + A_YEAR_S
    for path in folder.rglob("*"):
        os.utime(path, (ahead, ahead), follow_symlinks=False)


def run(target: Target, folder: Path) -> Ended:
    """Run a command; its cache lies in its folder."""
    return warm.run(target.words(folder), KERASFEAT_CACHE=str(folder / "cache"))


def killed(target: Target, folder: Path, after_s: float) -> bool:
    """Run a command and kill it after a time; whether it was still at work."""
    command = warm.Command(target.words(folder), KERASFEAT_CACHE=str(folder / "cache"))
    time.sleep(after_s)
    was_at_work = command.is_at_work
    command.kill()
    command.wait()
    return was_at_work


def fault_of(target: Target, folder: Path, wanted: object) -> str:
    """What is wrong with a killed command when it is run again."""
    ended = run(target, folder)
    if ended.fault or ended.code:
        return ended.fault or ended.err.strip().splitlines()[-1]
    if target.result(folder, ended) != wanted:
        return "another result than without a kill"
    left = [path.name for path in (*folder.rglob("*.partial"), *folder.glob("out/work"))]
    return f"left {left}" if left else ""


def attack(target: Target, kills: int, home: Path, draw: random.Random, tally: Tally) -> None:
    """Kill a command some times."""
    folder = home / target.name
    folder.mkdir()
    begun = time.monotonic()
    ended = run(target, folder)
    assert ended.code == 0, ended.err
    whole_s, wanted, done = time.monotonic() - begun, target.result(folder, ended), 0
    while done < kills:
        if not target.keeps:
            shutil.rmtree(folder)
            folder.mkdir()
        after_s = draw.uniform(0.02, 1) * whole_s
        if killed(target, folder, after_s):
            done += 1
            ahead = done % 2 == 0
            if ahead:
                date_ahead(folder)
            title = f"{target.name} after {after_s:.1f} s{', files dated ahead' * ahead}"
            tally.add(title, fault_of(target, folder, wanted))
    print(f"  {target.name}: {kills} kills", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="what is attacked; all by default")
    options = parser.parse_args()
    draw, tally = random.Random(options.seed), Tally("kills")
    warm.warm_up()
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        songs, trained, sounds = write_songs(home / "songs.csv"), home / "run", home / "sounds"
        for words in (
            fit_words(songs, trained),
            ["data", "demo", str(sounds), "--songs", "17"],
        ):
            assert warm.run(words).code == 0
        for target in targets(songs, trained, sounds):
            if options.only in target.name:
                kills = max(1, round(options.kills * target.share / 100))
                attack(target, kills, home, draw, tally)
    tally.finish()


if __name__ == "__main__":
    main()
