import csv
import io
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import soundfile

from kerasfeat.api.run import load_run
from kerasfeat.audio.decode import audio_files
from kerasfeat.datasets import demo
from kerasfeat.inference import predicting

LABELS = ["calm", "energetic", "happy", "sad"]
PROBABILITIES = [f"probability_{label}" for label in LABELS]


@pytest.fixture
def folder(songs, tmp_path):
    """A folder with three good audio files and two bad ones, one of them below it."""
    (tmp_path / "music" / "live").mkdir(parents=True)
    for file in audio_files(songs)[:3]:
        shutil.copy(file, tmp_path / "music")
    (tmp_path / "music" / "empty.mp3").write_bytes(b"")
    (tmp_path / "music" / "live" / "text.wav").write_bytes(b"no music at all" * 99)
    return tmp_path / "music"


def answers(ended):
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def test_predictions_of_the_table_are_those_of_the_run(kerasfeat, run, songs):
    found = {
        record["track_id"]: record
        for record in answers(kerasfeat("predict", run.path, songs, "--format", "json"))
    }
    assert len(found) == 70
    scored = pd.read_csv(run / "predictions.csv")
    mine = [
        [found[track]["probabilities"][label] for label in LABELS] for track in scored["track_id"]
    ]
    np.testing.assert_allclose(mine, scored[PROBABILITIES], atol=1e-5)
    assert [found[track]["mood"] for track in scored["track_id"]] == scored[
        "predicted_mood"
    ].to_list()


def test_the_formats_say_the_same(kerasfeat, run, folder):
    song = audio_files(folder)[0]
    (record,) = answers(kerasfeat("predict", run.path, song, "--format", "json"))
    (line,) = kerasfeat("predict", run.path, song, "--format", "jsonl").out.splitlines()
    assert json.loads(line) == record
    (row,) = csv.DictReader(
        io.StringIO(kerasfeat("predict", run.path, song, "--format", "csv").out)
    )
    assert (row["track_id"], row["title"], row["mood"]) == (str(song), song.stem, record["mood"])
    assert {label: float(row[f"probability_{label}"]) for label in LABELS} == record[
        "probabilities"
    ]
    header, shown = kerasfeat("predict", run.path, song).out.splitlines()
    assert header.split() == ["song", "mood", *LABELS]
    assert shown.split() == [
        str(song),
        record["mood"],
        *(f"{record['probabilities'][label]:.3f}" for label in LABELS),
    ]


def test_written_answers_are_numbers_whatever_the_table_has_under_their_names(
    kerasfeat, run, songs, tmp_path
):
    table = pd.read_csv(songs / "tracks.csv").head(3).drop(columns="audio")
    table["probability_calm"] = "never"
    table.to_csv(tmp_path / "songs.csv", index=False)
    ended = kerasfeat("predict", run.path, tmp_path / "songs.csv", "--out", tmp_path / "parts")
    assert ended.code == 0, ended.err
    assert pd.read_parquet(tmp_path / "parts")["probability_calm"].dtype == "float64"


def test_bad_files_are_listed_beside_good_ones(kerasfeat, run, folder, monkeypatch):
    monkeypatch.setattr(predicting, "HEARD_SONGS", 2)  # several blocks are told as one
    table = kerasfeat("predict", run.path, folder)
    assert table.code == 0 and len(table.out.splitlines()) == 6
    assert "empty.mp3" in table.out and "empty file (0 bytes)." in table.out
    assert "2 of 5 audio files can't be used: their songs' rows say why" in table.err
    assert table.err.count("empty file") == 0  # they are listed once
    assert table.err.count("can't be used") == 1
    records = answers(
        kerasfeat("predict", run.path, folder, folder / "nowhere.wav", "--format", "json")
    )
    reasons = {record["track_id"]: record.get("error") for record in records}
    assert len(records) == 6 and sum(reason is None for reason in reasons.values()) == 3
    assert (
        reasons["live/text.wav"] == "not audio: it is text."
        and reasons[str(folder / "nowhere.wav")] == "no such file."
    )
    strict = kerasfeat("predict", run.path, folder, "--strict")
    assert strict.code == 1 and strict.out == "" and "--strict" in strict.err


def test_only_bad_files_are_told_and_fail(kerasfeat, run, folder):
    for form in ("table", "csv", "json", "jsonl"):
        ended = kerasfeat("predict", run.path, folder / "empty.mp3", "--format", form, "--timeline")
        assert (
            ended.code == 1
            and "empty file (0 bytes)." in ended.out
            and "Traceback" not in ended.err
        )
    missing = kerasfeat("predict", run.path, "nowhere.csv")
    assert missing.code == 1 and "nowhere.csv doesn't exist" in missing.err


def test_songs_of_the_same_name_in_several_folders_are_not_mixed_up(
    kerasfeat, run, songs, tmp_path
):
    good = audio_files(songs)[:2]
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    shutil.copy(good[0], tmp_path / "a" / "one.flac")
    (tmp_path / "b" / "one.flac").write_bytes(b"")
    shutil.copy(good[1], tmp_path / "c" / "one.flac")
    first, bad, last = answers(
        kerasfeat("predict", run.path, *(tmp_path / name for name in "abc"), "--format", "json")
    )
    alone = answers(kerasfeat("predict", run.path, *good, "--format", "json"))
    assert "error" in bad and "mood" not in bad
    assert [first["probabilities"], last["probabilities"]] == [
        record["probabilities"] for record in alone
    ]


def test_the_timeline_covers_the_song_and_its_mean_is_the_prediction(kerasfeat, run, songs):
    song = audio_files(songs)[4]
    (record,) = answers(kerasfeat("predict", run.path, song, "--timeline", "--format", "json"))
    windows = record["timeline"]
    length_s = soundfile.info(song).duration
    assert len(windows) > 1 and windows[0]["start_s"] == 0
    assert all(
        later["start_s"] <= sooner["end_s"]
        for sooner, later in zip(windows, windows[1:], strict=False)
    )
    assert (
        length_s - 0.31 < windows[-1]["end_s"] <= length_s + 0.01
    )  # a rest under a tenth of a window has none
    for label in LABELS:
        mean = np.mean([window["probabilities"][label] for window in windows])
        assert mean == pytest.approx(record["probabilities"][label], abs=2e-6)
    rows = list(
        csv.DictReader(
            io.StringIO(kerasfeat("predict", run.path, song, "--timeline", "--format", "csv").out)
        )
    )
    assert [float(row["start_s"]) for row in rows[1:]] == [
        window["start_s"] for window in windows
    ] and not rows[0]["start_s"]
    assert len(kerasfeat("predict", run.path, song, "--timeline").out.splitlines()) == 2 + len(
        windows
    )


def test_a_fusion_model_predicts_from_what_is_there(kerasfeat, run, songs, tmp_path):
    table = pd.read_csv(songs / "tracks.csv").head(5)
    table.drop(columns="audio").to_csv(tmp_path / "features.csv", index=False)
    table["audio"] = [str(songs / path) for path in table["audio"]]
    (tmp_path / "broken.flac").write_bytes(b"fLaC")
    table.loc[2, "audio"] = str(tmp_path / "broken.flac")
    table.to_csv(tmp_path / "both.csv", index=False)
    features = answers(
        kerasfeat("predict", run.path, tmp_path / "features.csv", "--format", "json", "--timeline")
    )
    both = answers(
        kerasfeat("predict", run.path, tmp_path / "both.csv", "--format", "json", "--timeline")
    )
    audio = answers(kerasfeat("predict", run.path, *table["audio"][:2], "--format", "json"))
    assert all("timeline" not in record and "note" not in record for record in features)
    assert (
        ["note" in record for record in both]
        == ["timeline" not in record for record in both]
        == [False, False, True, False, False]
    )
    assert both[2]["note"].startswith("predicted without audio: ")
    assert both[2]["probabilities"] == pytest.approx(features[2]["probabilities"], abs=2e-6)
    three = [
        audio[0]["probabilities"]["calm"],
        features[0]["probabilities"]["calm"],
        both[0]["probabilities"]["calm"],
    ]
    assert len(set(three)) == 3


def test_a_model_of_features_refuses_audio_and_names_what_it_reads(
    kerasfeat, tabular, songs, folder
):
    ended = kerasfeat("predict", tabular.path, audio_files(folder)[0])
    assert ended.code == 1 and ended.out == ""
    assert (
        "reads a table with the columns danceability, " in ended.err
        and "--inputs logmel" in ended.err
    )
    *records, alone = answers(
        kerasfeat(
            "predict",
            tabular.path,
            songs / "tracks.csv",
            audio_files(folder)[0],
            "--format",
            "json",
        )
    )
    assert len(records) == 70 and alone["error"] == "no input that the model reads"
    assert all(0 <= record[target] <= 1 for record in records for target in ("energy", "valence"))
    assert "timeline" not in records[0] and "extracting" not in ended.err


def test_a_path_that_does_not_exist_is_told_as_such(kerasfeat, tabular, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (("predict", tabular.path), ("describe",)):
        ended = kerasfeat(*words, "nofolder")
        assert ended.code == 1 and ended.out == ""
        assert ended.err.splitlines()[-1].startswith("kerasfeat: nofolder doesn't exist. Give")


def test_every_hard_file_gets_a_prediction_or_a_reason(kerasfeat, run, shared_data):
    files = sorted([*(shared_data / "malformed").iterdir(), *(shared_data / "formats").iterdir()])
    ended = kerasfeat("predict", run.path, *files, "--format", "json")
    assert ended.code == 1  # since most of them fail
    records = json.loads(ended.out)
    assert [record["track_id"] for record in records] == [str(file) for file in files]
    for record in records:
        assert ("mood" in record) != bool(record.get("error")), record
    good = {record["title"] for record in records if "mood" in record}
    assert {"dubstep", "flamenco", "hiphop", "techno_loop", "example"} <= good
    assert len(records) - sum("mood" in record for record in records) >= 10


@pytest.mark.skipif(
    sys.platform != "linux", reason="names that are no valid text exist on Linux only"
)
def test_a_new_process_predicts_even_a_file_whose_name_is_no_text(run, songs, tmp_path):
    name = os.path.join(os.fsencode(tmp_path), b"caf\xe9.flac")  # noqa: PTH118  bytes
    shutil.copy(audio_files(songs)[0], name)
    command = [
        sys.executable,
        "-m",
        "kerasfeat",
        "predict",
        str(run.path),
        name,
        "--format",
        "json",
    ]
    done = subprocess.run(command, capture_output=True)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    (record,) = json.loads(done.stdout)
    assert record["mood"] in LABELS and os.fsencode(record["track_id"]) == name


def test_evaluate_shows_the_runs_own_test(kerasfeat, run):
    metrics = json.loads((run / "metrics.json").read_text())
    shown = kerasfeat("evaluate", run.path)
    assert shown.code == 0 and f"{metrics['test']['accuracy']:.3f} [" in shown.out
    first, _, _, *simple = shown.out.splitlines()
    assert first == f"95 % intervals over {metrics['units']} artist groups"
    assert [row.split("  ")[0] for row in simple] == [
        "constant",
        "logistic regression",
        "extra trees",
        "gradient boosting",
        "support vector machine",
        "simple blend",
    ]
    found = answers(kerasfeat("evaluate", run.path, "--json"))
    assert found == {
        name: metrics[name]
        for name in ("data", "resampled", "units", "test", "baselines", "best_baseline")
    }


def test_evaluate_on_the_training_table_scores_its_test_songs_only(kerasfeat, run, songs):
    metrics = json.loads((run / "metrics.json").read_text())
    found = answers(kerasfeat("evaluate", run.path, "--data", songs, "--json"))
    tested = metrics["split"]["sizes"]["test"]
    assert found["data"]["rows"] == tested
    assert found["data"]["dropped"] == {
        "the model was trained on the song or its artist": 70 - tested
    }
    assert found["test"]["accuracy"] == pytest.approx(metrics["test"]["accuracy"])
    assert found["test"]["log_loss"] == pytest.approx(metrics["test"]["log_loss"], abs=1e-4)


def test_evaluate_leaves_out_what_the_model_has_heard_under_another_name(
    kerasfeat, run, songs, tmp_path
):
    table = pd.read_csv(songs / "tracks.csv", dtype=str)
    table["audio"] = [str(songs / path) for path in table["audio"]]
    tested = (
        table["track_id"].map(pd.read_csv(run / "splits.csv").set_index("track_id")["part"])
        == "test"
    )
    renamed = table[~tested].head(3).assign(track_id=["x", "y", "z"], artist="Somebody")
    pd.concat([table[tested], renamed]).to_csv(tmp_path / "mixed.csv", index=False)
    ended = kerasfeat("evaluate", run.path, "--data", tmp_path / "mixed.csv", "--json")
    found = answers(ended)
    assert found["data"]["rows"] == tested.sum()
    assert found["data"]["dropped"] == {
        "the model was trained on the same audio under another name": 3
    }
    assert (
        found["test"]["accuracy"]
        == json.loads((run / "metrics.json").read_text())["test"]["accuracy"]
    )
    renamed.to_csv(tmp_path / "heard.csv", index=False)
    assert (
        "is left to score the model with"
        in kerasfeat("evaluate", run.path, "--data", tmp_path / "heard.csv").err
    )


def test_evaluate_on_new_songs_counts_what_it_leaves_out(kerasfeat, run, songs, tmp_path):
    splits = pd.read_csv(run / "splits.csv")
    known = splits[splits["part"] == "train"]["track_id"].iloc[0]
    artist = splits[splits["part"] == "validation"]["artist"].iloc[0]
    table = pd.read_csv(
        demo.render(tmp_path / "other", seed=6, songs=17) / "tracks.csv", dtype=str
    ).drop(columns="audio")
    table["artist"] = [f"Somebody {i}" for i in range(17)]
    table.loc[0, ["track_id", "artist"]] = [known, None]
    table.loc[1, "artist"] = artist
    table.loc[2:4, "mood"], table.loc[5, "mood"] = "furious", None
    table.to_csv(tmp_path / "new.csv", index=False)
    ended = kerasfeat("evaluate", run.path, "--data", tmp_path / "new.csv", "--json")
    data = answers(ended)["data"]
    assert data["rows"] == 11
    assert data["dropped"] == {
        "the model was trained on the song or its artist": 2,
        "a mood that the model doesn't know: 'furious'": 3,
        "no mood": 1,
    }
    assert (
        "2 of 17 songs left out: the model was trained on" in ended.err
        and "3 of 17 songs left out: a mood" in ended.err
        and "1 of 17 songs left out: no mood" in ended.err
    )
    shown = kerasfeat("evaluate", run.path, "--data", tmp_path / "new.csv")
    assert shown.code == 0 and len(shown.out.splitlines()) == 3
    table.head(2).to_csv(tmp_path / "seen.csv", index=False)
    nothing = kerasfeat("evaluate", run.path, "--data", tmp_path / "seen.csv")
    assert (
        nothing.code == 1
        and "no song of" in nothing.err
        and "is left to score the model with" in nothing.err
    )


def test_evaluate_scores_the_numbers_that_a_table_has(kerasfeat, tabular, songs, tmp_path):
    table = pd.read_csv(songs / "tracks.csv", dtype=str).drop(columns="audio")
    table["track_id"], table["artist"] = "x" + table["track_id"], "x" + table["artist"]
    table.to_csv(tmp_path / "whole.csv", index=False)
    table.drop(columns="energy").to_csv(tmp_path / "some.csv", index=False)
    whole = answers(
        kerasfeat("evaluate", tabular.path, "--data", tmp_path / "whole.csv", "--json")
    )["test"]
    ended = kerasfeat("evaluate", tabular.path, "--data", tmp_path / "some.csv", "--json")
    assert "some.csv has no values of energy, which the model predicts too: not scored" in ended.err
    found = answers(ended)["test"]
    assert (
        found["mae"] == found["valence/mae"] == pytest.approx(whole["valence/mae"], rel=1e-5)
        and "energy/mae" not in found
    )
    table.drop(columns=["energy", "valence"]).to_csv(tmp_path / "none.csv", index=False)
    none = kerasfeat("evaluate", tabular.path, "--data", tmp_path / "none.csv")
    assert none.code == 1 and "no column for task 'attributes': energy, valence" in none.err


def test_a_model_is_scored_on_the_column_that_it_learned_from(kerasfeat, tmp_path):
    draw = np.random.default_rng(9)
    frame = pd.DataFrame({name: draw.random(170) for name in ("energy", "valence", "liveness")})
    frame["feeling"] = np.where(frame["energy"] > 0.5, "happy", "sad")
    frame["mood"] = np.where(frame["energy"] > 0.5, "sad", "happy")  # the reverse
    frame.index = [f"song {song}" for song in range(170)]
    frame[:130].to_csv(tmp_path / "one.csv", index_label="track_id")
    out = tmp_path / "run"
    words = ("--task", "mood", "--label", "feeling", "--data", tmp_path / "one.csv")
    assert kerasfeat("fit", *words, "--members", "linear", "--out", out).code == 0

    def accuracy(table, *words):
        table.to_csv(tmp_path / "two.csv", index_label="track_id")
        ended = kerasfeat("evaluate", out, "--data", tmp_path / "two.csv", *words, "--json")
        assert ended.code == 0, ended.err
        assert load_run(out).evaluate(table.rename_axis("track_id").reset_index(), *words[1:])[
            "test"
        ]["accuracy"] == pytest.approx(answers(ended)["test"]["accuracy"])
        return answers(ended)["test"]["accuracy"], ended.err

    new, spelt = frame[130:], "scored is the column 'feeling', which the model learned from"
    learned, said = accuracy(new)
    assert learned > 0.8 and f"{spelt} as its mood" in said
    assert accuracy(new.rename(columns={"feeling": "Feeling"}))[0] == learned
    asked, said = accuracy(new, "--label", "mood")
    assert asked == pytest.approx(1 - learned) and spelt not in said
    own, said = accuracy(new.drop(columns="feeling"))
    assert own == asked and "two.csv has no column 'feeling', which the model learned from" in said
    assert "its column 'mood' is scored" in said
    assert kerasfeat("evaluate", out, "--data", tmp_path / "one.csv", "--label", "x").code == 1


def test_a_label_without_songs_is_a_wrong_usage(kerasfeat, run):
    ended = kerasfeat("evaluate", run.path, "--label", "nonsense")
    assert ended.code == 2 and "--label needs --data" in ended.err
