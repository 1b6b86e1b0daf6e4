"""Shares from 0 to 1 or in percent, one decision for a table; durations in milliseconds, seconds,
minutes, or none of them.
"""

import numpy as np
import pandas as pd
import pytest

from kerasfeat import KerasfeatError
from kerasfeat.datasets.sources import table as csv_source
from kerasfeat.songs.loading import load_songs

SHARES = ("danceability", "energy", "acousticness", "instrumentalness", "valence")


def shares(table, rows, header=SHARES, name="songs.csv"):
    lines = [
        ",".join(("id", *header)),
        *(",".join(map(str, (number, *row))) for number, row in enumerate(rows)),
    ]
    return table("\n".join(lines) + "\n", name)


def values(tracks):
    return tracks.frame[[name for name in SHARES if name in tracks.frame]].to_numpy().tolist()


def test_few_percent_are_no_whole_share(table, told):
    tracks = load_songs(shares(table, [(82, 46, 1, 0, 9), (31, 87, 1, 0, 7), (58, 90, 0, 1, 3)]))
    assert values(tracks) == [
        [0.82, 0.46, 0.01, 0, 0.09],
        [0.31, 0.87, 0.01, 0, 0.07],
        [0.58, 0.9, 0, 0.01, 0.03],
    ]
    assert "acousticness: read as percent, as the table's other shares are" in told(tracks)
    assert "valence: read as percent, as the table's other shares are" in told(tracks)


def test_percent_of_the_shared_case(shared_data):
    frame = load_songs(shared_data / "cases" / "percent_of_1_read_as_100_percent.csv").frame
    assert (
        set(frame["acousticness"]) == {0.01}
        and frame["danceability"].max() == 0.74
        and frame["speechiness"].max() == 0.08
    )
    assert (
        frame["tempo"][0] == 106
        and frame["loudness"][0] == -5
        and frame["duration_ms"][0] == 256_000
    )


@pytest.mark.parametrize(
    "header", ["danceability_%,energy", "danceability_percent,energy", "Danceability (%),energy"]
)
def test_a_percent_sign_in_one_name_decides_for_the_doubtful_ones(table, header):
    tracks = load_songs(table(f"id,{header}\na,7,1\nb,8,0\n"))
    assert tracks.frame["danceability"].tolist() == [0.07, 0.08] and tracks.frame[
        "energy"
    ].tolist() == [0.01, 0]


def test_percent_signs_in_cells(table, told):
    tracks = load_songs(table('id,danceability,energy\na,82%,1\nb,"7,5 %",3\n'))
    assert tracks.frame["danceability"].tolist() == [0.82, 0.075] and tracks.frame[
        "energy"
    ].tolist() == [0.01, 0.03]
    assert "danceability: read as percent, by the percent signs in its cells" in told(tracks)


def test_a_percent_sign_is_of_its_cell_alone(table, told):
    tracks = load_songs(
        table("id,danceability,energy\na,73%,0.5\n" + "".join(f"{n},0.49,0.2\n" for n in range(9)))
    )
    assert tracks.frame["danceability"].tolist() == [0.73] + [0.49] * 9
    assert told(tracks) == (
        "danceability: read as percent where a cell has a percent sign, else as from 0 to 1"
    )
    alone = load_songs(table("id,danceability,energy,valence\na,73%,0.5,0.2\nb,0.5%,0.2,0.4\n"))
    assert alone.frame["danceability"].tolist() == [0.73, 0.005]
    assert told(alone) == "danceability: read as percent, by the percent signs in its cells"


def two_scales(few, digits):
    """Shares of 60 songs, of which the first few are in percent, where 0.3 % is usual."""
    rng = np.random.default_rng(7)
    rows = rng.beta(3, 3, (60, len(SHARES))) * [1, 1, 0.02, 0.02, 1]
    rows[rng.random(rows.shape) < 0.05] = 0
    return np.vstack([np.round(100 * rows[:few], digits), np.round(rows[few:], 4)])


@pytest.mark.parametrize("digits", [0, 2])
def test_shares_of_a_second_table_among_percent_are_missing_and_told(table, told, digits):
    rows = two_scales(40, digits)
    tracks = load_songs(shares(table, rows))
    np.testing.assert_allclose(values(tracks)[:40], rows[:40] / 100)
    assert np.all(np.isnan(values(tracks)[40:]) | (rows[40:] == 0))
    assert (
        "energy: the row's shares are from 0 to 1 and the table's in percent, as where two tables "
        "were put together, read as missing (" in told(tracks)
    )
    with pytest.raises(KerasfeatError, match="two tables were put together"):
        load_songs(shares(table, rows), strict=True)


def test_percent_of_a_second_table_are_missing_also_where_they_are_small(table, told):
    rows = two_scales(20, 2)
    tracks = load_songs(shares(table, rows))
    np.testing.assert_array_equal(values(tracks)[20:], rows[20:])
    assert np.all(np.isnan(values(tracks)[:20]) | (rows[:20] == 0))
    assert "acousticness: the row's shares are in percent and the table's from 0 to 1" in told(
        tracks
    )


def test_percent_of_silence_and_noise_stay_percent(table):
    rows = np.vstack([two_scales(60, 2), [[0, 0.21, 0.4, 0.9, 0], [0.4, 0.2, 0.9, 71.2, 0.8]]])
    tracks = load_songs(shares(table, rows))
    np.testing.assert_allclose(values(tracks), rows / 100)


def test_a_column_that_contradicts_the_table_is_doubtful_and_read_by_its_own_values(table, told):
    tracks = load_songs(
        shares(table, [(82, 46, 31, 0, 0.25), (31, 87, 1, 0, 0.75), (58, 90, 44, 1, 0.5)])
    )
    assert tracks.frame["valence"].tolist() == [0.25, 0.75, 0.5] and tracks.frame[
        "acousticness"
    ].tolist() == [0.31, 0.01, 0.44]
    assert (
        "valence: doubtful: read as from 0 to 1, where the table's other shares are in percent"
        in told(tracks)
    )
    tracks = load_songs(shares(table, [(0.5, 0.25, 0.1, 0.9, 82), (0.4, 0.35, 0.2, 0.1, 31)]))
    assert tracks.frame["valence"].tolist() == [0.82, 0.31] and tracks.frame["energy"].tolist() == [
        0.25,
        0.35,
    ]
    assert (
        "valence: doubtful: read as in percent, where the table's other shares are from 0 to 1"
        in told(tracks)
    )


def test_few_fractions_of_what_songs_often_lack_are_percent_beside_percent(table):
    tracks = load_songs(shares(table, [(82.5, 46.1, 0.3, 0.02, 9.4), (31.2, 87.7, 0.8, 0, 7.7)]))
    assert tracks.frame["acousticness"].tolist() == [0.003, 0.008] and tracks.frame[
        "instrumentalness"
    ].tolist() == [0.0002, 0]
    many = load_songs(shares(table, [(80 + row / 9, 46, 20, row / 50, 9) for row in range(40)]))
    assert many.frame["instrumentalness"].max() == 0.78


def test_a_table_that_cannot_tell_says_so(table, told):
    tracks = load_songs(shares(table, [(1, 0, 1, 0, 0), (0, 1, 1, 0, 1)]))
    assert values(tracks) == [[1, 0, 1, 0, 0], [0, 1, 1, 0, 1]]
    assert (
        "the values can't tell whether shares are from 0 to 1 or in percent: read as from 0 to 1"
        in told(tracks)
    )
    assert not load_songs(shares(table, [(0, 0, 0, 0, 0)])).problems


def test_a_models_scale_decides_where_the_table_cannot_tell(table, told):
    percent = dict.fromkeys(SHARES, True)
    one = shares(table, [(9, 1, 1, 0, 3)])
    assert values(load_songs(one, percent=percent)) == [[0.09, 0.01, 0.01, 0, 0.03]]
    ones = shares(table, [(1, 1, 0, 0, 1)])
    tracks = load_songs(ones, percent=percent)
    assert values(tracks) == [[0.01, 0.01, 0, 0, 0.01]]
    assert "read as in percent, as in the table that the model was trained on" in told(tracks)
    assert values(load_songs(ones, percent={})) == [[1, 1, 0, 0, 1]]
    # A slip that the whole table drops is dropped from a part of it too.
    slip = load_songs(
        shares(table, [(0.5, 0.25, 0.1, 0.9, 82)]), percent=dict.fromkeys(SHARES, False)
    )
    assert np.isnan(slip.frame["valence"][0]) and slip.frame["energy"][0] == 0.25
    assert (
        "valence: doubtful: its values look as if they were in percent; read as from 0 to "
        "1, as in the table" in told(slip)
    )


def test_a_table_that_is_plainly_on_the_other_scale_is_read_so_and_told(table, told):
    tracks = load_songs(
        shares(table, [(0.82, 0.46, 0.01, 0, 0.09)]), percent=dict.fromkeys(SHARES, True)
    )
    assert values(tracks) == [[0.82, 0.46, 0.01, 0, 0.09]]
    assert (
        "the shares are from 0 to 1, other than in the table that the model was trained on"
        in told(tracks)
    )
    tracks = load_songs(shares(table, [(82, 46, 1, 0, 9)]), percent={})
    assert values(tracks) == [[0.82, 0.46, 0.01, 0, 0.09]]
    assert (
        "the shares are in percent, other than in the table that the model was trained on"
        in told(tracks)
    )
    tracks = load_songs(table("id,danceability_%,energy_%\na,7,1\n"), percent={})
    assert values(tracks) == [[0.07, 0.01]]


@pytest.mark.parametrize(("scale", "digits"), [(1, 3), (100, 0), (100, 2)])
def test_every_part_of_a_table_is_read_as_the_whole(table, scale, digits):
    rng = np.random.default_rng(4)
    rows = rng.beta(0.6, 0.9, (90, len(SHARES))) ** [1, 1, 2, 6, 1]
    rows = np.round(rows * scale, digits)
    rows[rng.random(rows.shape) < 0.05] = 0
    whole = load_songs(shares(table, rows))
    assert any(whole.percent.values()) == (scale != 1)
    for start, count in [(row, 1) for row in range(90)] + [(0, 3), (50, 40)]:
        part = load_songs(
            shares(table, rows[start : start + count], name="part.csv"), percent=whole.percent
        )
        np.testing.assert_array_equal(
            part.frame[list(SHARES)], whole.frame[list(SHARES)].iloc[start : start + count]
        )


@pytest.mark.parametrize(
    ("header", "given", "seconds"),
    [
        ("Length (Duration)", (201, 180.5, 233), (201, 180.5, 233)),
        ("dur,nrgy", ("201,80", "180,70", "233,60"), (201, 180, 233)),
        ("duration_s", (90, 3601, 4000), (90, 3601, 4000)),
        ("song_duration_ms", (90_000, 201_000, 1), (90, 201, 0.001)),
        ("Duration (min)", (3.5, 4, 2.25), (210, 240, 135)),
        ("duration", (3.5, 4, 2.25), (210, 240, 135)),
        ("Length", ("3:25", "1:02:03", "0:59.5"), (205, 3723, 59.5)),
        ("duration", ("0 days 00:03:25", "03:25", "2:00"), (205, 205, 120)),
        ("length", (201_000, 180_000, 233_000), (201, 180, 233)),
        ("duration", ("201 s", "3.5 min", "233000ms"), (201, 210, 233)),
        ("length (s)", ("201 sec", "180", "3:53"), (201, 180, 233)),
    ],
)
def test_durations(table, header, given, seconds):
    lines = "\n".join(f"{number},0.5,{value}" for number, value in enumerate(given))
    tracks = load_songs(table(f"id,valence,{header}\n{lines}\n"))
    assert tracks.frame["duration_ms"].tolist() == [1000 * value for value in seconds]


def test_numbers_may_have_their_units_behind_them(table):
    rows = "a,-11.03 dB,120 BPM\nb,-7dB,98.5bpm\nc,-60 LUFS,72\n"
    songs = load_songs(table(f"id,loudness,tempo\n{rows}"))
    assert songs.frame["loudness"].tolist()[:2] == [-11.03, -7]
    assert songs.frame["tempo"].tolist() == [120, 98.5, 72]
    (problem,) = (problem for problem in songs.problems if problem.column == "loudness")
    assert problem.row == 4 and "not a number" in problem.message


def test_durations_of_a_parquet_file_may_be_time_spans(tmp_path):
    frame = pd.DataFrame(
        {"id": ["a", "b"], "energy": [0.5, 0.4], "length": pd.to_timedelta([205, 62.5], "s")}
    )
    frame.to_parquet(tmp_path / "t.parquet")
    assert load_songs(tmp_path / "t.parquet").frame["duration_ms"].tolist() == [205_000, 62_500]


@pytest.mark.parametrize("header", ["Length (Duration)", "len (s)", "runtime"])
def test_a_mapped_duration_keeps_the_unit_of_its_old_name(tmp_path, header, capsys):
    (tmp_path / "t.csv").write_text(f"id,energy,{header}\na,.5,201\nb,.4,95\nc,.1,3:25\n")
    csv_source.make(tmp_path / "t.csv", tmp_path / "out", map=(f"{header}=duration_ms",))
    assert load_songs(tmp_path / "out").frame["duration_ms"].tolist() == [201_000, 95_000, 205_000]
    if header != "len (s)":
        assert "read as seconds, since half of the songs have" in capsys.readouterr().err


def test_mapped_shares_are_decided_with_the_others(tmp_path):
    (tmp_path / "t.csv").write_text("id,energy_%,feeling,acousticness\na,80,9,1\nb,70,4,1\n")
    csv_source.make(tmp_path / "t.csv", tmp_path / "out", map=("feeling=valence",))
    frame = load_songs(tmp_path / "out").frame
    assert frame[["energy", "valence", "acousticness"]].to_numpy().tolist() == [
        [0.8, 0.09, 0.01],
        [0.7, 0.04, 0.01],
    ]


@pytest.mark.parametrize(
    "samples",
    [
        [661_794 + 40 * row for row in range(12)],
        [66_149] * 12,
        [700_000 + 9000 * row for row in range(12)],
    ],
)
def test_samples_are_no_milliseconds(table, told, samples):
    tracks = load_songs(
        table(
            "id,energy,length\n"
            + "".join(f"{row},0.5,{value}\n" for row, value in enumerate(samples))
        )
    )
    assert tracks.frame["duration_ms"].isna().all()
    assert (
        "which is no song's length in seconds or milliseconds, or all have the same: "
        "samples, or clips? Read as missing" in told(tracks)
    )


@pytest.mark.parametrize(
    ("header", "value", "said"),
    [
        ("duration_ms", 201, "0.2"),
        ("duration_s", 201_000, "223,110 s or more"),
        ("length", 0.2, "0.2"),
    ],
)
def test_a_typical_length_that_no_song_has_is_told(table, told, header, value, said):
    rows = "".join(f"{row},0.5,{value + row * value / 50:g}\n" for row in range(12))
    tracks = load_songs(table(f"id,energy,{header}\n{rows}"))
    assert tracks.frame["duration_ms"].notna().all()
    assert f"{header}: half of the songs last {said}" in told(
        tracks
    ) and "is the unit another?" in told(tracks)


@pytest.mark.parametrize(
    ("header", "scale", "said"),
    [
        ("duration_ms", 1000, "less than a second"),
        ("length", 1000, "less than a second"),
        ("duration_s", 1, "more than 12 hours"),
    ],
)
def test_lengths_in_another_unit_than_most_are_missing_and_told(table, told, header, scale, said):
    lengths = [120 + 9 * row for row in range(20)]
    others = [length * (1 if scale == 1000 else 1000) for length in lengths[12:]]
    cells = [length * scale for length in lengths[:12]] + others
    tracks = load_songs(
        table(
            f"id,energy,{header}\n" + "".join(f"{n},0.5,{cell}\n" for n, cell in enumerate(cells))
        )
    )
    np.testing.assert_array_equal(
        tracks.frame["duration_ms"], [1000 * length for length in lengths[:12]] + [np.nan] * 8
    )
    assert f"{header}: {said}, where half of the songs last " in told(tracks)
    assert "in another unit, read as missing (8 rows: line 14 " in told(tracks)


def test_popularity_from_0_to_1_is_read_as_such_and_told(table, told):
    tracks = load_songs(table("id,energy,popularity\na,0.5,0.07\nb,0.5,1\nc,0.5,\nd,0.5,0\n"))
    np.testing.assert_allclose(tracks.frame["popularity"], [7, 100, np.nan, 0])
    assert told(tracks) == (
        "popularity: read as shares of 1, since no song has more than 1 and some have fractions"
    )
    for cells in ((0, 1, 1), (0.5, 1, 2)):
        rows = "".join(f"{row},0.5,{cell}\n" for row, cell in enumerate(cells))
        unpopular = load_songs(table("id,energy,popularity\n" + rows))
        assert tuple(unpopular.frame["popularity"]) == cells and not unpopular.problems


@pytest.mark.parametrize(
    ("header", "cells", "said"),
    [
        ("loudness", (8.2, 6.1, 7.4, 31), "half of the songs have 7.4 dB or more"),
        ("Loudness (dB)", (0.79, 0.88, 0, 1), "half of the songs have 0.835 dB or more"),
        ("tempo", (0.27, 0.5, 1), "half of the songs have 0.5 BPM or less"),
        ("bpm", (-1.5, 1.2, 0.4, 0.3), "half of the songs have 0.4 BPM or less"),
    ],
)
def test_a_typical_song_that_is_too_loud_or_too_slow_is_told(table, told, header, cells, said):
    rows = "".join(f"{row},0.5,{cell}\n" for row, cell in enumerate(cells))
    tracks = load_songs(table(f"id,energy,{header}\n{rows}"))
    assert f"{header}: {said}: is the scale another?" in told(tracks)
    (name,) = {"loudness", "tempo"} & {*tracks.frame}
    ranges = {name: (-100.0, 100.0)}
    assert not load_songs(table(f"id,energy,{header}\n{rows}"), ranges=ranges).problems


def test_one_long_song_stays_a_song(table):
    path = table("id,energy,length\na,0.5,900000\n")
    assert (
        load_songs(path).frame["duration_ms"].tolist() == [900_000]
        and load_songs(path).problems == ()
    )
