"""Files of every dialect, and every kind of damage."""

import csv

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasfeat import KerasfeatError
from kerasfeat.songs import reading
from kerasfeat.songs.loading import load


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
            st.floats(0, 1),
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
    tracks = load(path)
    assert tracks.problems == ()
    assert tracks.frame["note"].tolist() == frame["note"].tolist()
    np.testing.assert_allclose(tracks.frame["valence"], frame["valence"], rtol=1e-12, atol=1e-300)


def test_a_file_that_may_not_be_read_is_told(table, monkeypatch):
    path = table("track_id,energy\na,0.5\n")

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)
    with pytest.raises(KerasfeatError, match=r"songs.csv can't be read: Permission denied\."):
        load(path)


def test_rows_with_too_many_or_too_few_fields(table, told):
    tracks = load(
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


def test_an_open_quotation_mark_never_swallows_rows_silently(table):
    rows = "".join(f"{i},x,0.5\n" for i in range(30))
    with pytest.raises(KerasfeatError, match=r"(?s)quotation mark.*line 3"):
        load(table(f'track_id,title,energy\nq,x,0.5\nr,"open,0.5\n{rows}'))
    with pytest.raises(KerasfeatError, match="quotation mark"):
        load(table(f'track_id,title,energy\nq,x,0.5\nr,"open,0.5\n{rows * 2000}'))


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
    tracks, plain = load(table(dialect(rows), name)), load(table(rows, "plain.csv"))
    pd.testing.assert_frame_equal(tracks.frame, plain.frame)
    assert tracks.problems == ()


def test_latin_1_is_read_and_told(table, told):
    tracks = load(table("artist,energy\nAnn,0.5\nBjörk,0.25\n".encode("latin-1")))
    assert tracks.frame["artist"][1] == "Björk"
    assert "not UTF-8: the file is read as Latin-1; check accented letters (line 3)" in told(tracks)


def test_parquet_equals_csv(table, tmp_path, rows):
    plain = load(table(rows))
    frame = pd.read_csv(tmp_path / "songs.csv").assign(
        artist=[["Ann"], ["Bob"], ["Tyler, The Creator"]]
    )
    frame.to_parquet(tmp_path / "songs.parquet")
    pd.testing.assert_frame_equal(load(tmp_path / "songs.parquet").frame, plain.frame)
    frame.set_index("track_id").to_parquet(tmp_path / "tracks.parquet")
    pd.testing.assert_frame_equal(load(tmp_path).frame, plain.frame)


def test_an_index_of_a_parquet_file_is_columns(table, tmp_path, rows):
    plain, frame = load(table(rows)).frame, pd.read_csv(tmp_path / "songs.csv")
    for name, indexed in (
        ("levels", frame.set_index(["artist", "track_id"])),
        ("kept", frame.set_index("track_id", drop=False)),
        ("some", frame.set_index([pd.Index([7, 5, 3]), "title"])),
    ):
        indexed.to_parquet(tmp_path / f"{name}.parquet")
        pd.testing.assert_frame_equal(load(tmp_path / f"{name}.parquet").frame, plain)


def test_words_for_nothing_are_missing_and_told_where_they_may_be_names(table, told):
    path = table(
        "id,artist,title,mood,energy,isrc\na,None,NA,null,NA,N/A\nb,N/A,,nan,0.5,\nNA,NULL,Nan,none,null,\n"
    )
    tracks = load(path)
    frame = tracks.frame
    assert frame["artist"].isna().all() and frame["title"].tolist() == [None, None, "Nan"]
    assert frame["mood"].tolist() == [None, None, "none"]
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
    tracks = load(table(f'id,energy,lyrics\na,0.5,"{lyrics}"\nb,0.25,\n'))
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
        (b"\x89PNG\r\n\x00\x1a", "songs.csv", "is not a table: it is binary"),
        (b"PAR1 and then nothing", "songs.parquet", "not a readable Parquet file"),
        (b"\xff\xfb\x90\x00", "song.mp3", "Allowed: CSV, TSV, Parquet, or a folder of audio files"),
    ],
)
def test_what_is_no_table_is_refused(table, content, name, message):
    with pytest.raises(KerasfeatError, match=message):
        load(table(content, name))


def test_huge_files_are_refused_unread(table):
    path = table("energy\n0.5\n")
    with path.open("r+b") as file:
        file.truncate(reading.MAX_BYTES + 1)
    with pytest.raises(KerasfeatError, match=r"2\.0 GiB.*keep only the columns"):
        load(path)


def test_a_repeated_name_in_the_header(table, told):
    tracks = load(table("energy,energy,,\n0.5,0.1,x,y\n"))
    assert tracks.frame["energy"][0] == 0.5 and {"energy.2", "column_3", "column_4"} <= set(
        tracks.frame.columns
    )
    assert "stands twice in the header" in told(tracks)
    tracks = load(table("x.3,x,x,column_6,energy,,x\n1,2,3,4,0.5,6,7\n"))
    assert tracks.frame.drop(columns=["energy", "track_id"]).iloc[0].to_dict() == {
        "x.3": "1",
        "x": "2",
        "x.3_": "3",
        "column_6": "4",
        "column_6.6": "6",
        "x.7": "7",
    }
