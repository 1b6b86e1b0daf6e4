import csv
import json

import pytest

from kerasfeat import KerasfeatError
from kerasfeat.datasets.joining import join
from kerasfeat.songs import loading

LEFT = """track_id,isrc,artist,title,mood,energy,source
7000000000000000000001,,Ann,One,sad,,
x2,GBAYE6800002,Ann,Two,sad,,
x3,,Motörhead,Overkill - 2011 Remaster,happy,,
x4,,Beyonce,Halo (feat. Nobody),calm,,
x5,,The Beetles,Come Together,calm,,
x6,,Ann,Nowhere,sad,,
x7,,,Untitled,sad,,
x8,,Bob,Twin,sad,,
x9,,Eve,Own,sad,0.123,mine
"""
RIGHT = """id,isrc,artists,name,danceability,energy,popularity,source,mood
spotify:track:7000000000000000000001,,Somebody,Else,0.1,0.1,10,theirs,wild
y2,gb-aye-68-00002,Ann,Zwei,0.2,0.2,20,theirs,
y3,,MOTORHEAD,Overkill,0.3,0.3,30,theirs,
y4,,Beyoncé,Halo,0.4,0.4,40,theirs,
y5,,The Beatles,Come Together,0.5,0.5,50,theirs,
y8,,Bob,Twinn,0.8,0.8,80,theirs,
z8,,Bob,Twina,0.9,0.9,90,theirs,
y9,,Eve,Own,0.99,0.99,99,theirs,
"""


@pytest.fixture
def joined(tmp_path):
    """A function that joins LEFT and RIGHT: what it returned, the rows, and the matches."""

    def run(**options):
        (tmp_path / "left.csv").write_text(LEFT, encoding="utf-8")
        (tmp_path / "right.csv").write_text(RIGHT, encoding="utf-8")
        counts = join(tmp_path / "left.csv", tmp_path / "right.csv", tmp_path / "out", **options)
        read = [
            list(csv.DictReader((tmp_path / "out" / name).open(encoding="utf-8", newline="")))
            for name in ("tracks.csv", "matches.csv")
        ]
        return counts, *({row["track_id"]: row for row in rows} for rows in read)

    return run


def test_songs_are_found_by_id_isrc_name_and_nearly(joined, tmp_path):
    counts, rows, matches = joined()
    assert counts == {
        "id": 1,
        "ISRC": 1,
        "artist and title": 3,
        "nearly": 1,
        "several alike": 1,
        "not found": 2,
    }
    assert {track_id: match["found by"] for track_id, match in matches.items()} == {
        "7000000000000000000001": "id",
        "x2": "ISRC",
        "x3": "artist and title",
        "x4": "artist and title",
        "x5": "nearly",
        "x6": "not found",
        "x7": "not found",
        "x8": "several alike",
        "x9": "artist and title",
    }
    assert (
        matches["x5"]["right artist"] == "The Beatles" and 88 <= float(matches["x5"]["alike"]) < 100
    )
    assert (
        rows["x2"]["energy"] == "0.2"
        and rows["x2"]["title"] == "Two"
        and rows["x2"]["popularity"] == "20"
    )
    assert rows["x6"]["energy"] == "" and rows["7000000000000000000001"]["mood"] == "sad"
    assert loading.load_songs(tmp_path / "out").frame["energy"].notna().sum() == 6


def test_features_of_a_song_come_from_one_table(joined):
    _, rows, _ = joined()
    assert (
        rows["x9"]["energy"] == "0.123"
        and rows["x9"]["danceability"] == ""
        and rows["x9"]["source"] == "mine"
    )
    assert rows["x9"]["popularity"] == "99" and rows["x2"]["source"] == "theirs"


def test_a_stricter_join_finds_fewer(joined):
    counts, _, _ = joined(least=99)
    assert counts["nearly"] == 0 and counts["not found"] == 4


def test_what_is_not_found_and_where_it_comes_from_is_kept(joined, tmp_path):
    (tmp_path / "provenance.json").write_text('{"source": "both", "licence": "CC0"}')
    joined()
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert {item["what"] for item in provenance["failed"]} == {"x6", "x7", "x8"} and provenance[
        "counts"
    ]["nearly"] == 1
    assert [parent["licence"] for parent in provenance["made_from"]] == ["CC0", "CC0"]


def test_the_same_tables_from_another_folder_are_the_same_join(joined, tmp_path, monkeypatch):
    joined()
    monkeypatch.chdir(tmp_path)
    assert join("left.csv", "right.csv", "out")["id"] == 1


@pytest.fixture
def found(tmp_path):
    """A function that says how a song of one table is found as the only one of another."""

    def how(one, other):
        for name, (artist, title) in (("one", one), ("other", other)):
            with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(
                    [
                        ["artist", "title", "mood" if name == "one" else "energy"],
                        [artist, title, "0.5"],
                    ]
                )
        counts = join(tmp_path / "one.csv", tmp_path / "other.csv", tmp_path / "out")
        return next(way for way, count in counts.items() if count)

    return how


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Ann - Bob", "Song - 2011 Remaster"), ("Ann  BOB", "song")),
        (("Sigur Rós", "Hoppípolla [Remastered 2011]"), ("Sigur Ros", "hoppipolla")),
        (("Ann", "Song (with Bob)"), ("Ann", "Song")),
        (("Κώστας Ψ", "Ένα"), ("ΚΩΣΤΑΣ Ψ", "ενα")),
        (("Ed Sheeran", "÷"), ("ED SHEERAN", "÷")),
        (("ギター", "がんばれ"), ("ｷﾞﾀｰ", "か\u3099んばれ")),
    ],
)
def test_names_are_compared_without_what_does_not_matter(found, one, other):
    assert found(one, other) == "artist and title"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("The Beetles", "Come Together"), ("The Beatles", "Come Together")),
        (
            ("The Electric Light Orchestra", "Evil Woman"),
            ("Electric Light Orchestra", "Evil Woman"),
        ),
        (("Ann", "Goodbye Yellow Brick Road"), ("Ann", "Good Bye Yellow Brick Road")),
        (
            ("Creedence Clearwater Revivel", "Proud Mary, Pt. 2"),
            ("Creedence Clearwater Revival", "Proud Mary Pt 2"),
        ),
    ],
)
def test_names_may_be_misspelt(found, one, other):
    assert found(one, other) == "nearly"


ROLLING = "The Rolling Stones"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Ann", "Song (Live)"), ("Ann", "Song")),
        (("Ann", "Song - Bob Remix"), ("Ann", "Song")),
        (
            (ROLLING, "You Can't Always Get What You Want"),
            (ROLLING, "You Can't Always Get What You Want (Live)"),
        ),
        (
            ("Pink Floyd", "Another Brick in the Wall, Pt. 1"),
            ("Pink Floyd", "Another Brick in the Wall, Pt. 2"),
        ),
        (
            ("Pink Floyd", "Another Brick in the Wall, Part II"),
            ("Pink Floyd", "Another Brick in the Wall, Part III"),
        ),
        (("Beethoven", "Symphony No. 5 in C minor"), ("Beethoven", "Symphony No. 9 in D minor")),
        (
            ("Beethoven", "The Symphony in C minor, finale"),
            ("Beethoven", "The Symphony in D minor, finale"),
        ),
        (
            ("Bruckner", "交響曲第五番ハ短調作品百二十三番"),
            ("Bruckner", "交響曲第七番ハ短調作品百二十三番"),
        ),
        (("Orchestra of the Great Theatre", "Rain"), ("Orchestra of the Great Theatre", "Ruin")),
        (("Ed Sheeran", "÷"), ("Ed Sheeran", "×")),
        (("Ann", "दिल"), ("Ann", "दाल")),
        (("Ann", "か"), ("Ann", "が")),
    ],
)
def test_other_works_and_other_recordings_are_other_songs(found, one, other):
    assert found(one, other) == "not found"


def test_row_numbers_are_no_ids_where_artist_or_title_contradict(tmp_path, capsys):
    left = (
        "track_id,artist,title,mood\n1,Miles Davis,So What,sad\n2,Metallica,One,wild\n3,Ann "
        "feat. Bob,Tree,sad\n4,,Four,calm\n5,Eve,V,sad\n"
    )
    right = (
        "id,artist,title,energy\n1,Abba,Waterloo,0.9\n2,Miles Davis,So "
        "What,0.2\n3,Ann,Tree,0.3\n4,Dan,Four,0.4\n5,Eve,W,0.5\n"
    )
    (tmp_path / "l.csv").write_text(left)
    (tmp_path / "r.csv").write_text(right)
    counts = join(tmp_path / "l.csv", tmp_path / "r.csv", tmp_path / "out")
    assert {how: count for how, count in counts.items() if count} == {
        "id": 2,
        "artist and title": 1,
        "not found": 2,
    }
    joined = loading.load_songs(tmp_path / "out").frame.set_index("track_id")
    assert joined["energy"].dropna().to_dict() == {"1": 0.2, "3": 0.3, "4": 0.4}
    assert (
        "3 songs have the id of a song with another artist or title (such as '1')"
        in capsys.readouterr().err
    )


def test_numbers_find_songs_that_a_table_does_not_name(tmp_path):
    (tmp_path / "l.csv").write_text("id,mood\n1,sad\n2,calm\n3,calm\n")
    (tmp_path / "r.csv").write_text("id,artist,title,energy\n2,Ann,Two,0.2\n1,Bob,One,0.1\n")
    assert join(tmp_path / "l.csv", tmp_path / "r.csv", tmp_path / "out")["id"] == 2


def test_a_table_that_is_not_there_is_refused(tmp_path):
    (tmp_path / "left.csv").write_text(LEFT)
    with pytest.raises(KerasfeatError, match="nowhere.csv is not a table"):
        join(tmp_path / "left.csv", tmp_path / "nowhere.csv", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.fixture
def joining(tmp_path):
    """A function that joins two tables of text: what it returned, and the rows by title."""

    def run(left, right):
        (tmp_path / "own.csv").write_text(left, encoding="utf-8")
        (tmp_path / "other.csv").write_text(right, encoding="utf-8")
        counts = join(tmp_path / "own.csv", tmp_path / "other.csv", tmp_path / "out")
        with (tmp_path / "out" / "tracks.csv").open(encoding="utf-8", newline="") as file:
            rows = {row["title"]: row for row in csv.DictReader(file)}
        return {how: count for how, count in counts.items() if count}, rows

    return run


def test_columns_of_two_tables_are_on_one_scale(joining, capfd):
    _, rows = joining(
        "title,artist,popularity,length,mood\n"
        'Sun,Ann,0.9,"3,5",Happy\nRain,Bob,,,happy\nMoon,Cid,0.57,2,unknown\n',
        "title,artist,popularity,duration_ms,danceability %,key,tempo,loudness,mood\n"
        'Sun,Ann,90,1,63,Am,"120,5",-7 dB,wild\n'
        'Rain,Bob,55,215000,7,C#,"98,25","-9,5 dB",wild\n'
        "Moon,Cid,20,1,50,8B,0,-3 dB,calm\n",
    )
    assert [rows[name]["popularity"] for name in ("Sun", "Rain", "Moon")] == ["90", "55", "57"]
    durations = [rows[name]["duration_ms"] for name in ("Sun", "Rain", "Moon")]
    assert durations == ["210000", "215000", "120000"]
    assert [rows[name]["danceability"] for name in rows] == ["0.63", "0.07", "0.5"]
    assert [(row["key"], row["mode"]) for row in rows.values()] == [
        ("9", "0"),
        ("1", ""),
        ("0", "1"),
    ]
    assert [row["tempo"] for row in rows.values()] == ["120.5", "98.25", ""]
    assert [row["loudness"] for row in rows.values()] == ["-7", "-9.5", "-3"]
    assert [row["mood"] for row in rows.values()] == ["Happy", "Happy", "calm"]
    said = capfd.readouterr().err
    assert "own.csv: popularity: read as shares of 1" in said
    assert "own.csv: mood: means that there is none, read as missing (line 4 'unknown')" in said


def test_a_column_on_no_known_scale_stays_as_it_is(joining, capfd):
    _, rows = joining(
        "title,artist,valence\nSun,Ann,5.5\nRain,Bob,2.5\n",
        "title,artist,mood\nSun,Ann,calm\nRain,Bob,sad\n",
    )
    assert [row["valence"] for row in rows.values()] == ["5.5", "2.5"]
    assert "valence: no value can be read as valence (0 to 1)" in capfd.readouterr().err


@pytest.mark.parametrize(("own", "other"), [("artist", "artists"), ("artists", "artist")])
def test_the_artist_of_the_first_table_counts(joining, tmp_path, own, other):
    counts, rows = joining(
        f"track_id,title,{own},mood\nx7,Sun,Ann feat. Bob,sad\nx8,Rain,,calm\n",
        f"track_id,title,{other},energy\nx7,Sun,Ann,0.5\nx8,Rain,Eve,0.25\n",
    )
    assert counts == {"id": 2} and rows["Sun"][other] == "" and rows["Rain"][other] == "Eve"
    shown = loading.load_songs(tmp_path / "out").frame["artist"]
    assert shown.tolist() == ["Ann feat. Bob", "Eve"]


def test_rows_of_one_song_that_contradict_are_several_alike(joining, capfd):
    counts, rows = joining(
        "title,artist\nSun,Ann\nRain,Bob\nMoon,Cid\nWindd,Dora\n",
        "title,artist,album,mood,energy\nSun,Ann,Live,sad,0.1\nSun,Ann,Studio,happy,0.9\n"
        "Rain,Bob,Best,calm,0.5\nrain,BOB,Best,calm,0.5\nMoon,Cid,Own,calm,0.25\n"
        "Wind,Dora,Own,calm,0.3\nWind,Dora,Own,,0.3\n",
    )
    assert counts == {"artist and title": 2, "several alike": 2}
    assert [row["energy"] for row in rows.values()] == ["", "0.5", "0.25", ""]
    assert (
        "2 songs have several rows in B, which differ in album, mood, energy: nothing is joined "
        "to them (several alike)" in capfd.readouterr().err
    )


def test_rows_of_one_song_may_differ_in_what_it_has_itself(joining):
    counts, rows = joining(
        "id,title,artist,mood\n1,Sun,Ann,wild\n2,Rain,Bob,calm\n",
        "id,title,artist,mood,energy\n1,Sun,Ann,sad,0.5\n1,Sun,Ann,happy,0.5\n1,Other,Eve,,0.7\n",
    )
    assert counts == {"id": 1, "not found": 1} and rows["Sun"]["energy"] == "0.5"


def test_features_of_two_tables_that_name_no_source_are_told_apart(
    kerasfeat, joining, capfd, tmp_path
):
    moods = [("sad", "calm")[number % 2] for number in range(31)]
    own = [f"S{n},A{n},{mood},{n / 50 if n < 17 else ''}" for n, mood in enumerate(moods)]
    other = [f"S{n},A{n},{1 - n / 70}" for n in range(29)]
    _, rows = joining(
        "title,artist,mood,energy\n" + "\n".join(own),
        "title,artist,energy\n" + "\n".join(other),
    )
    sources = [row["source"] for row in rows.values()]
    assert sources == ["own"] * 17 + ["other"] * 12 + [""] * 2
    ended = kerasfeat(
        "fit", "--task", "mood", "--data", tmp_path / "out", "--out", tmp_path / "run"
    )
    assert ended.code and "come from several sources" in ended.err
    assert "own (17 songs), other (12 songs)" in ended.err


def test_tables_of_one_name_are_two_sources(tmp_path):
    for folder, text in (
        ("a", "title,artist,energy\nSun,Ann,0.5\nRain,Bob,\n"),
        ("b", "title,artist,energy\nSun,Ann,0.25\nRain,Bob,0.125\n"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tracks.csv").write_text(text)
    join(tmp_path / "a" / "tracks.csv", tmp_path / "b" / "tracks.csv", tmp_path / "out")
    frame = loading.load_songs(tmp_path / "out").frame
    assert frame["source"].tolist() == ["tracks (A)", "tracks (B)"]


def test_labels_without_features_have_no_source(joining):
    _, rows = joining("title,artist,mood\nSun,Ann,sad\n", "title,artist,genre\nSun,Ann,pop\n")
    assert "source" not in rows["Sun"]


def test_features_that_are_left_are_told_and_counted(kerasfeat, tmp_path):
    (tmp_path / "a.csv").write_text(
        "title,artist,tempo,length\nSun,Ann,120,\nRain,Bob,90,3:20\nMoon,Cid,,\nWind,Eve,80,\n"
    )
    (tmp_path / "b.csv").write_text(
        "title,artist,energy,valence,tempo,duration_ms,mood\nSun,Ann,0.5,0.1,121,201000,calm\n"
        "Rain,Bob,0.2,0.9,,202000,sad\nMoon,Cid,0.3,0.4,77,203000,sad\n"
    )
    out = tmp_path / "out"
    ended = kerasfeat("data", "join", tmp_path / "a.csv", tmp_path / "b.csv", out)
    assert "2 songs keep A's features (tempo): energy, valence of B are left out" in ended.err
    assert "give B first (data join B A OUT)" in ended.err
    counts = json.loads((out / "provenance.json").read_text())["counts"]
    assert counts["features of B left out"] == 2
    frame = loading.load_songs(out).frame
    assert frame["energy"].tolist()[2] == 0.3 and frame["energy"].notna().sum() == 1
    assert frame["tempo"].tolist() == [120, 90, 77, 80]
    # How long a song is, is no estimate.
    assert frame["duration_ms"].tolist()[:3] == [201_000, 200_000, 203_000]


def test_nothing_is_said_where_no_feature_is_left(kerasfeat, tmp_path):
    (tmp_path / "a.csv").write_text("title,artist,tempo\nSun,Ann,120\n")
    (tmp_path / "b.csv").write_text("title,artist,tempo,mood\nSun,Ann,121,calm\n")
    ended = kerasfeat("data", "join", tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "out")
    assert not ended.code and not ended.err
