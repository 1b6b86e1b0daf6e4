"""Values as people write them: keys, modes, artists, numbers out of range."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasfeat import KerasfeatError
from kerasfeat.songs import keys, parsing, schema
from kerasfeat.songs.loading import load_songs
from kerasfeat.tasks import tasks


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("C", 0),
        ("c#", 1),
        ("Db", 1),
        ("C♯/D♭", 1),
        (" D ", 2),
        ("E♭", 3),
        ("b", 11),
        ("bb", 10),
        ("Cb", 11),
        ("B#", 0),
        ("F##", 7),
        ("7", 7),
        ("3.0", 3),
    ],
)
def test_keys(table, text, number):
    assert load_songs(table(f"energy,key\n0.5,{text}\n0.1,A\n")).frame["key"].tolist() == [
        number,
        9,
    ]


@pytest.mark.parametrize(
    ("text", "key", "mode"),
    [
        ("Am", 9, 0),
        ("F# minor", 6, 0),
        ("B flat major", 10, 1),
        ("E-flat min", 3, 0),
        ("F♯/G♭ Minor", 6, 0),
        ("DM", 2, 1),
        ("Bbm", 10, 0),
        ("bb", 10, 1),
        ("8A", 9, 0),
        ("8B", 0, 1),
        ("05A", 0, 0),
        ("12B", 4, 1),
        ("1d", 0, 1),
        ("2m", 4, 0),
    ],
)
def test_keys_with_their_modes(table, told, text, key, mode):
    songs = load_songs(table(f"energy,Initial Key\n0.5,{text}\n0.1,Ebm\n0.2,\n"))
    np.testing.assert_array_equal(songs.frame["key"], [key, 3, np.nan])
    np.testing.assert_array_equal(songs.frame["mode"], [mode, 0, np.nan])
    assert "Initial Key: keys with their modes, such as" in told(songs)


def test_the_mode_of_a_column_of_its_own_counts(table):
    songs = load_songs(table("energy,key,mode\n0.5,Am,major\n0.1,C,minor\n"))
    assert songs.frame["mode"].tolist() == [1, 0]


def test_a_note_alone_is_major_where_only_minor_is_named(table, told):
    tags = [name for names in schema.KEY_NAMES for name in names]  # as `describe` writes them
    songs = load_songs(table("energy,key\n" + "".join(f"0.5,{name}\n" for name in tags)))
    assert songs.frame["key"].tolist() == [*range(12)] * 2
    assert songs.frame["mode"].tolist() == [0] * 12 + [1] * 12
    assert "such as 'Cm': read as key and mode, a note alone as major" in told(songs)
    mixed = load_songs(table("energy,key\n0.5,A minor\n0.5,C major\n0.5,D\n"))
    np.testing.assert_array_equal(mixed.frame["mode"], [0, 1, np.nan])
    assert "mode" not in load_songs(table("energy,key\n0.5,A\n0.5,C#\n")).frame


@settings(deadline=None)
@given(st.text(max_size=12))
def test_any_text_is_a_key_or_none(text):
    number = keys.key_number(text)
    assert np.isnan(number) or number in range(12)


@pytest.mark.parametrize(
    ("text", "number"), [("Major", 1), ("minor", 0), ("maj", 1), ("MIN", 0), ("1", 1), ("0.0", 0)]
)
def test_modes(table, text, number):
    assert load_songs(table(f"energy,mode\n0.5,{text}\n0.1,major\n")).frame["mode"].tolist() == [
        number,
        1,
    ]


@pytest.mark.parametrize(
    ("column", "text", "message"),
    [
        ("danceability", "1.01", "in the range 0 to 1"),
        ("danceability", "-0.1", "in the range 0 to 1"),
        ("energy", "0.5 approx", "not a number"),
        ("energy", "inf", "in the range 0 to 1"),
        ("loudness", "11", "in the range -80 to 10 dB"),
        ("tempo", "301", "in the range 0 to 300 BPM"),
        ("duration_ms", "0", "in the range at least 1 ms"),
        ("popularity", "101", "in the range 0 to 100"),
        ("time_signature", "3.5", "a whole number in the range 0 to 7"),
        ("key", "12", "a whole number in the range 0 to 11"),
        ("key", "H", "not a key"),
        ("mode", "dorian", "not a mode"),
        ("valence", "9" * 40, "in the range 0 to 1"),
    ],
)
def test_bad_values_become_missing_and_are_told(table, column, text, message):
    path = table(f'title,{column},liveness\nx,1,0.5\n\n"two\nlines",1,0.5\ny,{text},0.5\n')
    tracks = load_songs(path)
    assert np.isnan(tracks.frame[column][2]) and tracks.frame[column].notna().sum() == 2
    (problem,) = tracks.problems
    assert (problem.row, problem.column, problem.effect) == (6, column, "missing")
    assert message in problem.message and problem.value
    with pytest.raises(KerasfeatError, match="line 6"):
        load_songs(path, strict=True)


@pytest.mark.parametrize(
    ("column", "text"), [("tempo", "0"), ("key", "-1"), ("time_signature", "0")]
)
def test_numbers_that_mean_unknown(table, column, text, told):
    tracks = load_songs(table(f"energy,{column}\n0.5,{text}\n0.5,4\n"), strict=True)
    assert np.isnan(tracks.frame[column][0]) and tracks.frame[column][1] == 4
    assert "stands for unknown" in told(tracks)


def test_empty_cells_are_missing_without_a_problem(table):
    tracks = load_songs(table("track_id,energy,artist,valence\nx,,,NA\ny,0.5,,0.1\n"))
    assert tracks.problems == ()
    assert tracks.frame["energy"].isna().tolist() == [True, False] and tracks.frame[
        "artist"
    ].tolist() == [None, None]
    assert tracks.frame["artists"].tolist() == [(), ()]


@pytest.mark.parametrize(
    ("text", "artists", "shown"),
    [
        ('"[\'Ann\', ""O\'Bob""]"', ("Ann", "O'Bob"), "Ann; O'Bob"),
        ("Ann;Bob ; Ann", ("Ann", "Bob"), "Ann; Bob"),
        ('"Tyler, The Creator"', ("Tyler, The Creator",), "Tyler, The Creator"),
        ("[unknown]", ("[unknown]",), "[unknown]"),
        (
            "\"['Daft Punk' 'Pharrell Williams'\n 'O\\'Bob']\"",
            ("Daft Punk", "Pharrell Williams", "O'Bob"),
            "Daft Punk; Pharrell Williams; O'Bob",
        ),
        ("[]", (), None),
        ("\"['Ann', 3]\"", ("['Ann', 3]",), "['Ann', 3]"),
        (
            "\"[__import__('os').getcwd()]\"",
            ("[__import__('os').getcwd()]",),
            "[__import__('os').getcwd()]",
        ),
        ("香取慎吾", ("香取慎吾",), "香取慎吾"),
    ],
)
def test_artists(table, text, artists, shown):
    row = load_songs(table(f"energy,artists\n0.5,{text}\n")).frame.iloc[0]
    assert row["artists"] == artists and row["artist"] == shown


@settings(deadline=None)
@given(
    st.lists(
        st.text(min_size=1, max_size=9).filter(lambda name: name == name.strip()),
        unique=True,
        max_size=5,
    )
)
def test_lists_of_artists_survive_as_text(names):
    assert parsing.artist_names(str(names)) == tuple(names)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_gives_artists_without_spaces_around(text):
    assert all(name and name == name.strip() for name in parsing.artist_names(text))


@pytest.mark.parametrize(
    "cell",
    [
        "{'Ann', \"O'Bob\"}",
        "frozenset({'Ann', \"O'Bob\"})",
        'c("Ann", "O\'Bob", NA)',
        "array(['Ann', \"O'Bob\"], dtype=object)",
        '["Ann", "O\'Bob", null]',
        "['Ann', nan, \"O'Bob\", None]",
        "['Ann' None \"O'Bob\"]",
        "{Ann,O'Bob,NULL}",
        "[Ann, O'Bob]",
        "[{'external_urls': {'spotify': 'x'}, 'name': 'Ann'}, {'name': \"O'Bob\", 'id': None}]",
        "[{'genre_id': '3', 'genre_title': 'Ann'}, {'title': \"O'Bob\"}]",
        "Ann|O'Bob",
    ],
)
def test_lists_in_any_notation_are_lists(table, cell):
    quoted = cell.replace('"', '""')
    frame = load_songs(table(f'energy,artists,genres\n0.5,"{quoted}","{quoted}"\n')).frame
    assert frame["artists"][0] == frame["genres"][0] == ("Ann", "O'Bob")
    assert frame["artist"][0] == "Ann; O'Bob"


def test_parts_of_a_list_may_have_quotation_marks_and_any_signs(table):
    rows = [
        r'["\ud83d\ude00"]',
        r'{"hip hop",rock,"a \"b\""}',
        "{}",
        "[pop]",
        "{'unnamed': 'x'}",
    ]
    cells = "".join('0.5,"{}"\n'.format(row.replace('"', '""')) for row in rows)
    assert load_songs(table(f"energy,genres\n{cells}")).frame["genres"].tolist() == [
        ("\N{GRINNING FACE}",),
        ("hip hop", "rock", 'a "b"'),
        None,
        ("pop",),
        ("{'unnamed': 'x'}",),
    ]


def test_a_list_of_one_is_the_label_of_its_song(table):
    rows = '[\'happy\'],{pop},[3]\nhappy,pop,3\n"c(""happy"")",pop,[x]\n'
    path = table("energy,mood,genre,feel\n" + "".join(f"0.5,{row}\n" for row in rows.splitlines()))
    frame = load_songs(path).frame
    assert set(frame["mood"]) == {"happy"} and set(frame["genre"]) == {"pop"}
    assert load_songs(path, label="feel", task=tasks.get("mood")).frame["mood"].tolist() == [
        "3",
        "3",
        "x",
    ]


def test_hostile_lists_are_names(table):
    deep = "[" * 5000 + "]" * 5000
    assert load_songs(table(f"energy,artist\n0.5,{deep}\n")).frame["artists"][0] == (deep,)


def test_artist_and_artists_both(table):
    row = load_songs(
        table("energy,artist,artists\n0.5,Ann feat. Bob,\"['Ann', 'Bob']\"\n")
    ).frame.iloc[0]
    assert row["artist"] == "Ann feat. Bob" and row["artists"] == ("Ann", "Bob")


def test_seconds_are_read_as_such(table, told):
    tracks = load_songs(table("energy,length\n0.5,210.5\n0.5,95\n"))
    assert tracks.frame["duration_ms"].tolist() == [210500, 95000] and "read as seconds" in told(
        tracks
    )
    assert load_songs(table("energy,duration_ms\n0.5,210\n")).frame["duration_ms"].tolist() == [210]


def test_percent_in_the_header_is_read_as_such(table, told):
    tracks = load_songs(
        table(
            "track_name,danceability_%,instrumentalness_%,Energy (%)\na,80,0,1\nb,71,1,0\nc,51,,1\n"
        )
    )
    assert tracks.frame["danceability"].tolist() == [0.8, 0.71, 0.51] and tracks.frame[
        "energy"
    ].tolist() == [0.01, 0, 0.01]
    np.testing.assert_array_equal(tracks.frame["instrumentalness"], [0, 0.01, np.nan])
    assert (
        "instrumentalness_%: read as percent, by its name" in told(tracks)
        and len(tracks.problems) == 3
    )


@pytest.mark.parametrize(
    ("given", "shares", "why"),
    [
        (
            (80, 71.5, 0.5, 1, 12),
            (0.8, 0.715, 0.005, 0.01, 0.12),
            "since half of the songs have 12 or more",
        ),
        ((0, 0, 0, 1, 63), (0, 0, 0, 0.01, 0.63), "since all are whole numbers, up to 63"),
        # One song of 21 is a slip, which doesn't hide what the others are.
        (
            (*range(20, 60, 2), 220),
            (*(share / 100 for share in range(20, 60, 2)), np.nan),
            "since half of the songs have 40 or more",
        ),
    ],
)
def test_a_share_in_percent_is_recognised_and_told(table, told, given, shares, why):
    tracks = load_songs(
        table(
            "id,energy,valence\n"
            + "".join(f"{row},{value},0.5\n" for row, value in enumerate(given))
        )
    )
    np.testing.assert_array_equal(tracks.frame["energy"], shares)
    assert f"energy: read as percent, {why}" in told(tracks) and tracks.frame[
        "valence"
    ].tolist() == [0.5] * len(given)


@pytest.mark.parametrize("given", [(1, 5, 7, 9, 3), (1, 140, 700, 920, 330)])
def test_another_scale_is_not_read_as_percent_nor_in_part(table, told, given):
    tracks = load_songs(
        table(
            "id,valence,energy\n"
            + "".join(f"{row},{value},0.5\n" for row, value in enumerate(given))
        )
    )
    assert tracks.frame["valence"].isna().all() and tracks.frame["energy"].notna().all()
    assert (
        "most of the column is not in the range 0 to 1: it is on another scale, read as "
        "missing (line 2 '1')" in told(tracks)
    )


def test_shares_with_a_slip_stay_shares(table):
    tracks = load_songs(table("id,energy\na,0.5\nb,0.25\nc,50\nd,1\n"))
    np.testing.assert_array_equal(tracks.frame["energy"], [0.5, 0.25, np.nan, 1])


def test_decimal_commas_are_read_as_points_and_told(table, told):
    tracks = load_songs(
        table("id;energy;loudness;tempo\na;0,5;-7,25;120,037\nb;0,25;-8;98,002\nc;1;;\n")
    )
    assert tracks.frame["energy"].tolist() == [0.5, 0.25, 1] and tracks.frame["tempo"][
        :2
    ].tolist() == [120.037, 98.002]
    np.testing.assert_array_equal(tracks.frame["loudness"], [-7.25, -8, np.nan])
    assert "energy: a decimal comma, read as a point (2 rows: line 2 '0,5', line 3 '0,25')" in told(
        tracks
    )
    percent = load_songs(table('id,energy_%\na,"80,5"\nb,"1,0"\n'))
    assert percent.frame["energy"].tolist() == [0.805, 0.01]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("cells", "values"),
    [
        ([True, False, True], [1, 0, 1]),
        ([True, None, False], [1, np.nan, 0]),
        (["TRUE", "false", None], [1, 0, np.nan]),
        (["true", "1", "no"], [np.nan, 1, np.nan]),
    ],
)
def test_true_and_false_are_numbers(tmp_path, suffix, cells, values):
    frame = pd.DataFrame({"energy": [0.5, 0.25, 0.75], "mode": cells, "explicit": cells})
    path = tmp_path / f"t.{suffix}"
    if suffix == "csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    for table in (path, frame):
        tracks = load_songs(table, columns=("explicit",))
        np.testing.assert_array_equal(tracks.frame["mode"], values)
        np.testing.assert_array_equal(tracks.frame["explicit"], values)


def test_decimal_commas_may_have_an_exponent_behind_them_or_nothing_before(table, told):
    tracks = load_songs(
        table("id;energy;instrumentalness\na;,5;4,7434e-05\nb;0,25;4,74E-05\nc;1,0;0,0\n")
    )
    assert tracks.frame["energy"].tolist() == [0.5, 0.25, 1]
    assert tracks.frame["instrumentalness"].tolist() == [4.7434e-05, 4.74e-05, 0]
    assert "instrumentalness: a decimal comma, read as a point (3 rows: line 2 " in told(tracks)


def test_commas_of_thousands_and_among_other_texts_are_no_decimal_commas(table, told):
    tracks = load_songs(
        table('id,energy,duration_ms,tempo\na,0.5,"210,000",fast\nb,0.5,"95,500","98,5"\n')
    )
    assert tracks.frame["duration_ms"].isna().all() and tracks.frame["tempo"].isna().all()
    assert (
        "duration_ms: not a number, read as missing (2 rows: line 2 '210,000', line 3 '95,500')"
        in told(tracks)
    )


def test_commas_between_thousands_are_left_out_and_told(table, told):
    tracks = load_songs(
        table(
            'id,energy,length,streams\na,0.5,214,"1,234,567"\nb,0.5,"1,363","98,765"\nc,0.5,93,12\n'
        ),
        columns=("energy", "length", "streams"),
    )
    assert tracks.frame["duration_ms"].tolist() == [214_000, 1_363_000, 93_000]
    assert tracks.frame["streams"].tolist() == [1_234_567, 98_765, 12]
    assert "length: a mark between thousands, left out (line 3 '1,363')" in told(tracks)
    # Beside 98.5 a comma may be a decimal one, and among many so may all.
    doubtful = load_songs(table('id,energy,length\na,0.5,98.5\nb,0.5,"1,363"\nc,0.5,120\n'))
    assert np.isnan(doubtful.frame["duration_ms"][1])
    tempos = load_songs(table('id,energy,tempo\na,0.5,98\nb,0.5,"120,037"\nc,0.5,101\n'))
    assert tempos.frame["tempo"].tolist() == [98, 120.037, 101]


@pytest.mark.parametrize("gap", [" ", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}", "'", "’"])
def test_gaps_between_thousands_are_left_out_and_told(table, told, gap):
    tracks = load_songs(
        table(
            f"id,energy,duration_ms,streams\na,0.5,215{gap}583,1{gap}234{gap}567\n"
            f"b,0.25,98{gap}001 ms,-7{gap}654.5\nc,0.75,97500,321\n"
        ),
        columns=("energy", "duration_ms", "streams"),
    )
    assert tracks.frame["duration_ms"].tolist() == [215_583, 98_001, 97_500]
    assert tracks.frame["streams"].tolist() == [1_234_567, -7_654.5, 321]
    assert "duration_ms: a mark between thousands, left out (2 rows: line 2 " in told(tracks)
    # Not of three digits each: two numbers, or a slip.
    for other in (f"215{gap}58", f"0{gap}583", f"1{gap}234{gap}56", f"1234{gap}567"):
        slip = load_songs(table(f"id,energy,duration_ms\na,0.5,{other}\nb,0.5,97500\n"))
        assert np.isnan(slip.frame["duration_ms"][0]), other


def test_numbers_may_have_another_minus_sign_and_full_width_digits(table):
    tracks = load_songs(table("id,energy,loudness,tempo\na,５０%,−7.25,１２０．５\nb,75%,－8,98\n"))
    assert tracks.frame["loudness"].tolist() == [-7.25, -8]
    assert tracks.frame["energy"].tolist() == [0.5, 0.75]
    assert tracks.frame["tempo"].tolist() == [120.5, 98]


def test_dates_that_are_asked_for_are_years_and_told(table, told):
    written = table(
        "id,energy,released,added\na,0.5,2019-07-01,2020-01-01\nb,0.5,1996,2020-05-02\n"
        "c,0.5,2004-12,\nd,0.5,,2020-05-02T10:00:00Z\n"
    )
    tracks = load_songs(written, columns=("energy", "released"))
    np.testing.assert_allclose(
        tracks.frame["released"], [2019.5, 1996, 2004 + 11 / 12, np.nan], atol=1e-9
    )
    assert "released: a date, read as a year (2 rows: line 2 '2019-07-01', line 4" in told(tracks)
    # When a row was written says nothing of a song: dates are read by name alone.
    assert "added" not in load_songs(written, columns=("all",)).frame.select_dtypes("number")


def test_among_other_texts_no_date_is_a_year(table, told):
    tracks = load_songs(table("id,energy,era\na,0.5,2019-07-01\nb,0.5,baroque\n"), columns=("era",))
    assert tracks.frame["era"].isna().all() and "era: not a number" in told(tracks)


def test_labels_may_be_numbers(table):
    tracks = load_songs(table('energy,genres\n0.5,"[12, 25]"\n0.5,[12 7]\n0.5,[12]\n'))
    assert tracks.frame["genres"].tolist() == [("12", "25"), ("12", "7"), ("12",)]


def test_accents_apart_make_no_other_label(table):
    tracks = load_songs(
        table(
            "energy,genre,genres\n0.5,Caf\u00e9,Caf\u00e9; Ros\u00e9\n0.5,Cafe\u0301,Cafe\u0301\n"
        )
    )
    assert tracks.frame["genre"].nunique() == 1
    assert tracks.frame["genres"].tolist() == [("Caf\u00e9", "Ros\u00e9"), ("Caf\u00e9",)]
