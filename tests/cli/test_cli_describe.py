"""`kerasfeat describe` on files that the tests write."""

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

import kerasfeat as kf
from kerasfeat.audio.decode import audio_files
from kerasfeat.audio.descriptors import COLUMNS as LOWLEVEL
from kerasfeat.cli._output import write_rows
from kerasfeat.inference import describe, parts
from kerasfeat.songs.schema import TAGS

RATE_HZ = 22_050


def click_track(path: Path, bpm: float, duration_s: float = 9.0, level: float = 0.5) -> None:
    """Write clicks at a tempo."""
    audio = np.zeros(round(duration_s * RATE_HZ))
    time_s = np.arange(400) / RATE_HZ
    for start in np.arange(0.05, duration_s - 0.1, 60 / bpm):
        place = round(start * RATE_HZ)
        audio[place : place + 400] += level * np.sin(2 * np.pi * 1200 * time_s)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio, RATE_HZ)


@pytest.fixture
def music(songs, tmp_path):
    """A folder with two click tracks, two synthesised songs, and a file that is no sound."""
    folder = tmp_path / "music"
    click_track(folder / "fast" / "click 150.flac", 150)
    click_track(folder / "#slow, 83.wav", 83, 11.0)
    for file in audio_files(songs)[:2]:
        shutil.copy(file, folder)
    (folder / "broken.mp3").write_bytes(b"")
    return folder


def described(ended):
    assert ended.code == 0, ended.err
    return {Path(row["audio"]).name: row for row in json.loads(ended.out)}


def test_songs_are_described_and_a_bad_file_is_a_row(kerasfeat, music):
    ended = kerasfeat("describe", music, "--format", "json")
    rows = described(ended)
    assert len(rows) == 5
    told = "1 of 5 audio files can't be used: their songs' rows say why"
    assert told in ended.err
    # Of those that are not shown it is said too.
    assert told in kerasfeat("describe", music, "--where", "tempo > 140").err
    assert rows["click 150.flac"]["tempo"] == pytest.approx(150, rel=0.01)
    assert rows["#slow, 83.wav"]["tempo"] == pytest.approx(83, rel=0.01)
    assert rows["click 150.flac"]["duration_ms"] == 9000
    assert rows["broken.mp3"]["error"] == "empty file (0 bytes)."
    assert rows["broken.mp3"]["tempo"] is None
    for name, row in rows.items():
        if name != "broken.mp3":
            assert row["error"] is None
            assert 0 <= row["tempo_confidence"] <= 1
            assert row["loudness_lufs"] < 0
    # One line each tells what would be heard with weights that are not here.
    assert ended.err.count("kerasfeat hub fetch musicnn_msd") == 1
    assert ended.err.count("kerasfeat hub fetch yamnet") == 1


@pytest.mark.parametrize(("broken", "code"), [(1, 0), (2, 1)])
def test_the_exit_code_tells_whether_most_files_failed(kerasfeat, tmp_path, broken, code):
    click_track(tmp_path / "click.flac", 120, 3.0)
    for number in range(broken):
        (tmp_path / f"broken {number}.mp3").write_bytes(b"")
    assert kerasfeat("describe", tmp_path, "--format", "csv").code == code
    assert kerasfeat("describe", tmp_path, "--out", tmp_path / "rows").code == code


def test_what_is_described_is_in_the_store(kerasfeat, music, own_cache, monkeypatch, tmp_path):
    monkeypatch.setenv("KERASFEAT_CACHE", str(tmp_path / "cache"))
    first = kerasfeat("describe", music, "--format", "json", "-j", "1")
    stored = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*")}
    again = kerasfeat("describe", music, "--format", "json")
    assert json.loads(again.out) == json.loads(first.out)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*")} == stored


def test_the_formats_say_the_same(kerasfeat, music, tmp_path):
    rows = list(described(kerasfeat("describe", music, "--format", "json")).values())
    lines = kerasfeat("describe", music, "--format", "jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == rows
    table = list(csv.DictReader(io.StringIO(kerasfeat("describe", music, "--format", "csv").out)))
    for read, row in zip(table, rows, strict=True):
        assert read == {name: "" if value is None else str(value) for name, value in row.items()}
    page = kerasfeat("describe", music, "--format", "html").out
    assert page.count("<tr>") == 1 + len(rows) and "#slow, 83" in page
    text = kerasfeat("describe", music).out
    assert "150.0 (" in text and "empty file" in text


def test_songs_that_lack_an_artist_or_a_title_are_called_by_what_they_have(kerasfeat, tmp_path):
    click_track(tmp_path / "click.wav", 120, 3.0)
    (tmp_path / "songs.csv").write_text(
        "track_id,artist,title,audio\na1,Ann,One,click.wav\na2,,Two,click.wav\na3,Cat,,click.wav\n"
        "a4,,Four,\na5,Eve,,\n"
    )
    _, *lines = kerasfeat("describe", tmp_path / "songs.csv").out.splitlines()
    assert [line.partition("  ")[0] for line in lines] == ["Ann - One", "a2", "a3", "Four", "a5"]


# The page's own script on its own cells, without a browser around it.
CLICKS = """
const page = require("fs").readFileSync(0, "utf8");
const all = (text, pattern) => [...text.matchAll(pattern)].map(found => found[1]);
const heads = all(page, /<th>(.*?)<\\/th>/g).map(name => (
  {name, dataset: {}, addEventListener(event, click) { this.click = click }}));
const rows = all(page, /<tr>(<td>.*?)<\\/tr>/g).map(row => (
  {cells: all(row, /<td>(.*?)<\\/td>/g).map(textContent => ({textContent}))}));
let shown = [];
const body = {rows, append: row => shown.push(row)};
global.document = {querySelectorAll: () => heads, querySelector: () => body};
eval(page.match(/<script>([^]*)<\\/script>/)[1]);
const place = heads.findIndex(head => head.name === process.argv[1]);
console.log(JSON.stringify([1, 2].map(() => {
  shown = [];
  heads[place].click();
  return shown.map(row => row.cells[place].textContent);
})));
"""


@pytest.mark.skipif(not shutil.which("node"), reason="needs node, which is not on this machine")
def test_the_page_sorts_by_values_and_leaves_empty_cells_last(capsys):
    cells = ["Track 10", -6.81, None, 0.3, "Track 9", -33, 0.2512, 1e-05, 7]
    write_rows([{"x": cell} for cell in cells], ["x"], "html")
    page = capsys.readouterr().out
    ended = subprocess.run(
        ["node", "-e", CLICKS, "x"], input=page, capture_output=True, check=True, text=True
    )
    known = ["-33", "-6.81", "1e-05", "0.2512", "0.3", "7", "Track 9", "Track 10"]
    assert json.loads(ended.stdout) == [[*known, ""], [*known[::-1], ""]]


def test_what_stands_on_the_terminal_is_called_as_conditions_call_it(kerasfeat, music):
    header = kerasfeat("describe", music / "#slow, 83.wav").out.split("\n")[0].split()
    assert header == ["song", "tempo", "key", "time_signature", "loudness_lufs", "length"]
    for name in header[1:-1]:
        ended = kerasfeat("describe", music / "#slow, 83.wav", "--where", f"{name} > -100")
        assert ended.code == 0, ended.err


def test_what_songs_are_chosen_and_sorted_by_is_shown(kerasfeat, music):
    asked = ["--sort", "-tempo half", "--where", '"duration ms" > 1 and tempo > 1 and title != "x"']
    lines = kerasfeat("describe", music / "#slow, 83.wav", *asked).out.splitlines()
    assert lines[0].split()[:5] == ["song", "tempo_half", "duration_ms", "tempo", "key"]
    half, length, tempo = lines[1].partition(".wav")[2].split()[:3]
    assert float(half) == pytest.approx(float(tempo) / 2, abs=0.06) and length == "11000"


def test_conditions_and_order(kerasfeat, music):
    given = ["describe", music, "--format", "json"]
    fast = described(kerasfeat(*given, "--where", "tempo > 140 and not title = 'nothing'"))
    assert "click 150.flac" in fast and "#slow, 83.wav" not in fast and "broken.mp3" not in fast
    either = kerasfeat(*given, "--where", '(Title == "CLICK 150" or `duration_ms` = 11000)')
    assert set(described(either)) == {"click 150.flac", "#slow, 83.wav"}
    longest = json.loads(kerasfeat(*given, "--sort", "-duration ms").out)
    lengths = [row["duration_ms"] for row in longest]
    assert lengths[-1] is None and lengths[:-1] == sorted(lengths[:-1], reverse=True)


def test_files_that_fail_count_where_a_condition_leaves_them_out(kerasfeat, music, tmp_path):
    slow, folder = music / "#slow, 83.wav", tmp_path / "mixed"
    folder.mkdir()
    (folder / "one.wav").write_bytes(slow.read_bytes())
    (folder / "two.wav").write_text("no music at all")
    words = ("describe", folder, "--where", "duration_ms > 1")
    assert kerasfeat(*words).code == 0
    (folder / "three.wav").write_text("no music either")
    assert kerasfeat(*words).code == 1


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("tempi > 3", "tempo"),
        ("tempo > ", "is missing at its end"),
        ("tempo 3", "comparison"),
        ("(tempo > 3", "')' is missing"),
        ("tempo > 3 mode = 1", "does not belong there"),
        ("__import__('os') > 1", "column"),
        ("tempo > 3; mode", "not part of a condition"),
    ],
)
def test_conditions_that_cannot_be_read_are_told(kerasfeat, music, where, said):
    ended = kerasfeat("describe", music, "--where", where)
    assert ended.code == 1 and said in ended.err and not ended.out


def test_a_playlist_names_files_as_players_find_them(kerasfeat, music, tmp_path):
    ended = kerasfeat(
        "describe", music, "--where", "duration_ms >= 9000", "--playlist", music / "all.m3u8"
    )
    assert ended.code == 0
    lines = (music / "all.m3u8").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#EXTM3U"
    places = [line for line in lines[1:] if not line.startswith("#EXTINF")]
    assert "./#slow, 83.wav" in places and "fast/click 150.flac" in places
    assert all((music / place).is_file() for place in places)
    assert "#EXTINF:9,click 150" in lines
    kerasfeat("describe", music, "--playlist", tmp_path / "else where" / "all.m3u8")
    other = (tmp_path / "else where" / "all.m3u8").read_text(encoding="utf-8")
    assert str(music / "fast" / "click 150.flac") in other


def test_tags_and_sounds_of_networks_and_answers_of_runs(
    kerasfeat, music, backbones, tabular, fused
):
    runs = ("--run", tabular.path, "--run", fused.path)
    rows = described(kerasfeat("describe", music, *runs, "--format", "json"))
    row = rows["click 150.flac"]
    assert 0 <= row["female_vocalists"] <= 1 and 0 <= row["hip_hop"] <= 1
    assert len(row["sounds"]) == 3
    assert 0 <= row["energy"] <= 1 and row["mood"] in ("calm", "energetic", "happy", "sad")
    assert row["probability_calm"] + row["probability_sad"] <= 1.001
    assert rows["broken.mp3"]["energy"] is None and rows["broken.mp3"]["mood"] is None
    twice = [word for _ in range(3) for word in ("--run", tabular.path)]
    pair = described(kerasfeat("describe", music, *twice[:4], "--json"))["click 150.flac"]
    assert pair[f"{tabular.path.name}.energy"] == pair["energy"] == row["energy"]
    ended = kerasfeat("describe", music, *twice)
    assert ended.code == 1 and "two runs are called" in ended.err


def test_what_a_run_answers_without_is_told_once(
    kerasfeat, music, tabular, fused, tmp_path, monkeypatch, capfd
):
    monkeypatch.setattr(describe, "BLOCK_SONGS", 2)
    monkeypatch.setattr(parts, "PART_SONGS", 3)
    runs = ("--run", tabular.path, "--run", fused.path)
    printed = kerasfeat("describe", music, *runs, "--format", "csv").err
    written = kerasfeat("describe", music, *runs, "--out", tmp_path / "out", "-j", 2).err
    kf.describe(music, runs=[tabular.path, fused.path])
    for told in (printed, written, capfd.readouterr().err):
        for run in (tabular.path, fused.path):
            model = f"the model in {run}"
            asked = rf"data: the songs have \d+ of the \d+ columns that {model} reads; no song has "
            (lacking,) = re.findall(f"{asked}(.*), for which it uses", told)
            assert "danceability" in lacking and "tempo" not in lacking
            assert told.count(f"{model}: It was trained on kerasfeat's own synthesised songs") == 1
    # A table may have what can't be measured, or nothing in a column that could be.
    table = pd.DataFrame({"audio": [music / "#slow, 83.wav"], "danceability": 0.25, "tempo": ""})
    table.to_csv(tmp_path / "mine.csv", index=False)
    told = kerasfeat("describe", tmp_path / "mine.csv", "--run", tabular.path).err
    (lacking,) = re.findall("no song has (.*), for which it uses", told)
    assert "danceability" not in lacking and "tempo" in lacking


def test_all_songs_decide_what_a_run_reads_from_the_table(kerasfeat, songs, tmp_path, monkeypatch):
    monkeypatch.setattr(describe, "BLOCK_SONGS", 1)
    numbers = np.random.default_rng(7).uniform(-1, 1, (60, len(LOWLEVEL)))
    known = pd.DataFrame(numbers, columns=list(LOWLEVEL)).assign(
        artist=[f"artist {row}" for row in range(60)],
        mood=np.where(numbers[:, 4] > 0, "calm", "happy"),
    )
    run = kf.fit(known, "mood", members=["linear"], inputs=["lowlevel"], out=tmp_path / "run")
    rows = [{"audio": file} for file in audio_files(songs)[:3]]
    rows[1][LOWLEVEL[4]] = 0.5
    pd.DataFrame(rows).to_csv(tmp_path / "mine.csv", index=False)
    table = kf.describe(tmp_path / "mine.csv", runs=run)
    wanted = run.predict(tmp_path / "mine.csv")
    assert wanted["mood"].isna().tolist() == [True, False, True]
    for name in ("mood", "probability_calm"):
        pd.testing.assert_series_equal(table[name], wanted[name], check_dtype=False)


def test_a_table_is_read_as_those_of_the_runs_were(kerasfeat, music, tmp_path):
    glow = np.random.default_rng(3).uniform(0, 50, 60)
    known = pd.DataFrame({"glow": glow, "danceability": 2 * glow})
    known = known.assign(
        artist=[f"artist {row}" for row in range(60)],
        mood=np.where(glow > 20, "happy", "sad"),
        energy=glow / 10,
    )
    data = {"members": ["linear"], "inputs": ["features"], "columns": ["glow"]}
    mood = kf.fit(known, "mood", **data, out=tmp_path / "mood")
    rated = {"targets": ["energy"], "ranges": {"energy": (0, 5)}}
    rating = kf.fit(known, "attributes", **data, **rated, out=tmp_path / "rating")
    files = audio_files(music)[:3]
    own = {"glow": ["45,5", "2", "9"], "danceability": [0.9, 1, 0.4], "energy": [4.5, 0.5, 3]}
    pd.DataFrame({"audio": files, **own}).to_csv(tmp_path / "mine.csv", index=False)
    ended = kerasfeat(
        *("describe", tmp_path / "mine.csv", "--json"),
        *("--run", mood.path, "--run", rating.path),
    )
    rows = json.loads(ended.out)
    answers = [run.predict(tmp_path / "mine.csv") for run in (mood, rating)]
    good = [place for place, row in enumerate(rows) if not row["error"]]
    assert len(good) >= 2
    for place in good:
        assert rows[place]["probability_sad"] == pytest.approx(answers[0]["probability_sad"][place])
        assert rows[place]["energy"] == pytest.approx(answers[1]["energy"][place])
    assert [row["energy (table)"] for row in rows] == own["energy"]
    assert "decimal comma" in ended.err


def test_described_songs_train_a_model_of_their_tags(kerasfeat, songs, backbones, tmp_path):
    table = pd.read_csv(songs / "tracks.csv").head(60)[["track_id", "artist", "audio", "mood"]]
    table["audio"] = [str(songs / audio) for audio in table["audio"]]
    table.to_csv(tmp_path / "labelled.csv", index=False)
    ended = kerasfeat("describe", tmp_path / "labelled.csv", "--format", "csv")
    assert ended.code == 0, ended.err
    (tmp_path / "described.csv").write_text(ended.out, encoding="utf-8")
    words = ("--inputs", "features,tags", "--set", "epochs=1")
    ended = kerasfeat(
        *("fit", "--task", "mood", "--data", tmp_path / "described.csv", *words),
        *("--out", tmp_path / "run"),
    )
    assert ended.code == 0, ended.err
    state = json.loads((tmp_path / "run" / "run.json").read_text())
    assert {"tempo", "key", "tag_happy", "tag_female_vocalists"} <= set(state["columns"])


def test_a_tables_own_columns_stand_beside_what_is_described(kerasfeat, music, fused, tmp_path):
    click = music / "fast" / "click 150.flac"
    own = {"error": "broken once", "sounds": "birds; rain", "probability_calm": "never"}
    own |= {"timeline": "0:10 loud", "probabilities": "even"}
    own |= {"tempo": 75.0, "tempo (table)": "felt", **dict.fromkeys(TAGS, 0.5)}
    rows = [{"audio": audio, "artist": "Ann", "mood": "mine", **own} for audio in (click, "gone")]
    pd.DataFrame(rows).to_csv(tmp_path / "mine.csv", index=False)
    runs = ("--run", fused.path)
    ended = kerasfeat("describe", tmp_path / "mine.csv", *runs, "--format", "csv")
    assert ended.code == 0, ended.err
    (tmp_path / "described.csv").write_text(ended.out, encoding="utf-8")
    header, *_ = csv.reader(io.StringIO(ended.out))
    assert len(header) == len(set(header))
    good, gone = csv.DictReader(io.StringIO(ended.out))
    assert good["mood"] in ("calm", "energetic", "happy", "sad") and gone["mood"] == ""
    assert good["error"] == "" and gone["error"] == "no audio file"
    assert float(good["tempo"]) == pytest.approx(150, rel=0.01) and gone["tempo"] == ""
    for row in (good, gone):
        assert row["mood (table)"] == "mine" and row["error (table)"] == "broken once"
        assert row["timeline (table)"] == "0:10 loud" and row["probabilities (table)"] == "even"
        assert row["tempo (table) (table)"] == "75.0" and row["tempo (table)"] == "felt"
        assert row["rock (table)"] == row["happy (table)"] == "0.5" and "tag_rock" not in row
        assert row["sounds (table)"] == "birds; rain" and row["probability_calm (table)"] == "never"
    assert "birds" not in kerasfeat("describe", tmp_path / "mine.csv").out
    # What was described is a table too.
    table, out = tmp_path / "described.csv", tmp_path / "parts"
    songs = ("--format", "csv", "--playlist", tmp_path / "p.m3u8")
    again = kerasfeat("describe", table, *runs, *songs)
    (header, *_), rows = csv.reader(io.StringIO(again.out)), csv.DictReader(io.StringIO(again.out))
    assert len(header) == len(set(header)) and "playlist: " in again.err
    assert [row["error"] for row in rows] == ["", "no audio file"]
    assert str(click.relative_to(tmp_path)) in (tmp_path / "p.m3u8").read_text(encoding="utf-8")
    assert kerasfeat("describe", table, *runs, "--out", out).code == 0
    written = pd.read_parquet(out)
    assert list(written) == header and written["tempo"][0] == pytest.approx(150, rel=0.01)
    assert written["probability_calm"].dtype == "float64"


def test_python_gives_the_same_table(kerasfeat, music):
    table = kf.describe(music, where="tempo > 100")
    rows = json.loads(kerasfeat("describe", music, "--where", "tempo > 100", "--json").out)
    assert table["track_id"].to_list() == [row["track_id"] for row in rows]
    assert table["tempo"].to_list() == [row["tempo"] for row in rows]
    assert isinstance(table, pd.DataFrame) and "loudness_lufs" in table


def test_only_bad_files_are_a_failure(kerasfeat, tmp_path):
    (tmp_path / "empty.wav").write_bytes(b"")
    ended = kerasfeat("describe", tmp_path / "empty.wav", tmp_path / "none.mp3", "--format", "csv")
    assert ended.code == 1
    assert [row["error"] for row in csv.DictReader(io.StringIO(ended.out))] == [
        "empty file (0 bytes).",
        "no such file.",
    ]


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
@pytest.mark.slow
def test_a_stopped_describe_says_so_and_goes_on(kerasfeat, tmp_path):
    music = tmp_path / "music"
    for number in range(150):
        click_track(music / f"{number}.wav", 60 + number, 20.0)
    # Tests that run in the background ignore interrupts, and so would what they start.
    begin = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    command = [sys.executable, "-c", f"{begin}import kerasfeat.__main__", "describe", "-j", "1"]
    with subprocess.Popen([*command, str(music)], stderr=subprocess.PIPE, text=True) as stopped:
        said = []
        while not any(line.startswith("describing: ") for line in said):
            said.append(stopped.stderr.readline())
        stopped.send_signal(signal.SIGINT)
        said += stopped.stderr.readlines()
    assert stopped.returncode == 130
    assert "stopped: finished files are kept; run the same command again to resume\n" in said
    assert len(described(kerasfeat("describe", music, "--format", "json"))) == 150
