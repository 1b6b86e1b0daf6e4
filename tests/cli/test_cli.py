import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from kerasfeat.audio.decode import audio_files

COMMANDS = ["data", "evaluate", "extract", "fit", "list", "predict"]
TABULAR = ["--inputs", "features", "--set", "epochs=3", "--set", "units=16", "--set", "blocks=1"]


def test_help_lists_every_command_and_answers_without_a_terminal():
    done = subprocess.run(
        [sys.executable, "-m", "kerasfeat", "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stderr == ""
    listed = re.findall(r"^  (\w+) ", done.stdout.split("Commands:")[1], re.MULTILINE)
    assert set(COMMANDS) <= set(listed)
    assert "kerasfeat fit --task mood" in done.stdout


def test_fit_explains_every_kind_of_member(kerasfeat):
    told = " ".join(kerasfeat("fit", "--help").out.split())
    assert "Kinds of models in the ensemble, out of linear, trees, support_vectors, network" in told


@pytest.mark.parametrize("name", [*COMMANDS, "data demo", "data check"])
def test_every_command_explains_itself(kerasfeat, name):
    ended = kerasfeat(*name.split(), "-h")
    assert ended.code == 0 and ended.err == ""
    assert len(ended.out.splitlines()) > 5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "moood",
            r"No such command 'moood'.*Known: combine, compare, completion, data, describe, "
            "evaluate, export, "
            r"extract, fit, hub, list, predict",
        ),
        ("fit --tsk mood", r"No such option:? '?--tsk'?.*--task"),
        (
            "fit",
            r"say what to predict with --task: one of .*genre, .*mood, .*valence",
        ),
        ("fit --task mood --set epochs", r"'epochs' is not name=value"),
        ("fit --task mood --folds 1", r"--folds.*1 is not in the range"),
        ("fit --task mood --bag 1", r"--bag.*1 is not in the range"),
        ("fit --task mood --seed -1", r"--seed.*-1 is not in the range"),
        ("tune --task mood --seed -1", r"--seed.*-1 is not in the range"),
        ("data demo there --seed 99999999999", r"--seed.*99999999999 is not in the range"),
        ("combine one two --by means", r"'means' is not one of 'mean', 'vote', 'stack'"),
        ("fit --task mood --split random", r"'random' is not one of 'artist', 'table'"),
        ("list songs", r"'songs' is not one of 'tasks', 'models', 'inputs', 'recipes'"),
        ("predict nowhere", r"Missing argument 'PATH...'"),
        (
            "predict nowhere song.wav --format xml",
            r"'xml' is not one of 'table', 'csv', 'json', 'jsonl'",
        ),
        (
            "predict nowhere song.wav --out rows --format csv",
            r"--out takes the place of stdout and writes Parquet.*leave out --format and --spread",
        ),
        ("describe song.wav --out rows --format jsonl", r"leave out --format and --spreadsheet"),
        ("describe song.wav --out rows --spreadsheet", r"leave out --format and --spreadsheet"),
        ("describe song.wav --json --format csv", r"--json and --format csv are two forms"),
        ("compare one two --json --format markdown", r"--json and --format markdown are two"),
        ("predict nowhere song.wav --json --spreadsheet", r"--spreadsheet belongs to --format"),
        ("describe song.wav --format html --spreadsheet", r"--spreadsheet belongs to --format"),
        ("data demo there --songs many", r"'many' is not a valid integer"),
        (
            "tune",
            r"say what to predict with --task: one of .*genre, .*mood, .*valence",
        ),
        ("tune --task mood --max-trials 0", r"--max-trials.*0 is not in the range"),
        ("tune --task mood --workers none", r"--workers.*'none' is not a valid integer"),
        (
            "tune --task mood --time-limit soon",
            r"--time-limit.*'soon' is not a time such as 90s, 20m, or 2h",
        ),
        (
            "tune --task mood --tuner annealing",
            r"'annealing' is not one of 'bayesian', 'random', 'hyperband', 'grid'",
        ),
    ],
)
def test_usage_errors_exit_with_2_and_say_what_is_allowed(kerasfeat, words, message):
    ended = kerasfeat(*words.split())
    assert ended.code == 2 and ended.out == ""
    assert re.search(message, " ".join(ended.err.split())) and "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("fit --task moood", "unknown task 'moood'. Did you mean mood?"),
        ("fit --task mood --data nowhere.csv", "nowhere.csv doesn't exist"),
        (
            "fit --task mood --target energy",
            "'mood' has labels; --target applies to tasks that predict numbers",
        ),
        ("fit --recipe defualt --task mood", "unknown recipe 'defualt'. Did you mean default?"),
        ("predict nowhere song.wav", "nowhere is not a run: it has no run.json"),
        (f"predict {__file__} song.wav", "is not a run: it is a file. Name a directory"),
        (f"fit --task {__file__}", "It is a file: does it belong to another option?"),
        ("evaluate nowhere", "nowhere is not a run: it has no run.json"),
        ("data check nowhere", "nowhere doesn't exist"),
        ("data demo there --songs 0", "the demo has 1 to"),
        ("extract nowhere --inputs logmel", "nowhere doesn't exist"),
    ],
)
def test_what_the_user_can_mend_is_one_clean_line_and_exit_code_1(
    kerasfeat, tmp_path, monkeypatch, words, message
):
    monkeypatch.chdir(tmp_path)
    ended = kerasfeat(*words.split())
    assert ended.code == 1 and ended.out == ""
    last = ended.err.splitlines()[-1]
    assert last.startswith("kerasfeat: ") and message in last
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("words", "empty", "place"),
    [
        ("fit --task mood --data", "", "the argument after '--data'"),
        ("fit --task mood --dry-run", "--model=", "--model"),
        ("fit --task mood --dry-run --members", " ", "the argument after '--members'"),
        ("data check", "", "the argument after 'check'"),
        ("predict run song.mp3", "--out=", "--out"),
    ],
)
def test_a_variable_of_the_shell_that_is_not_set_is_refused(kerasfeat, words, empty, place):
    ended = kerasfeat(*words.split(), empty)
    assert ended.code == 2 and ended.out == ""
    last = ended.err.splitlines()[-1]
    assert last.startswith(f"Error: {place} is empty. A shell variable that is not set")


def test_anything_else_keeps_its_traceback(kerasfeat, monkeypatch):
    from kerasfeat.songs import loading

    monkeypatch.setattr(loading, "load_songs", lambda *args, **options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        kerasfeat("data", "check", "here")


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("tasks", ["attributes", "danceability", "genre", "mood", "popularity", "valence"]),
        ("models", ["convolutional", "fusion", "recurrent", "tabular"]),
        ("inputs", ["features", "logmel", "mfcc", "spectrogram", "waveform"]),
        ("recipes", ["default"]),
    ],
)
def test_list_shows_all_there_is(kerasfeat, what, names):
    ended = kerasfeat("list", what)
    header, *lines = ended.out.splitlines()
    assert ended.code == 0 and ended.err == "" and header.startswith(what.removesuffix("s"))
    assert set(names) <= {line.split()[0] for line in lines}
    assert all(len(line.split()) > 2 for line in lines)


def test_demo_renders_songs_that_fit_takes(kerasfeat, tmp_path):
    ended = kerasfeat("data", "demo", tmp_path / "demo", "--songs", "5", "--seed", "3")
    assert ended.code == 0
    assert (
        "synthesised" in ended.out
        and f"kerasfeat fit --task mood --data {tmp_path / 'demo'}" in ended.out
    )
    assert "rendering: 5/5 songs" in ended.err
    assert (
        len(pd.read_csv(tmp_path / "demo" / "tracks.csv"))
        == len(audio_files(tmp_path / "demo"))
        == 5
    )
    assert kerasfeat("data", "demo", tmp_path / "demo", "--songs", "7").code == 1


def test_check_says_what_is_in_a_table_in_words_and_in_json(kerasfeat, songs, tmp_path):
    table = pd.read_csv(songs / "tracks.csv", dtype=str).drop(columns="audio").head(31)
    table.loc[4, "energy"] = "7"
    table.to_csv(tmp_path / "songs.csv", index=False)
    words = kerasfeat("data", "check", tmp_path / "songs.csv")
    assert words.code == 0
    assert (
        "31 songs" in words.out
        and "mood" in words.out
        and "energy" in words.out.split("problems")[1]
    )
    found = json.loads(kerasfeat("data", "check", tmp_path / "songs.csv", "--json").out)
    assert (
        found["rows"] == 31
        and found["tasks"]["mood"]["inputs"] == ["features"]
        and len(found["problems"]) == 1
    )
    strict = kerasfeat("data", "check", tmp_path / "songs.csv", "--strict")
    assert strict.code == 1 and "line 6 '7'" in strict.err


def test_check_decodes_the_audio_unless_told_not_to(kerasfeat, songs, tmp_path):
    for file in audio_files(songs)[:3]:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "bad.mp3").write_bytes(b"")
    found = json.loads(kerasfeat("data", "check", tmp_path, "--json").out)["audio"]
    assert found["files"] == 4 and [file["reason"] for file in found["unreadable"]] == [
        "empty file (0 bytes)."
    ]
    assert (
        json.loads(kerasfeat("data", "check", tmp_path, "--json", "--no-audio").out)["audio"][
            "unreadable"
        ]
        is None
    )


def test_extract_fills_the_cache_once(kerasfeat, songs, tmp_path):
    for file in audio_files(songs)[:4]:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "bad.wav").write_bytes(b"no music at all" * 99)
    words = [
        "extract",
        tmp_path,
        "--inputs",
        "logmel,spectrogram",
        "--set",
        "clip_s=2",
        "--set",
        "logmel.mels=13",
    ]
    first = kerasfeat(*words)
    assert (
        first.code == 0
        and "extracting: 5/5 files" in first.err
        and "bad.wav: not audio: it is text." in first.err
    )
    lines = first.out.splitlines()
    assert [line.split(",")[0] for line in lines] == ["logmel: 4 songs", "spectrogram: 4 songs"]
    assert all(
        "1 files can't be used" in line and os.environ["KERASFEAT_CACHE"] in line for line in lines
    )
    shards = Path(os.environ["KERASFEAT_CACHE"]).rglob("*.tfrecord")
    stored = {path: path.stat().st_mtime_ns for path in shards}
    again = kerasfeat(*words)
    assert again.out == first.out and stored
    shards = Path(os.environ["KERASFEAT_CACHE"]).rglob("*.tfrecord")
    assert {path: path.stat().st_mtime_ns for path in shards} == stored
    strict = kerasfeat(*words, "--strict")
    assert strict.code == 1 and "--strict" in strict.err


def test_fit_tells_the_songs_that_no_input_knows(kerasfeat, tmp_path):
    rows = "".join(
        f"{song},A{song},{',' if song % 9 == 4 else f'0.{7 - song % 5},0.{1 + song % 7}'},"
        f"{('happy', 'sad')[song % 2]}\n"
        for song in range(60)
    )
    (tmp_path / "songs.csv").write_text("id,artist,energy,valence,mood\n" + rows)
    words = ["fit", "--task", "mood", "--data", tmp_path / "songs.csv", "--members", "linear"]
    words += ["--out", tmp_path / "run"]
    strict = kerasfeat(*words, "--strict")
    reason = "no value in any input, row dropped (7 rows: line 6, line 15, line 24, ...)"
    assert strict.code == 1 and f"can't be used:\n  {reason}" in strict.err
    ended = kerasfeat(*words)
    assert ended.code == 0 and f"data: 7 of 60 songs left out: {reason}" in ended.err
    assert reason in json.loads((tmp_path / "run" / "run.json").read_text())["data_problems"]


def test_extract_needs_audio_and_known_parameters(kerasfeat, songs, tmp_path):
    pd.read_csv(songs / "tracks.csv").drop(columns="audio").to_csv(
        tmp_path / "songs.csv", index=False
    )
    assert "no column 'audio'" in kerasfeat("extract", tmp_path / "songs.csv").err
    (tmp_path / "empty.csv").write_text("id,audio,energy\n1,,0.5\n2,,0.25\n")
    assert "no column 'audio' with files" in kerasfeat("extract", tmp_path / "empty.csv").err
    assert "Did you mean logmel.mels" in kerasfeat("extract", songs, "--set", "logmel.mel=9").err


@pytest.mark.parametrize(
    ("task", "metrics"),
    [("mood", "accuracy balanced_accuracy macro_f1 log_loss"), ("valence", "mae rmse r2 pearson")],
)
def test_fit_ends_with_scores_beside_baselines_and_what_to_do_next(
    kerasfeat, songs, tmp_path, monkeypatch, task, metrics
):
    monkeypatch.chdir(tmp_path)
    words = ("fit", "--task", task, "--members", "network", "--data", songs, *TABULAR)
    words = (*words, "--out", "my run")
    ended = kerasfeat(*words)
    assert ended.code == 0, ended.err
    title, header, *rows, lead, report, following, verdict, made_up, few = ended.out.splitlines()
    assert re.match(r"(Right for \d+ of \d+ (test )?songs|Off by 0.\d+ on average), .*\.$", verdict)
    assert "synthesised songs, which say nothing about real music" in made_up
    assert re.match(r"\d+ test songs are too few to compare models\. .* --folds 10", few)
    scores = json.loads((tmp_path / "my run" / "metrics.json").read_text())
    name, low, high = metrics.split()[0], *scores["test"]["ci95"][metrics.split()[0]]
    over = f"95 % intervals over {scores['units']} artist groups"
    assert (
        title == f"{task} from features, on synthesised data: {scores['split']['sizes']['test']} "
        f"test songs, {over}"
    )
    assert header.split() == metrics.split()
    assert " ".join(rows[0].split()).startswith(
        f"this model {scores['test'][name]:.3f} [{low:.3f}, {high:.3f}] "
    )
    assert [row.split("  ")[0] for row in rows[1:]] == [
        baseline.replace("_", " ") for baseline in scores["baselines"]
    ]
    best = scores["best_baseline"]
    assert lead.startswith(f"this model beside {best['name'].replace('_', ' ')}: ")
    assert (
        report == "report: my run/report.html" and (tmp_path / "my run" / "report.html").is_file()
    )
    assert following == "next:   kerasfeat predict 'my run' PATH..."
    assert "writing my run" in ended.err and re.search(
        r"training: \d/3 epochs, .*validation", ended.err
    )
    assert json.loads((tmp_path / "my run" / "run.json").read_text())["command"].startswith(
        f"kerasfeat fit --task {task}"
    )
    again = kerasfeat(*words)
    assert again.code == 0 and again.out == ended.out and "nothing is left to do" in again.err
    other = kerasfeat(*words, "--seed", "7")
    assert other.code == 1 and "never overwritten" in other.err


@pytest.mark.parametrize(
    "inputs", [pytest.param("", marks=pytest.mark.slow), "--inputs logmel,yamnet"]
)
def test_fit_finds_what_extract_has_computed(kerasfeat, songs, backbones, tmp_path, inputs):
    words = inputs.split()
    ended = kerasfeat("extract", songs, *words)
    assert ended.code == 0 and "windows of 8 s" in ended.err
    store = Path(os.environ["KERASFEAT_CACHE"])
    before = sorted(store.rglob("*.tfrecord"))
    fitted = ["fit", "--task", "mood", "--data", songs, "--members", "linear", *words]
    ended = kerasfeat(*fitted, "--out", tmp_path / "run")
    assert ended.code == 0 and before and sorted(store.rglob("*.tfrecord")) == before
