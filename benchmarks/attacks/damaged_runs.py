"""Finished runs of which a file is missing or damaged, under every command that takes a run.

    python benchmarks/attacks/damaged_runs.py --most 300

Survived is a result, or one message that names the file. Commands run in this process, one after
the other.
"""

import argparse
import contextlib
import io
import itertools
import json
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from harness import Tally, fit_words, run, write_songs

from hub_models import HubError
from kerasfeat import KerasfeatError
from kerasfeat.cli import cli

Damage = Callable[[Path], None]


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _zeros(path: Path) -> None:
    content = path.read_bytes()
    third = len(content) // 3
    path.write_bytes(content[:third] + bytes(third) + content[2 * third :])


def _noise(path: Path) -> None:
    path.write_bytes(random.Random(path.name).randbytes(path.stat().st_size))


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: dict[str, Damage] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "cut in half": _half,
    "zeros inside": _zeros,
    "noise": _noise,
    "a list": lambda path: path.write_text("[]\n"),
    "another table": lambda path: path.write_text("a,b\n1,2\n"),
    "a folder": _folder,
}


def _changed(key: str, value: object) -> Damage:
    """What changes a key of a JSON file, or takes it away where the value is None."""

    def change(path: Path) -> None:
        content = json.loads(path.read_text())
        content.pop(key)
        path.write_text(json.dumps(content if value is None else {**content, key: value}))

    return change


def cases(whole: Path) -> Iterator[tuple[str, str, Damage]]:
    """(File of a run, what is wrong with it, what makes it so)."""
    tables = ["predictions.csv", "splits.csv", "history.csv"]
    files = ["run.json", "metrics.json", "model.keras", "neighbours.npz", *tables]
    for file in files:
        for name, damage in DAMAGES.items():
            yield file, name, damage
    for file in ("run.json", "metrics.json"):
        for key in json.loads((whole / file).read_text()):
            yield file, f"without {key}", _changed(key, None)
            yield file, f"{key} is 7", _changed(key, 7)


def fault_of(words: list[str], file: str) -> str:
    """Why a command on a damaged run did not survive; "" where it did."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            cli.main(words, standalone_mode=False)
    except (KerasfeatError, HubError) as error:
        return "" if Path(file).name in str(error) else f"does not name {file}: {error}"
    except click.ClickException as error:
        return f"usage: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=300)
    most = parser.parse_args().most
    tally = Tally("damaged runs")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        table, whole, other = write_songs(folder / "songs.csv"), folder / "whole", folder / "other"
        new = write_songs(folder / "new.csv", songs=31)
        for out in (whole, other):
            assert run(*fit_words(table, out)).code == 0
        copy = str(folder / "damaged")
        commands = [
            ["evaluate", copy],
            ["predict", copy, str(new)],
            ["compare", str(other), copy],
            ["evaluate", copy, "--data", str(new)],
            ["predict", copy, str(new), "--html", str(folder / "songs.html")],
            ["combine", str(other), copy, "--out", str(folder / "combined")],
            ["export", copy, str(folder / "exports"), "--name", "mood"],
        ]
        pairs = list(itertools.product(cases(whole), commands))
        random.Random(5).shuffle(pairs)
        for (file, name, damage), words in pairs[:most]:
            shutil.rmtree(copy, ignore_errors=True)
            shutil.rmtree(folder / "combined", ignore_errors=True)
            shutil.copytree(whole, copy)
            damage(Path(copy) / file)
            tally.add(f"{words[0]} {' '.join(words[3:4])}: {file}, {name}", fault_of(words, file))
    tally.finish()


if __name__ == "__main__":
    main()
