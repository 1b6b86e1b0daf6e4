"""Files whose names are no valid text, through everything that is written of them."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from kerasfeat.audio.decode import audio_files
from kerasfeat.experiment.run_directory import RunDirectory

RATE_HZ = 8000


@pytest.fixture
def strange(tmp_path: Path) -> Path:
    """A folder of two genres, eight songs each and a broken one, all under names in Latin-1."""
    rng = np.random.default_rng(7)
    for genre, pitch_hz in (("p\udcf6p", 880), ("rock", 110)):
        folder = tmp_path / "b\udce4nd" / genre
        try:
            folder.mkdir(parents=True)
        except (OSError, UnicodeEncodeError):
            pytest.skip("this file system takes valid text only")
        for song in range(8):
            time_s = np.arange(3 * RATE_HZ) / RATE_HZ
            tone = 0.3 * np.sin(2 * np.pi * pitch_hz * (1 + song / 30) * time_s)
            noisy = tone + 0.05 * rng.standard_normal(len(time_s))
            with (folder / f"caf\udce9 {song}.wav").open("wb") as file:
                soundfile.write(file, noisy, RATE_HZ, format="WAV")
        (folder / "n\udcf6.wav").write_bytes(b"RIFF\1\2\3\4WAVE")
    return tmp_path / "b\udce4nd"


def test_describe_writes_them_as_parquet(strange: Path, tmp_path: Path) -> None:
    # Its own process, since Parquet goes to stdout as bytes.
    described = [sys.executable, "-m", "kerasfeat", "describe", strange / "rock"]
    ended = subprocess.run([*described, "--format", "parquet"], capture_output=True)
    assert ended.returncode == 0, ended.stderr.decode(errors="replace")
    (tmp_path / "songs.parquet").write_bytes(ended.stdout)
    rows = pd.read_parquet(tmp_path / "songs.parquet").set_index("title")
    assert rows.loc["caf\\udce9 3", "audio"].endswith("caf\\udce9 3.wav")
    assert rows.loc["caf\\udce9 3", "duration_ms"] == 3000
    assert rows.loc["n\\udcf6", "error"].startswith("corrupt or truncated")


@pytest.mark.parametrize("form", ["table", "csv", "json", "jsonl"])
def test_predict_shows_them_in_every_form(
    kerasfeat: Callable, run: RunDirectory, strange: Path, form: str
) -> None:
    name = strange / "rock" / "caf\udce9 3.wav"
    ended = kerasfeat("predict", run.path, strange, name, "--format", form, "--timeline")
    assert ended.code == 0, ended.err
    assert (
        "caf\\udce9 3" in ended.out
        and "n\\udcf6" in ended.out
        and "corrupt or truncated WAV" in ended.out
    )
    if form == "csv":
        rows = [row for row in csv.DictReader(io.StringIO(ended.out)) if row["title"]]
        assert len(rows) == 19 and sum(bool(row["error"]) for row in rows) == 2
    if form == "json":
        records = json.loads(ended.out)
        assert len(records) == 19 and all(os.path.exists(record["audio"]) for record in records)  # noqa: PTH110  as it was printed


def test_the_page_of_predictions_plays_them(
    kerasfeat: Callable, run: RunDirectory, strange: Path, tmp_path: Path
) -> None:
    page = tmp_path / "p\udce4ge.html"
    ended = kerasfeat(
        "predict", run.path, strange, strange / "rock" / "caf\udce9 3.wav", "--html", page
    )
    assert ended.code == 0, ended.err
    text = page.read_text(encoding="utf-8")
    assert (
        text.count('src="b%E4nd/p%F6p/caf%E9%20') == 8
        and text.count('src="b%E4nd/rock/caf%E9%203.wav"') == 2
    )


def test_check_and_card_list_them(kerasfeat: Callable, strange: Path, tmp_path: Path) -> None:
    found = json.loads(kerasfeat("data", "check", strange, "--json").out)
    assert found["tasks"]["genre"]["classes"] == {"p\\udcf6p": 8, "rock": 8}
    assert len(found["audio"]["unreadable"]) == 2
    assert "18 files, 16 readable" in kerasfeat("data", "check", strange).out
    assert kerasfeat("data", "card", strange, "--out", tmp_path / "c\udce4rd.html").code == 0
    assert "b\\udce4nd" in (tmp_path / "c\udce4rd.html").read_text(encoding="utf-8")


def test_a_run_on_them_keeps_hears_and_knows_them(
    kerasfeat: Callable, strange: Path, tmp_path: Path
) -> None:
    quick = [
        word for name in ("epochs=1", "clip_s=1", "logmel.mels=24") for word in ("--set", name)
    ]
    out = tmp_path / "run"
    ended = kerasfeat(
        "fit",
        "--members",
        "network",
        "--task",
        "genre",
        "--data",
        strange,
        "--inputs",
        "logmel",
        "--out",
        out,
        *quick,
    )
    assert ended.code == 0, ended.err
    splits, predictions = (pd.read_csv(out / name) for name in ("splits.csv", "predictions.csv"))
    assert len(splits) == 16 and "p\\udcf6p/caf\\udce9 2.wav" in set(splits["track_id"])
    # Of the worst answers and of the timelines.
    players = re.findall(
        r'<audio[^>]* src="([^"]*)"', (out / "report.html").read_text(encoding="utf-8")
    )
    assert players and all(
        player.startswith("../b%E4nd/") and "/caf%E9%20" in player for player in players
    )
    events = EventAccumulator(
        str(out / "tensorboard" / "test"), size_guidance={"audio": 0, "tensors": 0}
    ).Reload()
    assert sum(
        tag.endswith("_clip") for tag in events.Tags()["tensors"] + events.Tags()["audio"]
    ) == min(10, len(predictions))
    scored = kerasfeat("evaluate", out, "--data", strange, "--json")
    assert scored.code == 0, scored.err
    assert json.loads(scored.out)["data"]["rows"] == len(predictions)


def test_a_table_that_names_them_finds_them(
    kerasfeat: Callable, songs: Path, strange: Path, tmp_path: Path
) -> None:
    shutil.copytree(songs, strange / "corpus")
    ended = kerasfeat(
        "data", "sample", strange / "corpus", tmp_path / "drawn", "--by", "mood", "--each", "2"
    )
    assert ended.code == 0, ended.err
    assert "8 files, 8 readable" in kerasfeat("data", "check", tmp_path / "drawn").out


def test_a_run_directory_that_tensorflow_can_not_write_to_is_refused(
    kerasfeat: Callable, songs: Path, strange: Path
) -> None:
    ended = kerasfeat(
        "fit",
        "--members",
        "network",
        "--task",
        "mood",
        "--data",
        songs,
        "--inputs",
        "features",
        "--out",
        strange / "run",
    )
    assert ended.code == 1 and "nd/run can't be the run directory" in ended.err
    assert not (strange / "run").exists() and len(audio_files(strange)) == 18
