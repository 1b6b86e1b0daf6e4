"""What scripts rely on: exit codes, --require, --quiet, --dry-run, and streams that fail."""

import json
import os
import re
import subprocess
import sys

import pytest
from harness import write_songs

from kerasfeat.cli._output import write_predictions
from kerasfeat.experiment import run_directory
from kerasfeat.inference.records import answer_columns
from kerasfeat.targets import Multiclass


@pytest.mark.parametrize(
    ("score", "code"), [("mae<0.9", 0), ("mae<0.001", 3), ("mse>0.9", 3), ("mea<0.9", 1)]
)
def test_a_score_that_is_required_has_an_exit_code_of_its_own(kerasfeat, tabular, score, code):
    ended = kerasfeat("evaluate", tabular.path, "--require", score)
    assert ended.code == code and "Traceback" not in ended.err
    if code == 3:
        assert re.search(rf"{score[:3]} is 0\.\d+; [<>] 0\.\d+ was required\.", ended.err)


@pytest.mark.parametrize("score", ["accuracy", "accuracy=0.8", ">0.8", "accuracy>=1.2.3"])
def test_what_is_no_requirement_is_a_wrong_usage(kerasfeat, score):
    ended = kerasfeat("evaluate", "run", "--require", score)
    assert ended.code == 2 and "is not a condition; write 'accuracy>=0.8'" in " ".join(
        ended.err.split()
    )


def test_a_score_that_there_is_not_is_told_before_anything_is_trained(kerasfeat, tmp_path):
    table = write_songs(tmp_path / "songs.csv", songs=19)
    ended = kerasfeat("fit", "--task", "mood", "--data", table, "--require", "acuracy>=0.8")
    assert ended.code == 1 and "unknown score 'acuracy'. Did you mean accuracy" in ended.err


def test_a_dry_run_says_what_would_be_and_writes_nothing(kerasfeat, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = write_songs(tmp_path / "songs.csv", songs=37)
    words = ("fit", "--task", "energy", "--data", table, "--folds", "3", "--set", "epochs=7")
    ended = kerasfeat(*words, "--dry-run", "--json")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert told["task"] == "energy" and told["songs"] == 37 and told["trainings"] is None
    assert told["most_epochs"] == 7 and told["inputs"] == ["features"]
    assert "energy" not in told["columns"] and "valence" in told["columns"]
    network = json.loads(kerasfeat(*words, "--model", "tabular", "--dry-run", "--json").out)
    assert network["trainings"] == 4
    others = json.loads(kerasfeat(*words, "--members", "linear", "--dry-run", "--json").out)
    assert others["most_epochs"] == others["batches_an_epoch"] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["songs.csv"]


@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["in earnest", "dry"])
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--folds", "1000"), "1000"),
        (("--split", "table"), "split"),
        (("--model", "convolutional"), "convolutional"),
        (("--require", "nosuch>1"), "unknown score 'nosuch'"),
        (("--strategy", "multi-worker"), "training one network on several machines does not work"),
        (("--hyperparameters", "nowhere.json"), "nowhere.json can't be read"),
        (("--members", "support_vectors"), "--members support_vectors: support vectors learn"),
        (("--model", "tabular", "--set", "units=-3"), "units"),
        (("--out", "taken"), "taken is not a new or empty directory"),
        (("--out", "songs.csv/run"), "can't make the run directory songs.csv/run: Not a directory"),
        (("--resume", "nowhere"), "nowhere is not a run"),
        (("--resume", "taken", "--out", "new"), "--resume taken names the run directory"),
    ],
)
def test_what_fails_before_training_leaves_no_run(
    kerasfeat, tmp_path, monkeypatch, options, told, dry
):
    monkeypatch.chdir(tmp_path)
    table = write_songs(tmp_path / "songs.csv", songs=37)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").touch()
    ended = kerasfeat("fit", "--task", "mood", "--data", table, *options, *dry)
    assert ended.code == 1 and told in ended.err.splitlines()[-1], ended.err
    assert not list(tmp_path.glob("runs/*")) and not (tmp_path / "new").exists()


def test_a_dry_run_refuses_another_experiments_run(kerasfeat, tabular, tmp_path):
    table = write_songs(tmp_path / "songs.csv", songs=37)
    words = ("fit", "--task", "mood", "--data", table, "--dry-run")
    ended = kerasfeat(*words, "--out", tabular.path)
    assert ended.code == 1 and "which is never overwritten, of another experiment" in ended.err


def test_a_dry_run_reads_no_audio_and_counts_its_artists(kerasfeat, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = ["track_id,artist,mood,audio"]
    for song in range(43):
        (tmp_path / f"{song}.mp3").write_bytes(b"no sound")
        lines.append(f"s{song},Artist {song},{('happy', 'sad')[song % 2]},{song}.mp3")
    (tmp_path / "songs.csv").write_text("\n".join(lines) + "\n")
    words = ("fit", "--task", "mood", "--data", "songs.csv", "--inputs", "logmel", "--dry-run")
    ended = kerasfeat(*words, "--folds", "3", "--json")
    assert ended.code == 0 and json.loads(ended.out)["songs_with_audio"] == 43, ended.err
    many = kerasfeat(*words, "--folds", "44")
    assert many.code == 1 and "44 folds need at least 44" in many.err
    weights = kerasfeat(*words, "--inputs", "yamnet")
    assert weights.code == 1 and "yamnet" in weights.err.splitlines()[-1]


@pytest.mark.parametrize("folds", ["3", "1000"], ids=["would succeed", "fails early"])
def test_a_folder_named_work_that_is_the_users_is_never_removed(kerasfeat, tmp_path, folds):
    table = write_songs(tmp_path / "songs.csv", songs=37)
    thesis = tmp_path / "project" / "work" / "thesis.txt"
    thesis.parent.mkdir(parents=True)
    thesis.write_text("precious")
    words = ("fit", "--task", "mood", "--data", table, "--members", "linear", "--folds", folds)
    ended = kerasfeat(*words, "--out", tmp_path / "project")
    assert ended.code == 1 and "is not a new or empty directory" in ended.err
    assert thesis.read_text() == "precious" and len(list(thesis.parents[1].rglob("*"))) == 2


def test_what_fails_before_training_leaves_a_directory_that_was_there(kerasfeat, tmp_path):
    table = write_songs(tmp_path / "songs.csv", songs=37)
    words = ("fit", "--task", "mood", "--data", table, "--folds", "1000", "--out")
    (tmp_path / "mine").mkdir()
    assert kerasfeat(*words, tmp_path / "mine").code == 1
    assert kerasfeat(*words, tmp_path / "above" / "new").code == 1
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    assert left == ["above", "mine", "songs.csv"]


def test_quiet_says_nothing_but_why_it_fails(kerasfeat, tabular, songs):
    told = kerasfeat("predict", tabular.path, songs)
    quiet = kerasfeat("predict", tabular.path, songs, "--quiet")
    assert quiet.code == 0 and quiet.out == told.out and quiet.err == "" != told.err
    assert kerasfeat("-q", "predict", "nowhere", songs).err.startswith("kerasfeat: nowhere")


def test_columns_that_no_song_has_are_told(kerasfeat, tabular, tmp_path):
    (tmp_path / "two.csv").write_text("energy,valence,tempo,loudness\n0.5,0.25,120,-7\n")
    ended = kerasfeat("predict", tabular.path, tmp_path / "two.csv")
    assert ended.code == 0 and re.search(
        r"data: the songs have 2 of the \d+ columns that the model reads; no song has ", ended.err
    )
    assert "synthesised songs, which say nothing about real music" in ended.err
    strict = kerasfeat("predict", tabular.path, tmp_path / "two.csv", "--strict")
    assert strict.code == 1 and "--strict makes that an error" in strict.err


def test_most_files_failed_is_no_success(kerasfeat, run, tmp_path):
    for name in ("one.wav", "two.wav"):
        (tmp_path / name).write_bytes(b"RIFF")
    (tmp_path / "three.csv").write_text("energy,valence\n0.5,0.25\n")
    ended = kerasfeat("predict", run.path, tmp_path / "three.csv", *tmp_path.glob("*.wav"))
    assert ended.code == 1 and len(ended.out.splitlines()) == 4


def test_ctrl_c_says_how_to_go_on(tmp_path, capsys):
    from kerasfeat.experiment.spec import Spec

    started = run_directory.start(Spec(task="mood"), runs=tmp_path / "runs")
    with pytest.raises(KeyboardInterrupt), started.at_work():
        raise KeyboardInterrupt
    said = capsys.readouterr().err
    assert said == f"stopped: run the same command again to resume {started.directory.path}\n"


def test_recipes_fit_a_terminal_and_each_is_told_whole(kerasfeat):
    ended = kerasfeat("list", "recipes")
    assert ended.code == 0 and max(map(len, ended.out.splitlines())) <= 80
    one = kerasfeat("list", "recipes", "mood-mlp")
    assert one.code == 0 and "stages" in one.out and max(map(len, one.out.splitlines())) <= 80
    assert json.loads(kerasfeat("list", "recipes", "mood-mlp", "--json").out)["name"] == "mood-mlp"
    wrong = kerasfeat("list", "recipes", "mood-mpl")
    assert wrong.code == 1 and "unknown recipe 'mood-mpl'. Did you mean mood-mlp" in wrong.err


def record(title):
    return {"track_id": "t1", "title": title, "artist": "=1+1", "mood": "sad"} | {
        "probabilities": {"happy": 0.25, "sad": 0.75}
    }


def test_control_characters_are_shown_and_formulas_can_be_made_text(capsys):
    target = Multiclass("mood", ("happy", "sad"))
    songs = [record('=HYPERLINK("http://x")\x1b[31m\x9b')]
    columns = ["track_id", "title", "artist", *answer_columns(target)]
    write_predictions(songs, target, "table", columns)
    shown = capsys.readouterr().out
    assert "\\x1b[31m\\x9b" in shown and "\x1b" not in shown and "\x9b" not in shown
    write_predictions(songs, target, "jsonl", columns)
    line = capsys.readouterr().out
    assert "\x1b" not in line and json.loads(line)["title"] == songs[0]["title"]
    write_predictions(songs, target, "csv", columns, for_spreadsheets=True)
    row = capsys.readouterr().out.splitlines()[1]
    assert "\"'=HYPERLINK(" in row and ",'=1+1," in row and row.endswith("sad,0.25,0.75")
    write_predictions(songs, target, "csv", columns)
    assert ',"=HYPERLINK(' in capsys.readouterr().out


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
@pytest.mark.parametrize(
    ("redirection", "code", "said"),
    [
        (">/dev/full", 1, "kerasfeat: can't write to standard output: No space left on device."),
        (">&-", 1, "kerasfeat: can't write to standard output: Bad file descriptor."),
        ("2>/dev/full", 0, ""),
        ("2>&-", 0, ""),
        ("| head -c 9 >/dev/null", None, ""),
    ],
)
def test_streams_that_fail(redirection, code, said):
    line = f"{sys.executable} -m kerasfeat --help {redirection}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    assert done.stderr.strip() == said and (code is None or done.returncode == code)
