"""Files of every dialect, and every kind of damage."""

import csv

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from kerasfeat import KerasfeatError
from kerasfeat.songs import room
from kerasfeat.songs.loading import load_songs


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
            st.floats(0, 1, exclude_max=True),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_text_in_any_cell_survives(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("tables") / "t.csv"
    frame = pd.DataFrame(
        {"valence": [value for _, value in rows], "note": [f"<{text}>" for text, _ in rows]}
    )
    frame.to_csv(path, index=False, quoting=csv.QUOTE_NONNUMERIC, encoding="utf-8")
    tracks = load_songs(path)
    assert tracks.problems == ()
    assert tracks.frame["note"].tolist() == frame["note"].tolist()
    np.testing.assert_allclose(tracks.frame["valence"], frame["valence"], rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("content", ['x\n6,,"\n"', 'energy\n0.5,1,2,"\n0.25,3"\n'])
def test_more_fields_than_the_header_before_an_open_mark_are_no_crash(table, content):
    with pytest.raises(KerasfeatError, match="quotation mark"):
        load_songs(table(content))


@pytest.mark.parametrize("content", ['"\n\n', '""', 'energy,"title\n0.5,x\n', '"energy\n\n0.5\n'])
def test_an_open_quotation_mark_in_the_header_is_no_crash(table, content):
    with pytest.raises(KerasfeatError, match="songs.csv can't be used"):
        load_songs(table(content))


def test_a_file_that_may_not_be_read_is_told(table, monkeypatch):
    path = table("track_id,energy\na,0.5\n")

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)
    with pytest.raises(KerasfeatError, match=r"songs.csv can't be read: Permission denied\."):
        load_songs(path)


def test_rows_with_too_many_or_too_few_fields(table, told):
    tracks = load_songs(
        table(
            "track_id,title,energy,mood\na,x,0.5,sad\nb,y,0.5\nc,z,0.5,sad,more\n\nd,v,w,0.5,sad\ne,u,0.5,\n"
        )
    )
    assert tracks.frame["track_id"].tolist() == ["a", "e"] and tracks.frame["mood"].tolist() == [
        "sad",
        None,
    ]
    assert [(problem.row, problem.effect) for problem in tracks.problems] == [
        (3, "dropped"),
        (4, "dropped"),
        (6, "dropped"),
    ]
    assert "5 fields where the header has 4, row dropped (2 rows: line 4, line 6)" in told(tracks)


@pytest.mark.parametrize("count", [30, 60_000])
def test_an_open_quotation_mark_never_swallows_rows_silently(table, told, count):
    rows = "".join(f"{i},x,0.5\n" for i in range(count))
    tracks = load_songs(table(f'track_id,title,energy\nq,x,0.5\nr,"open, too,0.5\n{rows}'))
    assert (
        tracks.frame["track_id"].tolist()[:4] == ["q", "r", "0", "1"]
        and len(tracks.frame) == count + 2
    )
    assert tracks.frame["title"][1] == "open, too" and set(tracks.frame["energy"]) == {0.5}
    assert (
        "a quotation mark is left open: the line is read as if it were not there; check it (line 3)"
        in told(tracks)
    )


def test_an_open_quotation_mark_that_the_next_songs_close_swallows_none(table, told):
    # Joined, lines 3 and 4 have as many fields as the header, and so have 6 to 8, where the
    # quotation mark is the last column's.
    tracks = load_songs(
        table(
            'title,artist,bpm,energy_%,mood,note\nOne,Ann,100,40,sad,\nTwo,"Bob, '
            'Jr,101,41,happy,\nThree,Cy"," Di""",102,42,sad\n'
            'Four,Di,103,43,sad,\nFive,Ed,104,44,happy,"so\nSix,Flo,105,45,sad,x\nSeven,Gil,106,46,happy,"y"\nEight,Hal,107,47,sad,z\n'
        )
    )
    songs = tracks.frame.set_index("title")[["artist", "tempo", "energy", "mood"]].T.to_dict("list")
    assert songs == {
        "One": ["Ann", 100, 0.4, "sad"],
        "Two": ["Bob, Jr", 101, 0.41, "happy"],
        "Four": ["Di", 103, 0.43, "sad"],
        "Five": ["Ed", 104, 0.44, "happy"],
        "Six": ["Flo", 105, 0.45, "sad"],
        "Seven": ["Gil", 106, 0.46, "happy"],
        "Eight": ["Hal", 107, 0.47, "sad"],
    }
    assert "read as if it were not there; check it (2 rows: line 3, line 6)" in told(tracks)
    assert "and the values don't fit their columns, row dropped (line 4)" in told(tracks)


def test_an_open_quotation_mark_of_the_shared_case(shared_data, told):
    tracks = load_songs(shared_data / "cases" / "unclosed_quote_swallows_next_song.csv")
    songs = tracks.frame.set_index("title")
    assert songs.loc["BESO", ["tempo", "energy", "danceability", "valence", "mood"]].tolist() == [
        95,
        0.53,
        0.77,
        0.64,
        "happy",
    ]
    assert (
        len(songs) == 59 and "Hey Mor" not in songs.index and set(songs["mood"]) == {"sad", "happy"}
    )
    assert (
        "quotation mark" in told(tracks)
        and "(line 22)" in told(tracks)
        and "(line 23)" in told(tracks)
    )


def test_a_cell_of_several_lines_whose_marks_are_astray_is_dropped_and_told(table, told):
    tracks = load_songs(
        table(
            'title,lyrics,energy\nS,"one\ntwo "three, four" five\nsix",0.5\nT,"la, 0.5\n1, '
            '2, la\nla" ,0.4\nU,x,0.3\n'
        )
    )
    assert tracks.frame["title"].tolist() == ["T", "U"] and tracks.frame["lyrics"][0].startswith(
        "la, 0.5\n1, 2, la\nla"
    )
    assert (
        "a quotation mark that is not doubled: where it ends can't be told, row dropped "
        "(line 2 '2 lines')" in told(tracks)
    )


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.text("la, 0.5\n\"'sad;", max_size=40), min_size=2, max_size=8),
    st.sampled_from([0, 1, 2]),
)
def test_lyrics_of_several_lines_survive(tmp_path_factory, lyrics, quoting):
    path = tmp_path_factory.mktemp("lyrics") / "t.csv"
    frame = pd.DataFrame(
        {
            "title": [f"T{i}" for i in range(len(lyrics))],
            "lyrics": [f"<{text}>" for text in lyrics],
            "energy": 0.5,
        }
    )
    frame.assign(mood="sad", note="la").to_csv(path, index=False, quoting=quoting)
    tracks = load_songs(path)
    assert tracks.problems == () and tracks.frame["lyrics"].tolist() == frame["lyrics"].tolist()


@pytest.mark.parametrize(
    ("dialect", "name"),
    [
        (lambda rows: rows.replace(",", "\t").replace("Tyler\t", "Tyler,"), "songs.tsv"),
        (lambda rows: rows.replace(",", ";").replace("Tyler;", "Tyler,"), "songs.csv"),
        (lambda rows: b"\xef\xbb\xbf" + rows.encode(), "songs.csv"),
        (lambda rows: rows.encode("utf-16"), "songs.csv"),
        (lambda rows: rows.replace("\n", "\r\n"), "songs.txt"),
        (lambda rows: "\n\n" + rows, "songs.csv"),
    ],
)
def test_dialects(table, rows, dialect, name):
    tracks, plain = load_songs(table(dialect(rows), name)), load_songs(table(rows, "plain.csv"))
    pd.testing.assert_frame_equal(tracks.frame, plain.frame)
    assert tracks.problems == ()


@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0", "\u3000", " \u200b"])
def test_a_cell_of_white_space_is_missing_and_told(table, told, blank):
    cells = ",".join([f'"{blank}"'] * 7)
    tracks = load_songs(
        table(
            f"id,title,artist,energy,key,mode,length,mood\na,{cells}\nb,x,Ann,0.5,C#,minor,3:25,sad\n"
        )
    )
    assert (
        tracks.frame.drop(columns=["track_id", "artists"]).iloc[0].isna().all()
        and tracks.frame["artists"][0] == ()
    )
    assert tracks.frame["key"][1] == 1 and tracks.frame["duration_ms"][1] == 205_000
    assert told(tracks).count("nothing but white space, read as missing (line 2") == 7
    load_songs(table(f"id,energy,mood\na,{blank}b,sad\n".replace("b,", ",")), strict=True)


def test_blank_cells_of_the_shared_cases(shared_data, told):
    for name in ("blank_cell.csv", "ws_space.csv"):
        tracks = load_songs(shared_data / "cases" / name)
        assert tracks.frame["energy"].isna().tolist() == [row == 3 for row in range(12)]
        assert "energy: nothing but white space, read as missing (line 5 ' ')" in told(tracks)


def test_a_blank_cell_of_a_parquet_file(tmp_path, told):
    pd.DataFrame({"id": ["a", "b"], "energy": ["0.5", " "], "mood": ["\t", "sad"]}).to_parquet(
        tmp_path / "t.parquet"
    )
    tracks = load_songs(tmp_path / "t.parquet")
    assert tracks.frame["energy"].isna().tolist() == [False, True] and tracks.frame[
        "mood"
    ].tolist() == [None, "sad"]
    assert told(tracks).count("nothing but white space") == 2


def test_windows_1252_is_no_latin_1(table, told):
    tracks = load_songs(
        table(
            "energy,mood\n0.5,Children’s\n0.25,R&B – soul\n0.1,café\n".encode("cp1252")
            + b"0.2,\x81\n"
        )
    )
    assert tracks.frame["mood"].tolist() == ["Children’s", "R&B – soul", "café", "\x81"]
    assert "not UTF-8: the file is read as Windows-1252; check accented letters (line 2)" in told(
        tracks
    )


def test_lines_of_two_encodings_are_read_each_as_its_own(table, told):
    tracks = load_songs(
        table(
            "\ufeffenergy,artist\n0.5,Björk\n".encode()
            + "0.25,Sigur Rós\n0.1,Zoë “Z”\n".encode("cp1252")
            + "0.2,Beyoncé\n".encode()
        )
    )
    assert tracks.frame["artist"].tolist() == ["Björk", "Sigur Rós", "Zoë “Z”", "Beyoncé"]
    assert (
        "the line is read as Windows-1252; check accented letters (2 rows: line 3, line 4)"
        in told(tracks)
    )


def test_windows_1252_of_the_shared_case(shared_data):
    assert set(load_songs(shared_data / "cases" / "cp1252_labels.csv").frame["mood"]) == {
        "Children’s",
        "café",
        "R&B – soul",
    }


def test_tables_of_too_many_columns_rows_or_values_are_refused_before_they_are_read(
    table, tmp_path, monkeypatch
):
    with pytest.raises(
        KerasfeatError,
        match=r"has 20,001 columns; a table is held in memory and may have 10,000: keep only",
    ):
        load_songs(table("energy" + "," * 20_000 + "\n0.5\n"))
    tracks = load_songs(table("energy" + "," * 2000 + "\n" + "0.5" + "," * 2000 + "\n"))
    assert tracks.frame.shape == (1, 2002)
    monkeypatch.setattr(room, "MAX_ROWS", 40)
    with pytest.raises(KerasfeatError, match="has 51 lines; .* may have 40"):
        load_songs(table("energy\n" + "1\n" * 50))
    pd.DataFrame({"energy": [0.5] * 50}).to_parquet(tmp_path / "rows.parquet")
    monkeypatch.setattr(pd, "read_parquet", lambda *args: pytest.fail("it is read"))
    with pytest.raises(KerasfeatError, match="has 50 rows; .* may have 40"):
        load_songs(tmp_path / "rows.parquet")
    monkeypatch.setattr(room, "MAX_CELLS", 90)
    pd.DataFrame({"energy": [0.5] * 30, "genres": [["a"] * 3] * 30}).to_parquet(
        tmp_path / "values.parquet"
    )
    with pytest.raises(KerasfeatError, match="has 120 values; .* may have 90"):
        load_songs(tmp_path / "values.parquet")
    monkeypatch.setattr(room, "MAX_BYTES", 50_000)
    frame = pd.DataFrame({"energy": [0.5] * 20, "lyrics": [f"{i}" * 2000 for i in range(20)]})
    frame.to_parquet(tmp_path / "bytes.parquet", compression="gzip")
    with pytest.raises(KerasfeatError, match="bytes when unpacked; .* may have 50,000"):
        load_songs(tmp_path / "bytes.parquet")


@pytest.mark.parametrize(
    "cell",
    [
        "x" * 20_000,
        b"x" * 20_000,
        ["x" * 9_000, "y" * 11_000],
        {"words": "x" * 20_000},
        [{"words": "x" * 20_000}],
    ],
    ids=["text", "bytes", "list", "record", "records"],
)
def test_a_small_parquet_file_of_one_long_text_in_each_row(tmp_path, monkeypatch, cell):
    path = tmp_path / "long.parquet"
    pd.DataFrame({"energy": [0.5] * 70, "lyrics": [cell] * 70}).to_parquet(path)
    assert path.stat().st_size < 30_000
    assert len(load_songs(path).frame) == 70
    monkeypatch.setattr(room, "MAX_BYTES", 1_000_000)
    with pytest.raises(KerasfeatError, match="has 1,400,000 bytes when unpacked; .* 1,000,000"):
        load_songs(path)


def test_a_small_parquet_file_of_one_long_value_in_each_row(tmp_path, monkeypatch):
    table = pa.table(
        {"energy": [0.5] * 60, "code": pa.array([b"x" * 20_000] * 60, pa.binary(20_000))}
    )
    parquet.write_table(table, tmp_path / "long.parquet")
    monkeypatch.setattr(room, "MAX_BYTES", 1_000_000)
    with pytest.raises(KerasfeatError, match="has 1,200,000 bytes when unpacked"):
        load_songs(tmp_path / "long.parquet")


def test_a_parquet_file_that_is_not_looked_into_in_time_is_told(tmp_path, monkeypatch):
    pd.DataFrame({"energy": [0.5] * 7, "genres": [["a"] * 3] * 7}).to_parquet(
        tmp_path / "a.parquet"
    )
    monkeypatch.setattr(room, "ASK_S", 0.01)
    with pytest.raises(KerasfeatError, match=r"a\.parquet: .* not known after 0\.01 s. Try again"):
        load_songs(tmp_path / "a.parquet")


def test_a_file_of_too_many_cells_is_refused(tmp_path, monkeypatch):
    (tmp_path / "wide.csv").write_text("energy,a,b,c,d\n" + "0.5,1,2,3,4\n" * 30)
    monkeypatch.setattr(room, "MAX_CELLS", 149)
    with pytest.raises(KerasfeatError, match="wide.csv has 150 values; .* may have 149"):
        load_songs(tmp_path / "wide.csv")


def test_a_small_parquet_file_of_many_rows(shared_data):
    with pytest.raises(
        KerasfeatError,
        match=r"has 50,000,000 rows; a table is held in memory and may have 20,000,000",
    ):
        load_songs(shared_data / "cases" / "rle.parquet")


@pytest.mark.parametrize(
    ("content", "name", "source"),
    [
        (
            ",album,track,track\n,title,title,genre_top\ntrack_id,,,\n2,AWOL,Food,Hip-Hop\n",
            "tracks.csv",
            "fma",
        ),
        (
            ",echonest,echonest\n,audio_features,audio_features\n,energy,valence\ntrack_id,,\n2,0.5,0.4\n",
            "echonest.csv",
            "fma",
        ),
        (
            "feature,mfcc,mfcc\r\nstatistics,max,min\r\nnumber,01,01\r\ntrack_id,,\r\n2,0.5,0.4\r\n",
            "features.csv",
            "fma",
        ),
        (
            "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\nt1\ta1\tb1\t48/948.mp3\t212.7\tgenre---pop\tmood/theme---sad\n",
            "a.tsv",
            "jamendo",
        ),
    ],
)
def test_tables_of_a_form_of_their_own_name_the_source_that_reads_them(
    table, content, name, source
):
    with pytest.raises(KerasfeatError, match=f"kerasfeat data {source} DIR OUT"):
        load_songs(table(content, name))


def test_latin_1_is_read_and_told(table, told):
    tracks = load_songs(table("artist,energy\nAnn,0.5\nBjörk,0.25\n".encode("latin-1")))
    assert tracks.frame["artist"][1] == "Björk"
    assert "not UTF-8: the file is read as Latin-1; check accented letters (line 3)" in told(tracks)


def test_parquet_equals_csv(table, tmp_path, rows):
    plain = load_songs(table(rows))
    frame = pd.read_csv(tmp_path / "songs.csv").assign(
        artist=[["Ann"], ["Bob"], ["Tyler, The Creator"]]
    )
    frame.to_parquet(tmp_path / "songs.parquet")
    pd.testing.assert_frame_equal(load_songs(tmp_path / "songs.parquet").frame, plain.frame)
    frame.set_index("track_id").to_parquet(tmp_path / "tracks.parquet")
    pd.testing.assert_frame_equal(load_songs(tmp_path).frame, plain.frame)


def test_an_index_of_a_parquet_file_is_columns(table, tmp_path, rows):
    plain, frame = load_songs(table(rows)).frame, pd.read_csv(tmp_path / "songs.csv")
    for name, indexed in (
        ("levels", frame.set_index(["artist", "track_id"])),
        ("kept", frame.set_index("track_id", drop=False)),
        ("some", frame.set_index([pd.Index([7, 5, 3]), "title"])),
    ):
        indexed.to_parquet(tmp_path / f"{name}.parquet")
        pd.testing.assert_frame_equal(load_songs(tmp_path / f"{name}.parquet").frame, plain)


def test_words_for_nothing_are_missing_and_told_where_they_may_be_names(table, told):
    path = table(
        "id,artist,title,mood,energy,isrc\na,None,NA,null,NA,N/A\nb,N/A,,nan,0.5,\nNA,NULL,Nan,none,null,\n"
    )
    tracks = load_songs(path)
    frame = tracks.frame
    assert frame["artist"].isna().all() and frame["title"].tolist() == [None, None, "Nan"]
    assert frame["mood"].isna().all()
    assert (
        frame["energy"].isna().tolist() == [True, False, True]
        and frame["isrc"].isna().all()
        and frame["track_id"][2] == "line 4"
    )
    assert (
        "mood: read as missing: if it is a name, write it otherwise (2 rows: line 2 "
        "'null', line 3 'nan')" in told(tracks)
    )
    assert not any(line.startswith(("energy", "isrc")) for line in told(tracks).splitlines())


def test_a_cell_may_hold_a_whole_book(table):
    csv.field_size_limit(131_072)  # Python's own, which other tests may have raised
    lyrics = "la, " * 50_000
    tracks = load_songs(table(f'id,energy,lyrics\na,0.5,"{lyrics}"\nb,0.25,\n'))
    assert tracks.problems == () and tracks.frame["lyrics"][0] == lyrics


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("", "songs.csv", "is empty"),
        (" \n\n", "songs.csv", "is empty"),
        ("energy,mood\n", "songs.csv", "header but no row"),
        (
            "energy,mood\n1\n2\n",
            "songs.csv",
            r"(?s)header but no row.*1 fields where the header has 2.*2 rows: line 2, line 3",
        ),
        ("0.5,0.25,sad\n0.1,0.2,happy\n", "songs.csv", "first line looks like data"),
        (
            "city,mayor\nBonn,Ann\n",
            "songs.csv",
            r"no feature and no audio column; found: city, mayor; known: audio, danceability",
        ),
        (b"PK\x03\x04\x00\x00\x08\x00", "songs.xlsx", "Excel"),
        (b"\x1f\x8b\x08\x01", "songs.csv.gz", "is not a table: it is packed .*unpack it"),
        ('[{"energy":0.5,"mood":"sad"}]', "songs.json", "is not a table: it is JSON"),
        ('{"energy":0.5}\n{"energy":0.25}\n', "songs.jsonl", "it is JSON; make a CSV"),
        ('\n[\n  {\n    "energy": 0.5\n  }\n]', "songs.csv", "it is JSON"),
        ('[{"energy":0.5}]'.encode("utf-16"), "songs.csv", "it is JSON"),
        ("<!DOCTYPE html>\n<html><body>a, b</body></html>", "songs.csv", "it is a web page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", "songs.csv", "it is XML"),
        (b"\x89PNG\r\n\x00\x1a", "songs.csv", "is not a table: it is binary"),
        (b"PAR1 and then nothing", "songs.parquet", "not a readable Parquet file"),
        (b"\xff\xfb\x90\x00", "song.mp3", "Allowed: CSV, TSV, Parquet, or a folder of audio files"),
    ],
)
def test_what_is_no_table_is_refused(table, content, name, message):
    with pytest.raises(KerasfeatError, match=message):
        load_songs(table(content, name))


def test_huge_files_are_refused_unread(table):
    path = table("energy\n0.5\n")
    with path.open("r+b") as file:
        file.truncate(room.MAX_BYTES + 1)
    with pytest.raises(KerasfeatError, match=r"2\.0 GiB.*keep only the columns"):
        load_songs(path)


def test_a_repeated_name_in_the_header(table, told):
    tracks = load_songs(table("energy,energy,,\n0.5,0.1,x,y\n"))
    assert tracks.frame["energy"][0] == 0.5 and {"energy.2", "column_3", "column_4"} <= set(
        tracks.frame.columns
    )
    assert "stands twice in the header" in told(tracks)
    tracks = load_songs(table("x.3,x,x,column_6,energy,,x\n1,2,3,4,0.5,6,7\n"))
    assert tracks.frame.drop(columns=["energy", "track_id"]).iloc[0].to_dict() == {
        "x.3": "1",
        "x": "2",
        "x.3_": "3",
        "column_6": "4",
        "column_6.6": "6",
        "x.7": "7",
    }


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_header_between_the_rows_is_no_song_and_told(table, rows, told, mark):
    header, *songs = [mark + rows.encode().splitlines()[0], *rows.encode().splitlines()[1:]]
    path = table(b"\n".join([header, *songs[:1], header, *songs[1:], header]))
    tracks = load_songs(path, strict=True)
    pd.testing.assert_frame_equal(tracks.frame, load_songs(table(rows, "plain.csv")).frame)
    assert told(tracks) == "the header again, left out (2 rows: line 3, line 6)"


def test_a_header_in_a_dataframe_or_parquet_is_no_song_and_told(table, rows, told, tmp_path):
    plain = pd.read_csv(table(rows, "plain.csv"), dtype=str)
    header = pd.DataFrame([dict(zip(plain, plain, strict=True))])
    frame = pd.concat([plain[:1], header, plain[1:]])
    frame.to_parquet(tmp_path / "texts.parquet")
    numbers = pd.concat([pd.read_csv(tmp_path / "plain.csv"), header])
    for source, line in ((frame, 2), (tmp_path / "texts.parquet", 2), (numbers, 4)):
        tracks = load_songs(source, strict=True)
        wanted = load_songs(tmp_path / "plain.csv").frame
        pd.testing.assert_frame_equal(tracks.frame, wanted)
        assert told(tracks) == f"the header again, left out (line {line})"


@pytest.mark.parametrize(
    "change",
    [
        lambda names: names[::-1],
        lambda names: [*names[:-1], "genre"],
        lambda names: [*names[1:], names[0].upper()],
    ],
)
def test_a_header_of_other_columns_between_the_rows_is_refused(table, rows, tmp_path, change):
    header, *songs = rows.splitlines()
    other = ",".join(change(header.split(",")))
    path = table("\n".join([header, *songs, other, *songs]))
    with pytest.raises(KerasfeatError, match="another header, with other columns.*line 5"):
        load_songs(path)
    frame = pd.read_csv(path, dtype=str)
    with pytest.raises(KerasfeatError, match="another header, with other columns.*line 4"):
        load_songs(frame)


def test_lines_of_delimiters_alone_are_no_songs_and_told(table, told, tmp_path, rows):
    width = rows.splitlines()[0].count(",")
    path = table(f"{rows}{',' * width}\n,,\n{' ,' * width}\n\n", "trailing.csv")
    tracks, plain = load_songs(path, strict=True), load_songs(table(rows, "plain.csv"))
    pd.testing.assert_frame_equal(tracks.frame, plain.frame)
    assert told(tracks) == "an empty line, left out (3 rows: line 5, line 6, line 7)"
    frame = pd.read_csv(tmp_path / "plain.csv").reindex(range(6))
    frame.loc[4, "title"] = " "
    frame.to_parquet(tmp_path / "trailing.parquet")
    for source in (frame, tmp_path / "trailing.parquet"):
        tracks = load_songs(source)
        pd.testing.assert_frame_equal(tracks.frame, plain.frame)
        assert told(tracks) == "an empty line, left out (3 rows: line 4, line 5, line 6)"


def test_a_table_of_empty_lines_has_no_row(table):
    with pytest.raises(KerasfeatError, match="header but no row"):
        load_songs(table("energy,mood\n,\n,\n"))


@pytest.mark.parametrize(
    ("above", "end"),
    [
        ("My playlist of 2023\n", "\n"),
        ("My songs,,,,,,,,,\n\n", "\n"),
        ("# exported\r\n# by me, today\r\n", "\r\n"),
        ("Song list\r", "\r"),
    ],
)
def test_lines_above_the_header_are_left_out_and_told(table, rows, told, above, end):
    path = table(above + rows.replace("\n", end))
    tracks = load_songs(path, strict=True)
    pd.testing.assert_frame_equal(tracks.frame, load_songs(table(rows, "plain.csv")).frame)
    count = len([line for line in above.splitlines() if line])
    assert told(tracks).startswith("a line above the header, left out (")
    assert tracks.lines[0] == len(above.splitlines()) + 2 and len(tracks.problems) == count


@pytest.mark.parametrize("mark", [";", "|", ","])
def test_the_delimiter_that_excel_is_told_is_used(table, rows, mark):
    lines = [next(csv.reader([line])) for line in rows.splitlines()]
    path = table("x")
    with path.open("w", newline="") as file:
        file.write(f"sep={mark}\r\n")
        csv.writer(file, delimiter=mark).writerows(lines)
    tracks = load_songs(path)
    pd.testing.assert_frame_equal(tracks.frame, load_songs(table(rows, "plain.csv")).frame)
    assert tracks.problems == () and tracks.lines.tolist() == [3, 4, 5]


def test_a_header_that_lacks_the_names_of_rows_or_a_delimiter_at_the_end(table, rows, told):
    plain = load_songs(table(rows, "plain.csv")).frame
    header, *songs = rows.splitlines()
    named = [f'"{chr(97 + place)}",{song}' for place, song in enumerate(songs)]
    for lines, message, column in (
        ([f"{song}," for song in songs], "each line ends with a delimiter", "column_11"),
        (named, "the first is taken as the name of the row", "column_1"),
    ):
        tracks = load_songs(table("\n".join([header, *lines])), strict=True)
        pd.testing.assert_frame_equal(tracks.frame.drop(columns=column), plain)
        assert message in told(tracks) and len(tracks.problems) == 1


@pytest.mark.parametrize(
    "content",
    [
        "id,energy\n1,0,5\n2,0,25\n",  # decimal commas
        "id,artist,energy\n1,Tyler, The Creator,0.5\n2,Adams, Bryan,0.25\n",
        "id,energy\n1,0.5,sad\n2,0.25,happy\n",  # the last column has no name
    ],
)
def test_one_field_more_than_the_header_may_be_another_mistake(table, content):
    with pytest.raises(KerasfeatError, match="fields where the header has"):
        load_songs(table(content))


def test_a_line_of_data_that_names_columns_is_no_header(table):
    rows = "".join(f"w{row},{row},0.{row}\n" for row in range(1, 30))
    path = table(f"word,count,mean\nlength,energy,mood\n{rows}")
    assert load_songs(path).frame["word"].tolist()[:2] == ["length", "w1"]
