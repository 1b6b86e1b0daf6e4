import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from source_services import (
    Reply,
    play_clips,
    play_reccobeats,
    play_spotify,
    settings,
    spotify_track,
)

from kerasfeat.datasets.http.journal import Journal
from kerasfeat.datasets.sources import sources

HERE = Path(__file__).parent
SONGS = {f"{i:03d}aBcDeFgHiJkLmNoPqRs": f"GBAYE68{i:05d}" for i in range(41)}
# Tests that run in the background ignore interrupts, and so would what they start.
CODE = """
import json, signal, sys
import importlib
signal.signal(signal.SIGINT, signal.default_int_handler)
name, places, out, options, patches = json.loads(sys.argv[1])
from kerasfeat.datasets.sources import sources
source = sources.get(name)
for path, value in patches:
    module, _, attribute = path.rpartition(".")
    setattr(importlib.import_module(module), attribute, value)
source.make(*places, out, **options)
"""


@pytest.fixture
def table(tmp_path):
    rows = [
        f"{track_id},{isrc},Song {i},{['sad', 'happy'][i % 2]}"
        for i, (track_id, isrc) in enumerate(SONGS.items())
    ]
    (tmp_path / "table.csv").write_text("\n".join(["track_id,isrc,title,mood", *rows]) + "\n")
    return str(tmp_path / "table.csv")


@pytest.fixture
def crawls(services, table, mp3, monkeypatch):
    """name -> (places, options, further patches, most requests under way at once)."""
    monkeypatch.setenv("SPOTIPY_CLIENT_ID", "cl1ent")
    monkeypatch.setenv("SPOTIPY_CLIENT_SECRET", "s3cret")
    play_reccobeats(services, SONGS, unknown=list(SONGS)[7:9])
    play_clips(services, {isrc: Reply(mp3, content_type="audio/mpeg") for isrc in SONGS.values()})
    play_spotify(services, {"folk": [spotify_track(i) for i in range(173)]})
    return {
        "reccobeats": ([table], {}, [("kerasfeat.datasets.sources.reccobeats.BATCH", 2)], 4),
        "previews": ([table], {}, [], 8),
        "spotify": ([], {"genre": ["folk"]}, [], 4),
    }


def start(services, name, crawl, out):
    places, options, patches, _ = crawl
    given = json.dumps([name, places, str(out), options, settings(services.url) + patches])
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(HERE.parents[2]), os.environ.get("PYTHONPATH", "")]),
    }
    return subprocess.Popen(
        [sys.executable, "-c", CODE, given], env=environment, stderr=subprocess.PIPE, text=True
    )


def things(asked):
    """How many things were asked for, whether together or alone."""
    return sum(
        len(query.get("ids", "x")[0].split(","))
        if "," in query.get("ids", "x")[0]
        else len(query.get("ids", "x"))
        for _, query in asked
    )


@pytest.mark.parametrize("name", ["reccobeats", "previews", "spotify"])
def test_a_crawl_that_is_killed_ends_with_the_same_table(
    services, sources_at, crawls, tmp_path, name
):
    services.pause_s = 0.04
    out = tmp_path / "out"
    for answers in (3, 9):
        process = start(services, name, crawls[name], out)
        while (
            not (out / "answers.jsonl").is_file()
            or (out / "answers.jsonl").read_bytes().count(b"\n") < answers
        ):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
    places, options, _, under_way = crawls[name]
    services.pause_s = 0.0
    sources.get(name).make(*places, out, **options)
    asked = things(services.asked)
    services.asked.clear()
    sources.get(name).make(*places, tmp_path / "whole", **options)
    needed = things(services.asked)
    assert (out / "tracks.csv").read_bytes() == (tmp_path / "whole" / "tracks.csv").read_bytes()
    assert asked <= needed + 2 * under_way  # twice only what was under way at the kills
    assert json.loads((out / "provenance.json").read_text())["complete"]
    assert not list(out.rglob("*.partial"))


def test_interrupted_by_the_user_what_there_is_can_be_used(services, sources_at, crawls, tmp_path):
    services.pause_s = 0.05
    out = tmp_path / "out"
    process = start(services, "reccobeats", crawls["reccobeats"], out)
    while (
        not (out / "answers.jsonl").is_file()
        or (out / "answers.jsonl").read_bytes().count(b"\n") < 6
    ):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert "run the same command again to resume." in process.communicate()[1]
    table = (out / "tracks.csv").read_text()
    assert table.count("\n") == 42 and 6 <= table.count("reccobeats") < 41
    assert not json.loads((out / "provenance.json").read_text())["complete"]


def test_an_interrupt_does_not_wait_for_a_service(services, sources_at, crawls, tmp_path):
    services.routes["/v1/audio-features"] = lambda *given: Reply(
        b"", 429, headers={"Retry-After": "100"}
    )
    process = start(services, "reccobeats", crawls["reccobeats"], tmp_path / "out")
    while not services.asked:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert (tmp_path / "out" / "tracks.csv").read_text().count("\n") == 42


@pytest.mark.parametrize("cut", range(1, 21, 3))
def test_a_journal_cut_anywhere_keeps_its_whole_lines(tmp_path, cut):
    path = tmp_path / "answers.jsonl"
    journal = Journal(path)
    journal.add("a", {"é\n": 1})
    journal.add("b", None)
    journal.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - cut])
    again = Journal(path)
    assert again.answers in ({"a": {"é\n": 1}}, {})
    again.add("c", [7])
    again.close()
    assert Journal(path).answers["c"] == [7]
