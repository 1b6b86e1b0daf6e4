"""Another package's members: installed by their entry points, listed, and used.

They are those of docs/extending, under names that nobody has who copies these files.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("arousal", "stretches", "shallow", "smallnet", "danceability-mlp", "labelled-files")


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    """The folder that the plug-in package is installed in; its modules are docs/extending's."""
    source = tmp_path_factory.mktemp("source")
    shutil.copytree(ROOT / "tests" / "plugin_package", source, dirs_exist_ok=True)
    package = source / "kerasfeat_example"
    package.mkdir()
    (package / "__init__.py").touch()
    for file in (ROOT / "docs" / "extending").glob("*.py"):
        code = file.read_text(encoding="utf-8")
        for name in NAMES:
            code = code.replace(name, f"other_{name}")
        (package / file.name).write_text(code, encoding="utf-8")
    target = tmp_path_factory.mktemp("target")
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation"]
    command += ["--no-index", "--quiet", "--target", target, source]
    subprocess.run(command, check=True, capture_output=True)
    return target


@pytest.fixture
def run(plugin, tmp_path):
    """Function that runs `kerasfeat` with the plug-in, and gives what has ended."""

    def command(*words, also=()):
        path = os.pathsep.join(map(str, [ROOT, plugin, *also]))
        return subprocess.run(
            [sys.executable, "-m", "kerasfeat", *map(str, words)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
        )

    return command


def names(listing):
    assert listing.returncode == 0, listing.stderr
    return {row["name"] for row in json.loads(listing.stdout)}


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("tasks", {"other_arousal", "mood"}),
        ("models", {"other_shallow", "tabular"}),
        ("inputs", {"other_stretches", "other_smallnet", "other_smallnet_patches", "logmel"}),
        ("recipes", {"other_danceability-mlp", "mood-mlp"}),
    ],
)
def test_its_members_are_listed_beside_the_projects_own(run, what, expected):
    assert expected <= names(run("list", what, "--json"))


def test_its_source_and_backbone_are_commands_and_choices(run):
    help_text = run("data", "other_labelled-files", "--help").stdout
    assert "Audio files with labels.tsv" in help_text and "CC BY 4.0" in help_text
    assert names(run("hub", "list", "--json")) >= {"other_smallnet", "vggish", "yamnet"}


def test_a_model_is_trained_with_its_task_and_trunk(run, tmp_path):
    rng = np.random.default_rng(5)
    with (tmp_path / "songs.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["track_id", "artist", "energy", "tempo", "other_arousal"])
        for number, energy in enumerate(rng.uniform(0, 1, 60)):
            song = [f"s{number}", f"a{number}", round(energy, 3), 90 + number]
            writer.writerow([*song, round(1 + 8 * energy, 2)])
    words = [
        "fit",
        "--members",
        "network",
        "--task",
        "other_arousal",
        "--model",
        "other_shallow",
        "--data",
        tmp_path / "songs.csv",
    ]
    done = run(*words, "--set", "epochs=3", "--set", "units=8", "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    state = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert (state["task"], state["model"]) == ("other_arousal", "other_shallow")
    assert json.loads((tmp_path / "run" / "metrics.json").read_text(encoding="utf-8"))


def installed(folder, name, group, module, code):
    """A package of one module and one entry point, as an installer leaves it."""
    (folder / f"{module}.py").write_text(code, encoding="utf-8")
    info = folder / f"{name}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[{group}]\nown = {module}\n")


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("import a_package_that_nobody_has", "No module named 'a_package_that_nobody_has'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("NAME = 'no task'", "broken_task has no TASK, a Task or a tuple of them"),
        ("TASK = 'mood'", "broken_task has no TASK, a Task or a tuple of them"),
    ],
)
def test_a_plugin_that_fails_is_told_with_its_name_and_the_others_work(run, tmp_path, code, cause):
    installed(tmp_path, "broken", "kerasfeat.tasks", "broken_task", code)
    listing = run("list", "tasks", "--json", also=[tmp_path])
    assert {"other_arousal", "mood"} <= names(listing)
    (line,) = [line for line in listing.stderr.splitlines() if "plug-in" in line]
    assert "plug-in 'broken' (own = broken_task) can't be loaded" in line and cause in line


def test_two_members_of_one_name_are_an_error_that_says_where_both_are(run, tmp_path):
    code = (ROOT / "kerasfeat" / "tasks" / "mood.py").read_text(encoding="utf-8")
    installed(tmp_path, "twice", "kerasfeat.tasks", "other_mood", code)
    ended = run("list", "tasks", also=[tmp_path])
    assert ended.returncode == 1 and "Traceback" not in ended.stderr
    assert "two tasks are called 'mood': one of kerasfeat.tasks.mood" in ended.stderr
    assert "one of plug-in 'twice' (own = other_mood)" in ended.stderr
