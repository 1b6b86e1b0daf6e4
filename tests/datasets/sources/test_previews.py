import csv
import json
import shutil
import subprocess

import pytest
from source_services import Reply, json_reply, play_clips

from kerasfeat import KerasfeatError
from kerasfeat.datasets.sources import previews
from kerasfeat.songs import loading

CODES = [f"USRC1760{i:04d}" for i in range(23)]


@pytest.fixture
def table(tmp_path):
    """23 songs with ISRCs, and one without."""
    path = tmp_path / "mine.csv"
    rows = [
        f"t{i},{code[:2]}-{code[2:]},Song {i},{['sad', 'happy'][i % 2]}"
        for i, code in enumerate(CODES)
    ]
    path.write_text("\n".join(["track_id,isrc,title,mood", *rows, "t99,,Song without,sad"]) + "\n")
    return path


@pytest.fixture
def clip(mp3):
    return Reply(mp3, content_type="audio/mpeg")


@pytest.fixture
def rows(tmp_path):
    def read():
        with (tmp_path / "out" / "tracks.csv").open(newline="") as file:
            return {row["track_id"]: row for row in csv.DictReader(file)}

    return read


def test_clips_are_checked_before_they_are_kept(
    services, sources_at, table, tmp_path, rows, clip, mp3, monkeypatch, capsys
):
    monkeypatch.setattr(previews, "CLIP_BYTES", 50_000)
    monkeypatch.setattr(previews.shutil, "which", lambda program: "there")
    bad = {
        CODES[1]: Reply(b"<html>Not in your country</html>", content_type="audio/mpeg"),
        CODES[2]: Reply(b"", content_type="audio/mpeg"),
        CODES[3]: Reply(mp3 * 60, content_type="audio/mpeg"),
        CODES[4]: Reply(b"gone", 404),
        CODES[5]: Reply(b"\x89PNG\r\n" + mp3, content_type="audio/mpeg"),
    }
    play_clips(
        services,
        {code: clip for code in CODES[:20] if code != CODES[7]} | bad,
        itunes={CODES[7]: clip},
    )
    assert previews.make(table, tmp_path / "out") == 24
    found = rows()
    good = [i for i in range(20) if i not in (1, 2, 3, 4, 5)]
    assert [i for i in range(23) if found[f"t{i}"]["audio"]] == good
    assert (
        found["t0"]["audio"] == f"audio/{CODES[0]}.mp3"
        and found["t0"]["audio_source"] == "deezer"
        and found["t7"]["audio_source"] == "itunes"
    )
    assert sorted(file.name for file in (tmp_path / "out" / "audio").iterdir()) == sorted(
        f"{CODES[i]}.mp3" for i in good
    )
    why = {
        failure["what"]: failure["why"]
        for failure in json.loads((tmp_path / "out" / "provenance.json").read_text())["failed"]
    }
    assert "not audio: it is text" in why[CODES[1]] and "(404)" in why[CODES[4]]
    assert (
        "empty file" in why[CODES[2]] and "can't be had" in why[CODES[3]] and "PNG" in why[CODES[5]]
    )
    assert why[CODES[20]] == "deezer: unknown; itunes: unknown" and why["t99"].startswith("no ISRC")
    assert "1 clip: no ISRC (column isrc) (t99)" in capsys.readouterr().err
    assert "hdnea" not in "".join(
        file.read_text() for file in (tmp_path / "out").glob("*.*") if file.is_file()
    )
    assert loading.load_songs(tmp_path / "out").frame["audio"].notna().sum() == 15


def test_deezers_quota_is_waited_for(services, sources_at, table, tmp_path, rows, clip):
    play_clips(services, dict.fromkeys(CODES, clip))
    services.spoil = [
        json_reply({"error": {"type": "Exception", "message": "Quota limit exceeded", "code": 4}})
    ] * 3
    assert previews.make(table, tmp_path / "out") == 24
    assert sum(bool(row["audio"]) for row in rows().values()) == 23


@pytest.mark.parametrize(
    "odd",
    [
        {"error": "none"},
        {},
        {"isrc": 7, "preview": "x"},
        {"isrc": CODES[0]},
        {"isrc": CODES[0], "preview": {"at": 1}},
    ],
)
def test_an_answer_that_is_not_as_documented_is_told_and_asked_for_again(
    services, sources_at, table, tmp_path, clip, odd
):
    play_clips(services, {CODES[0]: clip})
    good = services.routes["/track/"]
    services.routes["/track/"] = lambda *given: json_reply(odd)
    with pytest.raises(KerasfeatError, match="Deezer answers in another form than it documents"):
        previews.make(table, tmp_path / "out", limit=1)
    services.routes["/track/"] = good
    assert (
        previews.make(table, tmp_path / "out", limit=1) == 1
        and (tmp_path / "out" / "audio" / f"{CODES[0]}.mp3").is_file()
    )


def test_itunes_that_is_asked_too_often_is_come_back_to(
    services, sources_at, table, tmp_path, rows, clip, monkeypatch
):
    monkeypatch.setattr(previews.shutil, "which", lambda program: "there")
    play_clips(services, dict.fromkeys(CODES[:9], clip), itunes=dict.fromkeys(CODES[9:], clip))
    good = services.routes["/lookup"]
    services.routes["/lookup"] = lambda *given: Reply(b"", 403)
    with pytest.raises(
        KerasfeatError, match="14 clips could not be fetched now: .*/lookup answers 403"
    ):
        previews.make(table, tmp_path / "out")
    services.routes["/lookup"] = good
    previews.make(table, tmp_path / "out")
    assert sum(bool(row["audio"]) for row in rows().values()) == 23


def test_another_recording_is_not_taken(
    services, sources_at, table, tmp_path, rows, clip, monkeypatch
):
    monkeypatch.setattr(previews.shutil, "which", lambda program: "there")
    play_clips(services, {CODES[0]: clip})
    services.routes["/track/"] = lambda *given: json_reply(
        {"isrc": "FRZ110000001", "preview": f"{services.url}/clip/deezer/{CODES[0]}?hdnea=1"}
    )
    previews.make(table, tmp_path / "out", limit=1)
    assert rows()["t0"].get("audio") is None


def test_itunes_waits_for_ffmpeg_and_nothing_is_lost(
    services, sources_at, table, tmp_path, rows, clip, monkeypatch
):
    play_clips(services, dict.fromkeys(CODES[:21], clip), itunes=dict.fromkeys(CODES[21:], clip))
    monkeypatch.setattr(previews.shutil, "which", lambda program: None)
    with pytest.raises(
        KerasfeatError, match="2 clips could not be fetched now: .* need the ffmpeg program"
    ):
        previews.make(table, tmp_path / "out")
    assert sum(bool(row["audio"]) for row in rows().values()) == 21
    services.asked.clear()
    monkeypatch.setattr(previews.shutil, "which", lambda program: "there")
    previews.make(table, tmp_path / "out")
    assert sum(bool(row["audio"]) for row in rows().values()) == 23
    assert sum(path == "/lookup" for path, _ in services.asked) == 2 and len(services.asked) == 6


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs the ffmpeg program")
def test_a_clip_in_m4a_is_kept(services, sources_at, table, tmp_path, rows, mp3):
    (tmp_path / "clip.mp3").write_bytes(mp3)
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", "clip.mp3", "-c:a", "aac", "clip.m4a"],
        cwd=tmp_path,
        check=True,
    )
    play_clips(services, {}, itunes={CODES[0]: Reply((tmp_path / "clip.m4a").read_bytes())})
    previews.make(table, tmp_path / "out", limit=1)
    assert rows()["t0"]["audio"] == f"audio/{CODES[0]}.m4a"


def test_a_clip_that_was_removed_is_got_again(services, sources_at, table, tmp_path, clip):
    play_clips(services, dict.fromkeys(CODES, clip))
    previews.make(table, tmp_path / "out")
    (tmp_path / "out" / "audio" / f"{CODES[4]}.mp3").unlink()
    services.asked.clear()
    previews.make(table, tmp_path / "out")
    assert len(services.asked) == 2 and (tmp_path / "out" / "audio" / f"{CODES[4]}.mp3").is_file()


def test_clips_come_from_the_named_hosts_only(
    services, elsewhere, sources_at, table, tmp_path, rows, clip, monkeypatch
):
    monkeypatch.setattr(previews.shutil, "which", lambda program: "there")
    play_clips(services, {CODES[0]: clip})
    ours = services.routes["/track/"]
    theirs = json_reply({"isrc": CODES[1], "preview": f"{elsewhere.url}/clip"})
    services.routes["/track/"] = lambda path, *given: (
        theirs if path.endswith(CODES[1]) else ours(path, *given)
    )
    elsewhere.routes["/clip"] = lambda *given: clip
    assert previews.make(table, tmp_path / "out", limit=2) == 2
    assert [bool(row["audio"]) for row in rows().values()] == [True, False] and not elsewhere.asked


def test_a_table_without_isrcs_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("track_id,title\nx,y\n")
    with pytest.raises(KerasfeatError, match=r"has ISRC \(column isrc\)"):
        previews.make(tmp_path / "t.csv", tmp_path / "out")
