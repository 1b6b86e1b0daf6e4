import json

import pandas as pd
import pytest

from kerasfeat.datasets.sources import sources


@pytest.mark.parametrize("name", [*sources.names(), "join", "sample", "card"])
def test_every_source_explains_itself(kerasfeat, name):
    ended = kerasfeat("data", name, "-h")
    assert ended.code == 0 and ended.err == "" and len(ended.out.splitlines()) > 5
    if name in sources.names():
        assert sources.get(name).origin.licence.split()[0] in ended.out


def test_data_lists_every_source_and_suggests_the_rest(kerasfeat):
    listed = kerasfeat("data", "-h").out
    assert all(
        f"\n  {name} " in listed
        for name in [*sources.names(), "check", "demo", "join", "sample", "card"]
    )
    ended = kerasfeat("data", "spotfy", "out")
    assert (
        ended.code == 2 and "unknown source or command 'spotfy'. Did you mean spotify" in ended.err
    )


def test_a_table_is_brought_in_sampled_joined_and_described(kerasfeat, songs, tmp_path):
    table = pd.read_csv(songs / "tracks.csv").drop(columns=["audio", "source"])
    table.rename(columns={"mood": "feels"}).to_csv(tmp_path / "mine.csv", index=False)
    ended = kerasfeat(
        "data", "csv", tmp_path / "mine.csv", tmp_path / "in", "--map", "feels=mood", "--name", "me"
    )
    assert ended.code == 0 and ended.out.startswith(
        f"{tmp_path / 'in'}: 70 songs from csv. Next: kerasfeat data check"
    )
    assert json.loads((tmp_path / "in" / "provenance.json").read_text())["query"]["map"] == [
        "feels=mood"
    ]
    ended = kerasfeat(
        "data", "sample", tmp_path / "in", tmp_path / "few", "--by", "mood", "--each", "5"
    )
    assert "20 songs, 5 to 5 of each of 4 moods" in ended.out
    ended = kerasfeat("data", "join", tmp_path / "few", songs, tmp_path / "both")
    assert ended.code == 0 and "id                20" in ended.out and "matches.csv" in ended.out
    ended = kerasfeat("data", "card", tmp_path / "both", "--no-audio")
    assert ended.out.strip() == str(tmp_path / "both" / "card.html")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("csv nowhere.csv out", "nowhere.csv is not a table"),
        ("gtzan nowhere out", "nowhere is not a folder. It should have"),
        ("spotify out", "say what to bring in: --playlist"),
        ("join nowhere.csv nowhere.csv out", "nowhere.csv is not a table"),
        ("sample nowhere.csv out --by mood", "nowhere.csv is not a table"),
        ("card nowhere.csv", "nowhere.csv doesn't exist"),
    ],
)
def test_what_the_user_can_mend_is_one_line(kerasfeat, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    ended = kerasfeat("data", *words.split())
    assert (
        ended.code == 1
        and ended.err.splitlines()[-1].startswith("kerasfeat: ")
        and message in ended.err
    )
    assert "Traceback" not in ended.err


def test_a_command_that_was_mistyped_may_be_given_again(kerasfeat, tmp_path):
    (tmp_path / "c.csv").write_text("id,feeling,energy\na,sad,0.5\nb,calm,0.25\n")
    words = ["data", "csv", tmp_path / "c.csv", tmp_path / "out", "--map"]
    ended = kerasfeat(*words, "feelin=mood")
    assert (
        ended.code == 1 and "Did you mean feeling" in ended.err and not (tmp_path / "out").exists()
    )
    ended = kerasfeat(*words, "feeling=mood")
    assert ended.code == 0 and "2 songs from csv" in ended.out
