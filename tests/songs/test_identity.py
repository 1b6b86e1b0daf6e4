"""Who a song is, however tables write it: its artists, its id, and what its features say."""

import numpy as np
import pandas as pd
import pytest

from kerasfeat.datasets.check import check
from kerasfeat.songs import identity, splits
from kerasfeat.songs.ids import lasting_id, names_one_song
from kerasfeat.songs.loading import load_songs

SPOTIFY = "7ouMYWpwJ422jRcDASZB7P"
MEASURED = ("danceability", "energy", "speechiness", "acousticness", "liveness", "valence")


def apart(*names, joined=False):
    return identity.apart(pd.Series([(name,) for name in names], dtype=object), joined)


@pytest.fixture
def songs():
    """A function: a table of songs with six exact features and one of three moods, without ids,
    titles, and artists.
    """

    def make(rows, seed=0):
        draw = np.random.default_rng(seed)
        frame = pd.DataFrame({name: draw.random(rows).round(4) for name in MEASURED})
        return frame.assign(
            tempo=draw.uniform(60, 190, rows).round(2),
            mood=draw.choice(["calm", "sad", "happy"], rows),
        )

    return make


@pytest.mark.parametrize(
    ("name", "others", "artists"),
    [
        ("Aretha, Otis", ["Otis"], ("Aretha", "Otis")),
        ("Aretha,Otis", ["otis "], ("Aretha", "Otis")),
        ("Aretha & Otis", ["Aretha"], ("Aretha", "Otis")),
        ("Aretha x Otis", ["Otis"], ("Aretha", "Otis")),
        ("Aretha X Otis", ["Otis"], ("Aretha", "Otis")),
        ("Aretha with Otis", ["Otis"], ("Aretha", "Otis")),
        ("Aretha vs. Otis", ["Otis"], ("Aretha", "Otis")),
        ("Aretha, Otis & Ray", ["Ray"], ("Aretha", "Otis", "Ray")),
        ("Aretha / Otis", ["Otis"], ("Aretha", "Otis")),
        ("Aretha + Otis", ["Aretha"], ("Aretha", "Otis")),
        ("Aretha and Otis", ["Otis"], ("Aretha", "Otis")),
        # Whose they are is plain, whether they have other songs or not.
        ("Aretha feat. Otis", [], ("Aretha", "Otis")),
        ("Aretha Ft Otis", [], ("Aretha", "Otis")),
        ("Aretha featuring Otis, Ray & Sam", [], ("Aretha", "Otis", "Ray", "Sam")),
        ("Aretha (feat. Otis)", [], ("Aretha", "Otis")),
        ("Aretha [with Otis]", [], ("Aretha", "Otis")),
        # Names of one.
        ("Aretha, Otis", [], ("Aretha, Otis",)),
        ("Aretha & the Otises", ["Ray"], ("Aretha & the Otises",)),
        ("Tyler, The Creator", ["Tyler", "Kali"], ("Tyler, The Creator",)),
        ("Earth, Wind & Fire", ["Earth", "Fire"], ("Earth, Wind & Fire",)),
        ("Earth, Wind and Fire", ["Earth", "Fire"], ("Earth, Wind and Fire",)),
        ("Aretha and the Otises", ["Ray"], ("Aretha and the Otises",)),
        ("AC/DC", ["AC"], ("AC/DC",)),
        ("Tyler, The Creator & Kali", [], ("Tyler, The Creator", "Kali")),
        ("Earth, Wind & Fire, Kali", ["Kali"], ("Earth, Wind & Fire", "Kali")),
        (
            "Kali, Owl & Fox feat. Ray",
            ["Owl & Fox", "Kali", "Fox trot"],
            ("Kali", "Owl & Fox", "Ray"),
        ),
        ("Harry Connick, Jr.", ["Harry Connick"], ("Harry Connick, Jr.",)),
        ("10,000 Maniacs", ["10"], ("10,000 Maniacs",)),
        ("Little Feat", ["Little"], ("Little Feat",)),
        ("Max Xander", ["Max"], ("Max Xander",)),
    ],
)
def test_who_the_artists_in_a_name_are(name, others, artists):
    assert apart(name, *others)[0] == artists


def test_a_column_that_joins_its_artists_joins_all_of_them(table):
    rows = "\n".join(
        f'0.{row},"{names}"'
        for row, names in enumerate(
            ("Ann, Bob", "Bob, Cem & Dan", "Tyler, The Creator, Eve", "Eve"), 1
        )
    )
    for header in ("artists", "artist(s)_name", "Artist Name(s)", "artist_names"):
        frame = load_songs(table(f"energy,{header}\n{rows}\n")).frame
        assert frame["artists"].tolist() == [
            ("Ann", "Bob"),
            ("Bob", "Cem", "Dan"),
            ("Tyler, The Creator", "Eve"),
            ("Eve",),
        ]
        assert frame["artist"].tolist() == [
            "Ann, Bob",
            "Bob, Cem & Dan",
            "Tyler, The Creator, Eve",
            "Eve",
        ]
        assert splits.groups(frame)[0].tolist() == [0, 0, 1, 1]


def test_in_a_column_that_joins_its_artists_and_may_be_a_part_of_a_name(table):
    names = ["Ann, Eve and the Band", "Bob and Ann", "Ann", "Cem / Dan"]
    rows = "".join(f'0.{row},"{name}"\n' for row, name in enumerate(names))
    assert load_songs(table(f"energy,artists\n{rows}")).frame["artists"].tolist() == [
        ("Ann", "Eve and the Band"),
        ("Bob", "Ann"),
        ("Ann",),
        ("Cem / Dan",),
    ]


@pytest.mark.parametrize("between", ["|", " / ", " + ", " and "])
def test_guests_behind_any_mark_stay_with_their_artist(table, between):
    names = [f"Art{row // 4}" + f"{between}Guest{row}" * (row % 4 > 0) for row in range(16)]
    rows = "".join(f"0.5,{name}\n" for name in names)
    for column in ("artist", "artists"):
        assert check(load_songs(table(f"energy,{column}\n{rows}")))["groups"] == 4


def test_a_column_of_one_name_in_which_commas_join(table):
    names = (
        [f"Guest {number}, Star {number % 6}" for number in range(12)]
        + [f"Star {number}" for number in range(6)]
        + ["New, Newer", "Newer, Old"]
    )
    frame = load_songs(
        table("energy,artist\n" + "".join(f'0.5,"{name}"\n' for name in names))
    ).frame
    assert frame["artists"].tolist()[-2:] == [("New", "Newer"), ("Newer", "Old")]
    # Where few of the names with commas are so, a comma is a part of the others.
    names[:9] = [f"Duke {number}, the Great" for number in range(9)]
    frame = load_songs(
        table("energy,artist\n" + "".join(f'0.5,"{name}"\n' for name in names))
    ).frame
    assert frame["artists"].tolist()[-2:] == [("New, Newer",), ("Newer, Old",)] and frame[
        "artists"
    ][0] == ("Duke 0, the Great",)


@pytest.mark.parametrize(
    "cells",
    [
        ("Duo, Trio; Ann", "Trio", "Solo, One"),
        ("\"['Duo, Trio', 'Ann']\"", "['Trio']", "\"['Solo, One']\""),
    ],
)
def test_lists_of_artists_have_commas_in_names_only(table, cells):
    cells = [cell if cell.startswith('"') else f'"{cell}"' for cell in cells]
    frame = load_songs(table("energy,artists\n" + "".join(f"0.5,{cell}\n" for cell in cells))).frame
    assert frame["artists"][2] == ("Solo, One",) and frame["artist"][0] == "Duo, Trio; Ann"


def test_artists_joined_by_commas_stay_on_one_side(shared_data):
    frame = load_songs(shared_data / "cases" / "artists_with_commas.csv").frame
    groups, strategy = splits.groups(frame)
    parts = splits.split(frame["mood"].to_numpy(), groups, seed=0)
    sides = (
        pd.DataFrame({"part": parts, "artist": frame["artist"].str.split(", ")})
        .explode("artist")
        .groupby("artist")["part"]
        .nunique()
    )
    assert strategy == "artist" and len(sides) == 54 and sides.max() == 1


def test_artists_are_counted_by_the_rule_of_the_split(table):
    names = [
        "Ann",
        "ANN",
        '"Ann, Bob"',
        "Bob",
        "Various Artists",
        "Unknown",
        "Bob feat. Cem",
        '"Tyler, The Creator"',
        "",
    ]
    summary = check(
        load_songs(table("energy,artist\n" + "".join(f"0.5,{name}\n" for name in names)))
    )
    assert summary["artists"] == 4 and summary["groups"] == 5


@pytest.mark.parametrize(
    "header",
    [
        "uri",
        "spotify_uri",
        "track_uri",
        "spotify_track_uri",
        "track_href",
        "Track URI",
        "id",
        "spotify_id",
    ],
)
@pytest.mark.parametrize(
    "written",
    [
        "{}",
        "spotify:track:{}",
        "https://open.spotify.com/track/{}",
        "https://open.spotify.com/intl-de/track/{}?si=0a1b",
        "http://open.spotify.com/track/{}",
        "https://api.spotify.com/v1/tracks/{}",
    ],
)
def test_a_spotify_id_is_one_id_in_every_spelling_and_column(table, header, written):
    frame = load_songs(table(f"energy,{header}\n0.5,{written.format(SPOTIFY)}\n")).frame
    assert frame["track_id"].tolist() == [SPOTIFY]


@pytest.mark.parametrize(
    "text",
    [
        f"spotify:album:{SPOTIFY}",
        f"music/{SPOTIFY}/a.mp3",
        SPOTIFY[:-1],
        f"x{SPOTIFY}",
        f"spotify:local:{SPOTIFY}:a",
    ],
)
def test_what_is_no_spotify_track_stays_as_it_is(text):
    assert lasting_id(text) == text and not names_one_song(text)


def test_an_uri_is_a_better_id_than_a_row_number(table):
    frame = load_songs(
        table(
            f"id,energy,uri\n1,0.5,spotify:track:{SPOTIFY}\n2,0.4,spotify:track:{SPOTIFY[::-1]}\n"
        )
    ).frame
    assert frame["track_id"].tolist() == [SPOTIFY, SPOTIFY[::-1]]


def test_equal_rows_without_ids_stay_on_one_side_and_are_told(songs, table, told):
    frame = songs(211)
    again = pd.concat(
        [frame, frame.iloc[17:80], frame.iloc[30:41].assign(mood="other")], ignore_index=True
    )
    tracks = load_songs(table(again.sample(frac=1, random_state=3).to_csv(index=False)))
    groups, strategy = splits.groups(tracks.frame)
    assert strategy == "track" and len(tracks.frame) == 285 and groups.max() + 1 == 211
    parts = splits.split(tracks.frame["mood"].to_numpy(), groups, seed=1)
    assert tracks.frame.assign(part=parts).groupby(list(MEASURED))["part"].nunique().max() == 1
    assert splits.leaks(tracks.frame, parts)["shared_songs"] == 0
    assert (
        splits.leaks(tracks.frame, np.where(np.arange(285) % 2, "train", "test"))["shared_songs"]
        > 20
    )
    lines = told(tracks)
    assert (
        "the same features as an earlier row, but another mood: on its side of any split" in lines
    )
    assert sum(int(line.split(" rows")[0].rsplit("(", 1)[1]) for line in lines.splitlines()) == 74


def test_equal_features_are_equal_in_any_spelling_and_order(songs, table):
    frame = songs(60)
    again = frame.iloc[20:45].assign(
        energy=frame["energy"].map(lambda value: f"{value - 1e-12:.17f}"),
        tempo=frame["tempo"].map("{:.1f}0".format),
    )
    again["tempo"] = frame["tempo"].map("{:.5f}".format)
    groups, _ = splits.groups(
        load_songs(table(pd.concat([frame, again]).to_csv(index=False))).frame
    )
    assert groups.max() + 1 == 60 and groups[60:].tolist() == groups[20:45].tolist()


@pytest.mark.parametrize(
    "columns",
    [
        {"energy": 10},
        {"energy": 100, "valence": 100},
        {"mode": 2, "key": 12, "energy": 10},
        {"energy": 10, "valence": 10, "danceability": 10, "mode": 2},
        {"energy": 1000},
        {"tempo": 130, "energy": 100, "mode": 2},
    ],
)
def test_a_few_coarse_columns_make_no_songs_equal(table, columns):
    draw = np.random.default_rng(5)
    scale = {
        name: 100 if name == "valence" or count == 100 else count for name, count in columns.items()
    }
    whole = ("mode", "key", "time_signature", "tempo")
    frame = pd.DataFrame(
        {
            name: draw.integers(0, n, 500) / (1 if name in whole else scale[name])
            for name, n in columns.items()
        }
    )
    frame = frame.assign(tempo=60 + frame["tempo"]) if "tempo" in frame else frame
    tracks = load_songs(table(frame.to_csv(index=False)))
    assert splits.groups(tracks.frame)[0].max() + 1 == 500 and not tracks.problems


def test_titles_tell_songs_apart_unless_their_features_are_many_and_exact(songs):
    frame = songs(90)
    twice = pd.concat([frame, frame.iloc[:30]], ignore_index=True)
    twice["title"] = [f"Song {row % 90}" for row in range(120)]
    # Published again, ten of them under another title.
    twice.loc[110:, "title"] += " - Radio Edit"
    assert splits.groups(twice)[0].max() + 1 == 90
    few = twice.drop(columns=[*MEASURED[3:], "tempo"]).round(2)
    few.loc[90:99, "title"] = few.loc[0:9, "title"].to_numpy()
    groups, _ = splits.groups(few)
    assert all(groups[row] != groups[row - 90] for row in range(110, 120))
    # Numbers made of one number are equal without saying anything.
    made = pd.DataFrame({name: np.arange(120) % 20 / 20 for name in MEASURED}).assign(
        title=[f"Song {row}" for row in range(120)]
    )
    assert splits.groups(made)[0].max() + 1 == 120


def test_isrcs_are_one_in_any_spelling():
    frame = pd.DataFrame(
        {"track_id": list("abc"), "isrc": ["USRC17607839", "us-rc1-76-07839", "USRC17607840"]}
    )
    assert splits.groups(frame)[0].tolist() == [0, 0, 1]


def test_two_files_with_the_same_sound_are_one_group_where_nothing_reads_them(
    songs, table, tmp_path
):
    from kerasfeat.experiment.dataset import make_dataset
    from kerasfeat.tasks import tasks

    frame = songs(12).assign(audio=[f"{row}.wav" for row in range(12)])
    for row in range(12):
        (tmp_path / f"{row}.wav").write_bytes(b"RIFF" + bytes([row % 11]) * 70_000)
    (tmp_path / "5.wav").write_bytes((tmp_path / "4.wav").read_bytes()[:-1] + b"!")
    tracks = load_songs(table(frame.to_csv(index=False)), task=tasks.get("mood"))
    dataset = make_dataset(tracks, tasks.get("mood"), {"features": ("tempo",)}, {})
    assert dataset.groups.tolist() == [*range(11), 0]
    assert check(tracks, audio=False)["groups"] == 11
