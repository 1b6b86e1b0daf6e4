"""What every command shares: results as one JSON document, and details on request."""

import json
import os
import pty
import subprocess
import sys

import click
import pytest

from kerasfeat.cli import cli

# The first two run until they are stopped, the last gives a shell its words.
WITHOUT_RESULT = {"serve", "tensorboard", "completion"}


def commands(group=cli, before=()):
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        yield from (
            commands(found, (*before, name))
            if isinstance(found, click.Group)
            else [((*before, name), found)]
        )


def document(ended):
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def test_every_command_takes_the_same_two_options():
    for names, command in commands():
        options = {option for param in command.params for option in param.opts}
        assert {"-v", "--verbose"} <= options, names
        assert ("--json" in options) == (names[0] not in WITHOUT_RESULT), names


def test_listings(kerasfeat):
    for what in ("tasks", "models", "inputs", "recipes"):
        rows = document(kerasfeat("list", what, "--json"))
        assert [row["name"] for row in rows] == [
            line.split()[0] for line in kerasfeat("list", what).out.splitlines()[1:]
        ]
    (mood,) = (
        row for row in document(kerasfeat("list", "tasks", "--json")) if row["name"] == "mood"
    )
    assert mood["targets"] == ["mood"]
    paths = {row["name"]: row["path"] for row in document(kerasfeat("hub", "list", "--json"))}
    assert {"yamnet", "vggish"} <= set(paths) and set(paths.values()) == {None}


def test_results_on_a_run(kerasfeat, run, songs):
    metrics = json.loads((run / "metrics.json").read_text())
    assert document(kerasfeat("evaluate", run.path, "--json"))["test"] == metrics["test"]
    for words in (["predict", run.path, songs / "tracks.csv"], ["compare", run.path, run.path]):
        assert document(kerasfeat(*words, "--json")) == document(
            kerasfeat(*words, "--format", "json")
        )


def test_results_on_tables(kerasfeat, songs, tmp_path):
    assert document(kerasfeat("data", "check", songs, "--no-audio", "--json"))["rows"] == 70
    card = document(
        kerasfeat("data", "card", songs, "--no-audio", "--out", tmp_path / "card.html", "--json")
    )
    assert card == {"card": str(tmp_path / "card.html")} and (tmp_path / "card.html").is_file()
    drawn = document(
        kerasfeat("data", "sample", songs, tmp_path / "few", "--by", "mood", "--each", 2, "--json")
    )
    assert drawn["songs"] == 8 and set(drawn["drawn"].values()) == {2}
    joined = document(
        kerasfeat("data", "join", songs, tmp_path / "few", tmp_path / "both", "--json")
    )
    assert joined["songs"] == 70 and sum(joined["found_by"].values()) == 70
    source = document(kerasfeat("data", "csv", songs / "tracks.csv", tmp_path / "own", "--json"))
    assert source == {"out": str(tmp_path / "own"), "source": "csv", "songs": 70}
    assert document(kerasfeat("data", "demo", tmp_path / "demo", "--songs", 3, "--json"))[
        "out"
    ] == str(tmp_path / "demo")
    found = document(kerasfeat("extract", tmp_path / "demo", "--inputs", "logmel", "--json"))
    assert (
        found["songs"] == 3
        and found["failures"] == {}
        and os.environ["KERASFEAT_CACHE"] in found["folders"]["logmel"]
    )


def test_fit_prints_its_figures_alone_and_tells_details_beside_them(kerasfeat, songs, tmp_path):
    small = ["--inputs", "features", "--set", "epochs=1", "--set", "units=8", "--set", "blocks=1"]
    ended = kerasfeat(
        "-v",
        "fit",
        "--members",
        "network",
        "--task",
        "mood",
        "--data",
        songs,
        *small,
        "--out",
        tmp_path / "run",
        "--json",
    )
    found = document(ended)
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert found == {
        "run": str(tmp_path / "run"),
        "report": str(tmp_path / "run" / "report.html"),
        **metrics,
    }
    for told in (
        "TensorFlow 2.",
        "keras ",
        "  learning_rate=0.002",
        "features_encoder",
        "Total params",
        "training: ",
        " s\n",
    ):
        assert told in ended.err
    assert "\x1b" not in ended.err and "\x1b" not in ended.out


def test_details_only_on_request_and_where_an_error_comes_from(kerasfeat, run, songs):
    quiet = kerasfeat("predict", run.path, songs / "tracks.csv")
    told = kerasfeat("predict", run.path, songs / "tracks.csv", "-v")
    assert (
        quiet.out == told.out
        and "from the cache in" in told.err
        and "from the cache in" not in quiet.err
    )
    wrong = kerasfeat("-v", "evaluate", "nowhere")
    assert (
        wrong.code == 1
        and "Traceback" in wrong.err
        and wrong.err.splitlines()[-1].startswith("kerasfeat: nowhere is not a run")
    )
    assert "Traceback" not in kerasfeat("evaluate", "nowhere").err


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo terminal")
@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_terminals_show_colours_unless_told_not_to(environment, coloured):
    ours, theirs = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    words = [sys.executable, "-m", "kerasfeat", "evaluate", "nowhere"]
    subprocess.run(
        words,
        env=plain | {"TERM": "xterm-256color"} | environment,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    said = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "nowhere is not a run" in said and ("\x1b[31m" in said) == coloured


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_every_letter_is_json_whatever_the_console_knows(encoding):
    record = {"title": "Party 🎉 曲 é"}
    code = f"""
import sys
from kerasfeat.cli import _options
sys.stdout.reconfigure(errors="backslashreplace")
_options.print_json({record!r})
_options.print_json({record!r}, indent=None)
"""
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, check=True
    )
    text = done.stdout.decode(encoding)
    document, line = text[: text.index("}") + 1], text.splitlines()[-1]
    assert json.loads(document) == json.loads(line) == record
    assert ("🎉" in text) == (encoding == "utf-8")


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo terminal")
def test_brackets_in_names_are_shown_on_terminals():
    rows = [["Intro [/skit]", "7"], ["Song [live].wav", ""]]
    code = (
        "from kerasfeat.cli._summary import print_table; print_table(['song [take 2]', 'n'], "
        f"{rows})"
    )
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TERM": "xterm"},
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    assert done.returncode == 0, done.stderr
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert all(name in shown for name in ("song [take 2]", "Intro [/skit]", "Song [live].wav"))
