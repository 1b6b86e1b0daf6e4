"""Labels and artists as people and programs write them."""

import pytest

from kerasfeat.datasets.check import check, render
from kerasfeat.songs.identity import people
from kerasfeat.songs.loading import load_songs
from kerasfeat.tasks import tasks


def test_labels_of_other_case_or_spaces_are_one_and_told(table, told):
    moods = ["Happy", "happy", "HAPPY ", "Happy", "so  sad", "So Sad", "so  sad", "hip\u00a0hop"]
    tracks = load_songs(
        table("energy,mood\n" + "".join(f"0.5,{mood}\n" for mood in moods)), task=tasks.get("mood")
    )
    assert tracks.frame["mood"].tolist() == ["Happy"] * 4 + ["so sad"] * 3 + ["hip hop"]
    assert (
        "mood: labels that differ in case, spaces or marks alone are one: 'happy', 'HAPPY' as "
        "'Happy'; 'So Sad' as 'so sad'" in told(tracks)
    )


def test_several_labels_of_a_song_are_joined_too(table):
    tracks = load_songs(
        table(
            "energy,genres\n0.5,Rock; rock ; Pop\n0.5,\"['pop', 'unknown']\"\n0.5,set()\n0.5,pop\n"
        )
    )
    assert tracks.frame["genres"].tolist() == [("Rock", "pop"), ("pop",), None, ("pop",)]


@pytest.mark.parametrize(
    "nothing",
    [
        *["set()", "[]", "empty_field", "Unknown", "NAN", "['']", "{}", "undefined"],
        *["none", "Missing", "n.a.", "Na", "-", "?", "\\N", "various artists"],
    ],
)
def test_what_says_that_there_is_none_is_no_label_and_no_artist(table, told, nothing):
    tracks = load_songs(
        table(
            f"energy,mood,genre,feel,artist,title\n0.5,{nothing},pop,{nothing},{nothing},{nothing}\n0.5,sad,{nothing},ok,Ann,x\n"
        )
    )
    assert tracks.frame["mood"].tolist() == [None, "sad"] and tracks.frame["genre"].tolist() == [
        "pop",
        None,
    ]
    assert [people(names) for names in tracks.frame["artists"]] == [
        set(),
        {"ann"},
    ] and tracks.frame["title"][0] == nothing
    if nothing not in ("[]", "['']", "various artists"):  # no artists, or shown as they are
        assert f"artist: means that there is none, read as missing (line 2 {nothing!r})" in told(
            tracks
        )
    assert f"mood: means that there is none, read as missing (line 2 {nothing!r})" in told(tracks)
    tracks = load_songs(tracks.path, label="feel", task=tasks.get("mood"))
    assert tracks.frame["mood"].tolist() == [
        "ok"
    ] and f"feel: means that there is none, read as missing (line 2 {nothing!r})" in told(tracks)


def test_various_artists_are_shown_and_are_nobody(table):
    tracks = load_songs(
        table(
            "energy,artist\n0.5,Various Artists\n0.4,various artists\n0.3,Ann; Unknown "
            "Artist\n0.2,Ann\n0.1,\n"
        )
    )
    assert [people(names) for names in tracks.frame["artists"]] == [
        set(),
        set(),
        {"ann"},
        {"ann"},
        set(),
    ] and tracks.frame["artist"][0] == "Various Artists"
    summary = check(tracks)
    assert summary["artists"] == 1 and summary["by_nobody"] == {
        "Various Artists": 1,
        "various artists": 1,
    }
    assert (
        "songs by nobody in particular, each as if it had no artist: 'Various Artists' "
        "(1), 'various artists' (1)" in render(summary)
    )


@pytest.mark.parametrize(
    ("text", "beats"), [("4/4", 4), ("3 / 4", 3), ("6/8", 6), ("5", 5), ("4.0", 4)]
)
def test_time_signatures(table, text, beats):
    tracks = load_songs(table(f"energy,time_signature\n0.5,{text}\n0.5,7/4\n"))
    assert tracks.frame["time_signature"].tolist() == [beats, 7] and tracks.problems == ()


def test_time_signatures_that_are_none(table, told):
    tracks = load_songs(table("energy,time_signature\n0.5,0/4\n0.5,4/4/4\n0.5,9/4\n0.5,waltz\n"))
    assert tracks.frame["time_signature"].isna().all()
    assert "stands for unknown" in told(
        tracks
    ) and "not a number of beats (0 to 7, or a time signature such as 3/4)" in told(tracks)


def test_time_signatures_of_the_shared_case(shared_data):
    assert (
        load_songs(shared_data / "cases" / "time_signature_4_4.csv")
        .frame["time_signature"]
        .value_counts()
        .to_dict()[4]
        > 80
    )


def test_labels_that_differ_in_apostrophes_or_in_how_accents_are_written_are_one(table):
    moods = ["Children's", "Children\u2019s", "Children's", "café", "cafe\u0301"]
    rows = "\n".join(f"{row},0.{row},{mood}" for row, mood in enumerate(moods, 1))
    songs = load_songs(table(f"id,energy,mood\n{rows}\n"))
    assert songs.frame["mood"].tolist() == ["Children's"] * 3 + ["café"] * 2
    assert any("marks alone are one" in problem.message for problem in songs.problems)


def test_labels_and_artists_that_differ_in_signs_that_show_nothing_are_one(table, told):
    rows = "sad,Ann\nsad\u200b,An\u00adn\ns\u00adad,Ann\u200e\n"
    tracks = load_songs(
        table("energy,mood,artist\n" + "".join(f"0.5,{row}\n" for row in rows.split()))
    )
    assert tracks.frame["mood"].tolist() == ["sad"] * 3
    assert "mood: labels that differ in case, spaces or marks alone are one" in told(tracks)
    assert check(tracks)["artists"] == check(tracks)["groups"] == 1


def test_songs_by_a_dash_are_by_nobody(table):
    tracks = load_songs(table("energy,artist\n0.5,-\n0.25,-\n0.125,?\n"))
    assert check(tracks)["groups"] == 3 and check(tracks)["artists"] == 0


def test_whole_numbers_as_labels_are_one_with_and_without_a_decimal_point(table, told):
    rows = ["1,2; 3", "1.0,2.0;3", "1.00,3.0", "-1.0,2.5", "-1,10"]
    tracks = load_songs(table("energy,mood,genres\n0.5," + "\n0.5,".join(rows)))
    assert tracks.frame["mood"].tolist() == ["1"] * 3 + ["-1.0"] * 2
    assert tracks.frame["genres"].tolist() == [("2", "3"), ("2", "3"), ("3",), ("2.5",), ("10",)]
    assert "alone are one: '1.0', '1.00' as '1'; '-1' as '-1.0'" in told(tracks)
