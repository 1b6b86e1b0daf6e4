import json

import numpy as np
import pandas as pd
import pytest

from kerasfeat.evaluation import slices
from kerasfeat.evaluation.predictions import TestPredictions
from kerasfeat.evaluation.report import write_report
from kerasfeat.targets import Multiclass, Multilabel, Regression

MOOD = Multiclass("mood", ("calm", "sad"))


def answered(right: list[bool], **columns: list[str]) -> TestPredictions:
    """Songs that are all calm, and were called so where that is `right`."""
    prediction = np.where(np.array(right)[:, None], [[0.8, 0.2]], [[0.3, 0.7]])
    return TestPredictions(pd.DataFrame(columns), np.zeros(len(right), int), prediction)


def parts(found, name):
    (slicing,) = (slicing for slicing in found if slicing.name == name)
    return {part.name: (part.songs, round(part.score, 3)) for part in slicing.parts}


def test_facts_of_a_tracks_frame():
    frame = pd.DataFrame(
        {
            "artist": ["a", "b", "a", None],
            "Album Release Date": ["1999-03-01", "2004", "soon", None],
            "genre": ["jazz", None, "rock", "rock"],
            "loudness": [-7.0, np.nan, -3.0, -5.0],
        }
    )
    found = slices.facts(frame)
    assert list(found) == ["artist_songs", "year", "genre", "loudness"]
    assert found["artist_songs"].tolist()[:3] == [2, 1, 2] and found["year"].tolist()[:2] == [
        1999,
        2004,
    ]
    assert found["year"].isna().sum() == 2
    assert slices.facts(frame[["loudness"]].drop(columns="loudness")).empty


def test_each_way_to_part_the_songs():
    table = answered(
        [True] * 4 + [False] * 5,
        artist_songs=["1", "1", "2", "4", "5", "9", "20", "300", ""],
        year=["1989", "1990", "1999", "2000", "2009", "2010", "2019", "1990", ""],
        genre=["jazz"] * 3 + ["rock"] * 5 + [""],
        loudness=["-40", "-30", "-20", "-10", "-9", "-8", "-7", "-6", ""],
        duration_ms=["30000"] * 9,
    )
    found = slices.slicings(MOOD, table)
    assert parts(found, "Songs by the artist") == {
        "1": (2, 1),
        "2 to 4": (2, 1),
        "5 to 9": (2, 0),
        "20 or more": (2, 0),
    }
    assert parts(found, "Decade") == {
        "1980s": (1, 1),
        "1990s": (3, 0.667),
        "2000s": (2, 0.5),
        "2010s": (2, 0),
    }
    assert parts(found, "Genre") == {"rock": (5, 0.2), "jazz": (3, 1)}
    assert list(parts(found, "Loudness").values()) == [(2, 1), (2, 1), (2, 0), (2, 0)]
    assert list(parts(found, "Loudness"))[0].startswith("\N{MINUS SIGN}40.0 to ")
    assert "Length" not in [
        slicing.name for slicing in found
    ]  # all are of one length: nothing to tell apart


def test_rare_genres_are_gathered_and_the_target_is_no_slice():
    songs = 34
    table = answered([True] * songs, genre=[f"g{n % 17}" for n in range(songs)])
    found = parts(slices.slicings(MOOD, table), "Genre")
    assert len(found) == 13 and found["other genres"] == (10, 1)
    assert not slices.slicings(Multiclass("genre", MOOD.labels), table)


def test_errors_of_values_leave_out_what_is_not_known():
    truth = np.array([[np.nan, np.nan], [0.5, 0.5], [0.5, np.nan]])
    prediction = np.array([[0.3, 0.3], [0.6, 0.2], [0.1, 0.1]])
    # Songs as they are after some were left out.
    songs = pd.DataFrame({"year": ["1985", "1971", "1985"]}, index=[7, 3, 5])
    target, table = (
        Regression(("energy", "valence"), (1.0, 0.0), (9.0, 1.0)),
        TestPredictions(songs, truth, prediction),
    )
    assert slices.song_scores(target, table).to_dict() == pytest.approx({3: 0.2, 5: 0.4})
    assert parts(slices.slicings(target, table), "Decade") == {"1970s": (1, 0.2), "1980s": (1, 0.4)}


def test_several_labels_are_sliced_by_their_log_loss():
    truth, prediction = np.array([[True, False], [True, True]]), np.array([[0.8, 0.2], [0.5, 0.5]])
    table = TestPredictions(pd.DataFrame({"year": ["1971", "1985"]}), truth, prediction)
    found = parts(slices.slicings(Multilabel("genres", ("folk", "rock")), table), "Decade")
    assert found == {"1970s": (1, round(-np.log(0.8), 3)), "1980s": (1, round(-np.log(0.5), 3))}


def test_a_part_is_weak_only_where_its_whole_interval_is_worse():
    low = slices.Part("quiet", 40, 0.5, (0.4, 0.6))
    found = [
        slices.Slicing(
            "Loudness",
            (low, slices.Part("loud", 40, 0.7, (0.6, 0.9)), slices.Part("few", 3, 0.0, (0.0, 0.5))),
        )
    ]
    assert slices.weak(found, 0.65, lower_is_better=False) == [("Loudness", low)]
    assert [part.name for _, part in slices.weak(found, 0.3, lower_is_better=True)] == [
        "quiet",
        "loud",
    ]


@pytest.mark.parametrize("kind", ["classes", "values", "labels"])
def test_the_report_shows_slices_players_and_the_learning_curve(write_run, tmp_path, kind):
    folder = write_run(tmp_path / "run", kind, songs=83)
    table = pd.read_csv(folder / "predictions.csv")
    (tmp_path / "sång #1 & b.wav").write_bytes(b"RIFF")
    table["audio"] = str(tmp_path / "sång #1 & b.wav")
    table.loc[table.index[::2], "audio"] = str(tmp_path / "gone.wav")
    table["artist_songs"], table["year"] = np.arange(83) % 29 + 1, 1990 + np.arange(83) % 31
    table.to_csv(folder / "predictions.csv", index=False)
    metrics = json.loads((folder / "metrics.json").read_text())
    metrics["learning_curve"] = [
        {"songs": 41 * 2**n, "value": 0.5 + n / 10, "interval": [0.4, 0.9]} for n in range(4)
    ]
    (folder / "metrics.json").write_text(json.dumps(metrics))
    page = write_report(folder).read_text(encoding="utf-8")
    for wanted in (
        'id="slices"',
        'id="learning"',
        'href="#slices"',
        "1990s",
        "20 or more",
        "From 164 to 328 training songs",
    ):
        assert wanted in page
    assert (
        'src="../s%C3%A5ng%20%231%20%26%20b.wav"' in page
        and page.count('preload="none"') < 20
        and "no file" in page
        and "Listen to some" in page
    )
    assert (folder / "plots" / "slice_decade.png").exists() and (
        folder / "plots" / "learning_curve.png"
    ).exists()


def test_songs_of_one_artist_count_as_one_voice():
    songs, artists = 400, 8
    group = np.arange(songs) % artists
    draw = np.random.default_rng(3)
    # The songs of two artists of one decade are mostly wrong: any other artists may be so.
    right = draw.random(songs) < np.where(group < 2, 0.3, 0.8)
    given = {"year": np.where(group < 4, "1985", "1995").tolist()}
    table = answered(right.tolist(), **given, group=[f"{own}" for own in group])
    alone = answered(right.tolist(), **given, group=[f"{song}" for song in range(songs)])
    overall = float(right.mean())
    (of_artists,), (of_songs,) = slices.slicings(MOOD, table), slices.slicings(MOOD, alone)
    assert [part.name for _, part in slices.weak([of_songs], overall, False)] == ["1980s"]
    assert slices.weak([of_artists], overall, False) == []
    low, high = of_artists.parts[0].interval
    assert 0 <= low < 0.25 and 0.85 < high <= 1


def test_songs_by_one_artist_have_no_interval():
    table = answered(
        [True] * 20 + [False] * 20,
        year=["1985"] * 20 + ["1995"] * 20,
        group=["1"] * 20 + ["2"] * 20,
    )
    (found,) = slices.slicings(MOOD, table)
    assert [part.interval for part in found.parts] == [None, None]
    assert slices.weak([found], 0.5, False) == []
