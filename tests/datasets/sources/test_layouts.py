"""What each source makes of its layout, odd rows and all."""

import csv
import os
import shutil

import pandas as pd
import pytest
import source_layouts as layouts

from kerasfeat import KerasfeatError
from kerasfeat.datasets.rows import literal
from kerasfeat.datasets.sources import (
    deam,
    emotify,
    fma,
    folder,
    gtzan,
    jamendo,
    kaggle_tracks,
    spotgen,
    table,
)
from kerasfeat.songs import loading
from kerasfeat.songs.splits import from_table


@pytest.fixture
def made(tmp_path):
    """A function that makes a source's table of a layout and gives it as {track id: row}, and why
    others are missing.
    """

    def make(source, build, **options):
        root = build(tmp_path / "in") if callable(build) else build
        source.make(root, tmp_path / "out", **options)
        with (tmp_path / "out" / "tracks.csv").open(encoding="utf-8", newline="") as file:
            rows = {row["track_id"]: row for row in csv.DictReader(file)}
        provenance = layouts.contents(tmp_path / "out" / "provenance.json")
        return rows, {item["what"]: item["why"] for item in provenance["failed"]}

    return make


def test_fma_reads_headers_of_several_rows_official_parts_and_the_subset(made, tmp_path):
    rows, missing = made(fma, layouts.fma)
    assert len(rows) == 24 and not missing
    song = rows["5"]
    assert (
        song["title"] == '"Söng" 3'
        and song["artist"] == "Ann 3"
        and song["genre"] == "Hip-Hop"
        and song["duration_ms"] == "180000"
    )
    assert (
        song["energy"] == layouts.features(3)["energy"]
        and rows["6"]["energy"] == ""
        and song["licence"] == "CC BY-NC"
    )
    assert (
        tmp_path / "out" / song["audio"]
    ).resolve() == tmp_path / "in" / "fma_small" / "000" / "000005.mp3"
    frame = loading.load_songs(tmp_path / "out").frame
    assert frame.set_index("track_id")["genres"]["5"] == ("Hip-Hop", "Rock, Pop")
    parts = from_table(frame)
    assert {part: int((parts == part).sum()) for part in ("train", "validation", "test")} == {
        "train": 14,
        "validation": 6,
        "test": 4,
    }


def test_fma_larger_subsets_hold_the_smaller_and_audio_that_is_not_there_is_listed(made, tmp_path):
    root = layouts.fma(tmp_path / "in")
    for number in (2, 3, 5):
        (root / "fma_small" / "000" / f"{number:06d}.mp3").unlink()
    rows, missing = made(fma, root, subset="medium")
    assert len(rows) == 25 and rows["2"].get("audio") == "" and rows["2"]["energy"]
    assert missing == dict.fromkeys(["2", "3", "5"], "its audio is not there") and "3" not in rows


def test_jamendo_keeps_every_tag_and_the_official_split(made, tmp_path):
    root = layouts.jamendo(tmp_path / "in")
    (root / "audio" / "02" / "5.low.mp3").unlink()
    rows, missing = made(jamendo, root)
    assert (
        len(rows) == 25
        and rows["track_0000004"]["tags"] == "calm; film"
        and rows["track_0000004"]["mood"] == "calm"
    )
    assert (
        rows["track_0000003"]["tags"] == "energetic"
        and rows["track_0000003"]["artist"] == "artist_000003"
    )
    assert rows["track_0000003"]["duration_ms"] == "200300"
    assert [rows[f"track_{n:07d}"]["split"] for n in (0, 8, 12)] == ["train", "validation", "test"]
    assert "download.py" in missing["track_0000005"]
    with pytest.raises(KerasfeatError, match=r"no autotagging_moodtheme-train.tsv"):
        (root / "data" / "splits" / "split-0" / "autotagging_moodtheme-train.tsv").unlink()
        jamendo.make(root, tmp_path / "again")


def test_jamendo_and_gtzan_are_read_as_mirdata_lays_them_out(made, tmp_path):
    root = layouts.jamendo(tmp_path / "jamendo")
    (root / "metadata").mkdir()
    (root / "data").rename(root / "metadata" / "data")
    (root / "audio").rename(root / "audios")
    assert len(made(jamendo, root)[0]) == 26
    root = layouts.gtzan(tmp_path / "mir" / "gtzan_genre")
    (root / "genres_original").rename(root / "genres")
    assert gtzan.make(tmp_path / "mir", tmp_path / "genres") == 26


def test_jamendo_says_when_a_file_is_cut(tmp_path):
    root = layouts.jamendo(tmp_path / "in")
    path = root / "data" / "splits" / "split-0" / "autotagging_moodtheme-train.tsv"
    path.write_text(path.read_text()[:-30])
    with pytest.raises(KerasfeatError, match=r"line 15: no song with tags .* is the file whole\?"):
        jamendo.make(root, tmp_path / "out")


def test_jamendo_without_its_splits_takes_the_whole_list(made, tmp_path, capfd):
    root = layouts.jamendo(tmp_path / "in")
    shutil.rmtree(root / "data" / "splits")
    rows, _ = made(jamendo, root)
    assert (
        len(rows) == 26
        and "split" not in rows["track_0000000"]
        and "without the official parts" in capfd.readouterr().err
    )


def test_kaggle_genres_come_from_the_artists_and_nothing_is_run(made, tmp_path, capfd):
    rows, _ = made(kaggle_tracks, layouts.kaggle_tracks)
    assert (
        len(rows) == 26
        and rows["k2"]["genre"] == "rock"
        and rows["k3"]["genre"] == "jazz"
        and rows["k3"]["title"] == "Söng 3"
    )
    counts = layouts.contents(tmp_path / "out" / "provenance.json")["counts"]
    assert (
        counts["several artists"] == counts["artists without one of the nine genres"] == 1
        and counts["a list that can't be read"] == 2
    )
    captured = capfd.readouterr()
    assert (
        "pwned" not in captured.out
        and "2 tracks left out: a list that can't be read" in captured.err
    )


def test_kaggle_tracks_of_several_artists_on_request(made):
    rows, _ = made(kaggle_tracks, layouts.kaggle_tracks, multi_artist=True)
    assert (
        rows["k91"]["artists"] == "A 1; A 2"
        and rows["k91"]["genre"] == "rock"
        and rows["k91"]["genres"] == "rock; jazz"
    )


@pytest.mark.parametrize(
    ("genres", "found"),
    [
        (["classic rock", "album rock"], {"rock": 2}),
        (["rockabilly", "popcorn"], {}),
        (["hip-hop", "east coast hip hop"], {"hip hop": 2}),
        (["easy listening", "vocal jazz"], {"easy listening": 1, "jazz": 1}),
        (None, {}),
    ],
)
def test_a_genre_is_found_by_whole_words(genres, found):
    assert kaggle_tracks._counted(genres) == found


@pytest.mark.parametrize(
    "text",
    ["nan", "", "['a'", "[1, 2]", "{'a': 1}", "__import__('os').getcwd()", "[" * 5000, "'a'"],
)
def test_a_cell_that_is_no_list_of_texts_is_none(text):
    assert literal(text) is None


def test_spotgen_joins_its_tables_by_track(made):
    rows, missing = made(spotgen, layouts.spotgen, low_level=True, lyrics=True)
    assert (
        len(rows) == 26
        and rows["g7"]["Chroma_1"] == "0.7"
        and rows["g7"]["n_words"] == "3"
        and rows["g25"]["Chroma_1"] == ""
    )
    assert (
        missing == {"g25": "not in low_level_audio_features.csv"}
        and rows["g7"]["artist_genres"] == "folk; art pop"
    )
    assert (
        rows["g7"]["artists"] == "Ann 7"
        and rows["g7"]["popularity"] == "52"
        and not {"", "lyrics"} & set(rows["g7"])
    )


def test_spotgen_without_what_is_not_asked_for(made):
    rows, _ = made(spotgen, layouts.spotgen, limit=7)
    assert len(rows) == 7 and "Chroma_1" not in rows["g0"]


def test_emotify_averages_over_listeners(made):
    rows, _ = made(emotify, layouts.emotify)
    assert (
        len(rows) == 26
        and rows["1"]["genre"] == "classical"
        and rows["1"]["mood"] == "calm"
        and rows["1"]["listeners"] == "3"
    )
    assert (
        rows["202"]["mood"] == "energetic"
        and rows["202"]["power"] == "1.0"
        and rows["202"]["tension"] == "0.333333"
    )
    assert rows["3"]["audio"].endswith("classical/3.mp3") and rows["202"]["audio"].endswith(
        "electronic/2.mp3"
    )


def test_emotify_moods_agree_with_the_real_annotations(made, shared_data, tmp_path):
    real = pd.read_csv(shared_data / "emotify" / "tracks.csv", dtype={"track_id": str})
    names = list(emotify.EMOTIONS)
    listeners, lines = 420, [",".join(["track id", " genre", *(f" {name}" for name in names)])]
    for song in real.to_dict("records")[::5]:
        place = tmp_path / "in" / song["genre"]
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(shared_data / "emotify" / song["audio"], place / f"{int(song['track_id'])}.mp3")
        felt = [round(song[name] * listeners) for name in names]
        lines += [
            ",".join(
                [song["track_id"].lstrip("0"), song["genre"], *(str(int(i < n)) for n in felt)]
            )
            for i in range(listeners)
        ]
    (tmp_path / "in" / "data.csv").write_text("\n".join(lines) + "\n")
    rows, missing = made(emotify, tmp_path / "in")
    expected = real.iloc[::5].set_index(real.iloc[::5]["track_id"].str.lstrip("0"))
    assert (
        not missing
        and {song: row["mood"] for song, row in rows.items()} == expected["mood"].to_dict()
    )
    assert all(
        float(row["calmness"]) == pytest.approx(expected["calmness"][song], abs=2e-3)
        for song, row in rows.items()
    )
    assert loading.load_songs(tmp_path / "out").frame["audio"].notna().all()


def test_deam_brings_ratings_to_shares_and_names_artists(made):
    rows, missing = made(deam, layouts.deam)
    assert len(rows) == 26 and not missing
    assert float(rows["2"]["valence"]) == pytest.approx((2 - 1) / 8) and float(
        rows["2"]["arousal"]
    ) == pytest.approx(0.75)
    assert rows["3"]["artist"] == "Ann 1" and rows["20"]["title"] == "T 18"


def test_deam_without_a_number_goes_on_with_the_others(made, tmp_path):
    root = layouts.deam(tmp_path / "in")
    path = next(root.rglob("static_annotations_averaged_songs_1_2000.csv"))
    lines = path.read_text().splitlines()
    lines[3] = "4,n/a,1,2,3"
    lines[5] += ",one too many"
    path.write_text("\n".join(lines))
    rows, missing = made(deam, root)
    assert len(rows) == 24 and missing == {"4": "its ratings are not numbers"}


@pytest.mark.parametrize(
    ("source", "build", "name", "header", "lacking"),
    [
        (fma, layouts.fma, "tracks.csv", "a,b\nc,d\n", "set / subset"),
        (emotify, layouts.emotify, "data.csv", "track id,genre\n1,pop\n", "amazement"),
        (kaggle_tracks, layouts.kaggle_tracks, "tracks.csv", "id,name\n", "artists, id_artists"),
        (spotgen, layouts.spotgen, "spotify_artists.csv", "", "id, name, genres"),
        (
            deam,
            layouts.deam,
            "static_annotations_averaged_songs_1_2000.csv",
            "song_id,valence\n",
            "valence_mean",
        ),
    ],
)
def test_a_file_of_another_layout_says_what_it_lacks(
    source, build, name, header, lacking, tmp_path
):
    root = build(tmp_path / "in")
    next(root.rglob(name)).write_text(header)
    with pytest.raises(KerasfeatError, match=rf"{name} has no column {lacking}"):
        source.make(root, tmp_path / "out")


@pytest.mark.parametrize(("source", "build"), [(fma, layouts.fma), (jamendo, layouts.jamendo)])
def test_a_cell_may_be_long_but_not_endless(source, build, made, tmp_path, monkeypatch):
    root = build(tmp_path / "in")
    csv.field_size_limit(131_072)  # Python's own, less than some cells have
    path, said = {
        fma: ("tracks.csv", "Ann 3"),
        jamendo: ("autotagging_moodtheme-train.tsv", "artist_000003"),
    }[source]
    path = next(root.rglob(path))
    path.write_text(path.read_text().replace(said, "la" * 70_000))
    assert "la" * 70_000 in {row["artist"] for row in made(source, root)[0].values()}
    monkeypatch.setattr("kerasfeat.songs.schema.MOST_CELL_CHARACTERS", 131_072)
    with pytest.raises(
        KerasfeatError,
        match=rf"{path.name}, line \d+: not readable as CSV \(field larger than field limit",
    ):
        source.make(root, tmp_path / "again")


def test_gtzan_leaves_the_corrupt_clip_out_and_says_so(made, tmp_path):
    root = layouts.gtzan(tmp_path / "in")
    layouts.write_clip(root / "elsewhere" / "x.wav", 1)
    rows, missing = made(gtzan, root)
    assert len(rows) == 26 and rows["jazz.00004"]["genre"] == "jazz"
    assert "corrupt" in missing["jazz.00054"] and any(
        "not in a folder called" in why for why in missing.values()
    )


def test_a_mended_clip_of_gtzan_is_kept(made, tmp_path):
    root = layouts.gtzan(tmp_path / "in")
    layouts.write_clip(root / "genres_original" / "jazz" / "jazz.00054.wav", 54)
    assert "jazz.00054" in made(gtzan, root)[0]


@pytest.mark.parametrize(
    ("source", "lacking"),
    [
        (fma, "tracks.csv"),
        (jamendo, "autotagging_moodtheme.tsv"),
        (kaggle_tracks, "artists.csv"),
        (deam, "MEMD_audio"),
    ],
)
def test_a_folder_of_something_else_says_what_belongs_there(source, lacking, tmp_path):
    with pytest.raises(KerasfeatError, match=rf"has no {lacking}\. It should have "):
        source.make(tmp_path, tmp_path / "out")


def test_a_table_is_mapped_and_read_with_its_odd_letters(made, tmp_path):
    rows, _ = made(table, layouts.table(tmp_path), map=("Feels=mood", "Who=artist"), name="mine")
    assert (
        rows["x3"]["title"] == "Söng, 3"
        and rows["x3"]["mood"] == "wild"
        and rows["x3"]["artist"] == "Ann 3"
        and rows["x3"]["source"] == "mine"
    )


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("Feels", "is not COLUMN=FIELD"),
        ("Feels=moood", "unknown field 'moood'. Did you mean mood"),
        ("Feel=mood", "unknown column of .*Did you mean Feels"),
    ],
)
def test_a_wrong_map_is_refused(tmp_path, pair, message):
    with pytest.raises(KerasfeatError, match=message):
        table.make(layouts.table(tmp_path), tmp_path / "out", map=(pair,))


@pytest.mark.parametrize("pairs", [("Feels=mood", "Energy!=mood"), ("Feels=mood", "Feels=genre")])
def test_a_map_of_two_columns_to_a_field_or_two_fields_to_a_column_is_refused(tmp_path, pairs):
    with pytest.raises(
        KerasfeatError,
        match=f"--map '{pairs[1]}' after 'Feels=mood': a column is one field, and a field one "
        "column",
    ):
        table.make(layouts.table(tmp_path), tmp_path / "out", map=pairs)


def test_a_mapped_column_wins_over_one_of_that_name(made, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,mood,feel,energy\na,x,sad,0.5\nb,y,calm,0.4\n")
    rows, _ = made(table, path, map=("feel=mood",))
    assert rows["a"]["mood"] == "sad" and rows["a"]["mood (file)"] == "x"


def test_a_given_name_replaces_the_sources_of_a_table(made, tmp_path, capfd):
    path = tmp_path / "t.csv"
    path.write_text("id,energy,source\na,0.5,old\nb,0.4,mine\nc,0.3,\nd,0.2,older\n")
    rows, _ = made(table, path, name="mine")
    assert [row["source"] for row in rows.values()] == ["mine"] * 4
    assert "2 values of the table's source replaced by --name 'mine'" in capfd.readouterr().err


def test_without_a_name_a_table_keeps_its_sources(made, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,energy,source\na,0.5,old\nb,0.4,\n")
    rows, _ = made(table, path)
    assert [row["source"] for row in rows.values()] == ["old", "t"]


def test_seconds_stay_seconds(tmp_path):
    (tmp_path / "t.csv").write_text("id,length,energy\na,200,.5\nb,210,.4\nc,190,.1\n")
    table.make(tmp_path / "t.csv", tmp_path / "out")
    assert loading.load_songs(tmp_path / "out").frame["duration_ms"].tolist() == [
        200_000,
        210_000,
        190_000,
    ]


def test_lists_of_a_parquet_file_stay_lists(tmp_path):
    genres, artists = (
        [["rock", "hip hop; rap"], ["jazz"], []],
        [["Daft Punk", "Pharrell Williams"], ["Tyler, The Creator"], ["Ann"]],
    )
    frame = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "energy": 0.5,
            "genres": genres,
            "artists": artists,
            "codes": [[12, 25], [7], [12]],
        }
    )
    frame.to_parquet(tmp_path / "t.parquet")
    table.make(tmp_path / "t.parquet", tmp_path / "out")
    made, read = (
        loading.load_songs(tmp_path / "out").frame,
        loading.load_songs(tmp_path / "t.parquet").frame,
    )
    assert (
        made["genres"].tolist()
        == read["genres"].tolist()
        == [("rock", "hip hop; rap"), ("jazz",), None]
    )
    assert (
        made["artists"].tolist() == read["artists"].tolist() == [tuple(names) for names in artists]
    )
    assert made["codes"].tolist() == ["[12, 25]", "[7]", "[12]"]
    # What pandas makes of the Parquet file, saved as CSV.
    pd.read_parquet(tmp_path / "t.parquet").to_csv(tmp_path / "t.csv", index=False)
    assert (
        loading.load_songs(tmp_path / "t.csv")
        .frame[["genres", "artists"]]
        .equals(read[["genres", "artists"]])
    )


def test_percent_stays_percent(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("id,instrumentalness_%,feeling %\na,1,0\nb,0,63\nc,0,7\n")
    table.make(tmp_path / "t.csv", tmp_path / "out", map=("feeling %=valence",))
    frame = loading.load_songs(tmp_path / "out").frame
    assert frame["instrumentalness"].tolist() == [0.01, 0, 0] and frame["valence"].tolist() == [
        0,
        0.63,
        0.07,
    ]
    assert "t.csv: instrumentalness_%: read as percent, by its name" in capsys.readouterr().err


def test_a_folder_gives_tags_and_classes(made, tmp_path, shared_data):
    place = tmp_path / "in" / "früh"
    place.mkdir(parents=True)
    shutil.copy(shared_data / "malformed" / "has-tags.m4a", place / "t.m4a")
    shutil.copy(shared_data / "formats" / "dubstep.flac", tmp_path / "in" / "top.flac")
    (place / "bad.mp3").write_bytes(b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f broken")
    rows, _ = made(folder, tmp_path / "in", label="mood")
    assert (
        rows["früh/t.m4a"]["artist" if "artist" in rows["früh/t.m4a"] else "artists"]
        == "Test Artist"
    )
    assert (
        rows["früh/t.m4a"]["mood"] == "früh"
        and rows["top.flac"]["mood"] == ""
        and rows["früh/t.m4a"]["duration_ms"] == "3707"
    )
    assert rows["früh/bad.mp3"]["title"] == "bad"


@pytest.mark.parametrize("column", ["artist", "artists"])
def test_the_artist_of_a_table_counts_and_not_that_of_the_tags(made, tmp_path, shared_data, column):
    (tmp_path / "in").mkdir()
    for name in ("one.m4a", "two.m4a"):
        shutil.copy(shared_data / "malformed" / "has-tags.m4a", tmp_path / "in" / name)
    (tmp_path / "t.csv").write_text(f"file,mood,{column}\none.m4a,sad,Ann\ntwo.m4a,calm,\n")
    rows, _ = made(folder, tmp_path / "in", table=str(tmp_path / "t.csv"))
    found = loading.load_songs(tmp_path / "out").frame.set_index("track_id")["artists"]
    assert found.to_dict() == {"one.m4a": ("Ann",), "two.m4a": ("Test Artist",)}
    assert rows["one.m4a"][column] == "Ann"


def test_a_file_whose_name_is_no_valid_text_spoils_no_other(made, tmp_path):
    layouts.write_clip(tmp_path / "in" / "ä" / "one.wav", 1)
    layouts.write_clip(tmp_path / "in" / "cafe" / "two.wav", 1)
    try:
        (tmp_path / "in" / "cafe").rename(tmp_path / "in" / os.fsdecode(b"caf\xe9"))
    except OSError:
        pytest.skip("this file system takes valid text only")
    rows, missing = made(folder, tmp_path / "in")
    assert list(rows) == ["ä/one.wav"] and list(missing.values()) == [
        "its name is not valid text: rename the file"
    ]


@pytest.mark.parametrize("source", [folder, gtzan])
def test_a_folder_that_may_not_be_read_is_listed(made, tmp_path, monkeypatch, source):
    for name in ("blues/one.wav", "pop/two.wav", "pop/three.wav"):
        layouts.write_clip(tmp_path / "in" / name, 1)
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("blues"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    rows, missing = made(source, tmp_path / "in")
    assert len(rows) == 2 and missing == {
        str(tmp_path / "in" / "blues"): "can't be read: Permission denied"
    }


def test_a_folder_with_a_table_from_windows(made, tmp_path):
    for name in ("a/one.wav", "b/one.wav", "b/two.wav", "left.wav", "rose\u0301.wav"):
        layouts.write_clip(tmp_path / "in" / name, 1)
    lines = [
        "file,mood,artist",
        r"C:\Music\a\one.wav,sad,Ann",
        r"C:\Music\b\one.wav,calm,Bob",
        "two.WAV,calm,Bob",
        "one.wav,sad,Eve",
        "no.wav,sad,Eve",
        "ros\u00e9.wav,calm,Eve",
    ]
    (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows, missing = made(folder, tmp_path / "in", table=str(tmp_path / "labels.csv"))
    assert {name: row["mood"] for name, row in rows.items()} == {
        "a/one.wav": "sad",
        "b/one.wav": "calm",
        "b/two.wav": "calm",
        "rose\u0301.wav": "calm",
    }
    assert sorted(missing.values()) == [
        "no such file",
        "not in the table",
        "several files of this name",
    ]
