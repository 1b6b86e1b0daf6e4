"""Small data sets in the layouts that their makers publish, with music synthesised here.

Layouts of FMA `fma_metadata`, MTG-Jamendo `data/`, SpotGenTrack, Kaggle, Emotify, DEAM, and GTZAN.
All values are made up.
"""

import csv
import json
import zlib

import numpy as np
import soundfile

RATE_HZ = 16_000
SONGS = 26  # of each fixture; even ones are slow and low, odd ones fast and high


def write_clip(path, number):
    """A clip of 1.3 s, different for each number; even ones low, odd ones high."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(zlib.crc32(str(path.name).encode()) + number)
    time_s = np.arange(int(1.3 * RATE_HZ)) / RATE_HZ
    wave = np.sin(
        2 * np.pi * (900 if number % 2 else 150) * (1 + 0.02 * number) * time_s
    ) + 0.1 * rng.normal(size=time_s.size)
    soundfile.write(
        path,
        0.4 * wave,
        RATE_HZ,
        format={"mp3": "MP3", "wav": "WAV", "flac": "FLAC"}[path.suffix[1:]],
    )


def features(number):
    """Feature columns of a song, as text; even ones calm, odd ones lively."""
    share = 0.3 + 0.4 * (number % 2) + 0.008 * number
    names = (
        "danceability",
        "energy",
        "speechiness",
        "acousticness",
        "instrumentalness",
        "liveness",
        "valence",
    )
    row = {name: f"{share + i / 100:.4f}" for i, name in enumerate(names)}
    return row | {
        "key": str(number % 12),
        "loudness": "-7.5",
        "mode": "1",
        "tempo": f"{90 + number}",
        "time_signature": "4",
    }


def write_csv(path, rows, encoding="utf-8", **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, list(rows[0]), **how)
        writer.writeheader()
        writer.writerows(rows)
    return path


def folder(root):
    """Files in a folder for each class, one with odd letters in its name."""
    for number in range(SONGS):
        write_clip(root / ("Früh" if number % 2 else "late night") / f"s öng {number}.flac", number)
    return root


def table(root):
    """A table with column names of its own, a quoted comma, and Windows line ends."""
    rows = [
        {
            "ID": f"x{n}",
            "Song": f"Söng, {n}",
            "Who": f"Ann {n % 13}",
            "Feels": ["calm", "wild"][n % 2],
            **features(n),
        }
        for n in range(SONGS)
    ]
    return write_csv(root / "my table.csv", rows, encoding="utf-8-sig", lineterminator="\r\n")


def gtzan(root):
    """Two of the ten folders, with the clip that is corrupt in the copies that are about."""
    for number in range(SONGS):
        genre = ["jazz", "metal"][number % 2]
        write_clip(root / "genres_original" / genre / f"{genre}.{number:05d}.wav", number)
    (root / "genres_original" / "jazz" / "jazz.00054.wav").write_bytes(
        b"RIFF\x00\x00\x00\x00corrupt from here on"
    )
    return root


def emotify(root):
    """data.csv with a row for each listener, spaces before the names as published, and clips
    numbered within their genre.
    """
    names = [
        "amazement",
        "solemnity",
        "tenderness",
        "nostalgia",
        "calmness",
        "power",
        "joyful_activation",
        "tension",
        "sadness",
    ]
    rows = []
    for number in range(SONGS):
        genre, first = [("classical", 1), ("electronic", 201)][number % 2]
        write_clip(root / genre / f"{number + 1}.mp3", number)
        for listener in range(3):
            felt = {
                name: int(
                    name == ["calmness", "power"][number % 2]
                    or (name == "tension" and listener == 0)
                )
                for name in names
            }
            rows.append(
                {
                    "track id": first + number,
                    "genre": genre,
                    **felt,
                    "mood": 3,
                    "liked": 0,
                    "disliked": 0,
                    "age": 21,
                    "gender": 1,
                }
            )
    header = ",".join(name if i == 0 else f" {name}" for i, name in enumerate(rows[0]))
    lines = [header, *(",".join(map(str, row.values())) for row in rows)]
    (root / "data.csv").write_text("\n".join(lines) + "\n")
    return root


def deam(root):
    """Both annotation files, the second with more columns, and metadata whose columns differ by the
    year.
    """
    place = root / "annotations" / "annotations averaged per song" / "song_level"
    rows = [
        {
            "song_id": n + 2,
            " valence_mean": 2 + 5 * (n % 2) + n / 20,
            " valence_std": 1.1,
            " arousal_mean": 7 - 5 * (n % 2),
            " arousal_std": 0.9,
        }
        for n in range(SONGS)
    ]
    write_csv(place / "static_annotations_averaged_songs_1_2000.csv", rows[:20])
    write_csv(
        place / "static_annotations_averaged_songs_2000_2058.csv",
        [row | {" valence_max_mean": 8} for row in rows[20:]],
    )
    write_csv(
        root / "metadata" / "metadata_2013.csv",
        [{"song_id": n + 2, "Artist": f"Ann {n}", "Song title": f"S {n}"} for n in range(12)],
    )
    write_csv(
        root / "metadata" / "metadata_2014.csv",
        [{"Id": n + 2, "Artist": f"Bob {n}", "Track": f"T {n}"} for n in range(12, SONGS)],
    )
    for number in range(SONGS):
        write_clip(root / "MEMD_audio" / f"{number + 2}.mp3", number)
    return root


def jamendo(root):
    """The whole list and one official split; songs have one to three tags, and their paths begin
    with a folder.
    """
    header = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS"
    lines = []
    for n in range(SONGS):
        tags = ["mood/theme---" + tag for tag in (["calm", "film"], ["energetic"])[n % 2]]
        lines.append(
            "\t".join(
                [
                    f"track_{n:07d}",
                    f"artist_{n % 13:06d}",
                    f"album_{n:06d}",
                    f"{n % 3:02d}/{n}.mp3",
                    f"{200 + n / 10}",
                    *tags,
                ]
            )
        )
        write_clip(root / "audio" / f"{n % 3:02d}" / f"{n}.low.mp3", n)
    place = root / "data" / "splits" / "split-0"
    place.mkdir(parents=True)
    (root / "data" / "autotagging_moodtheme.tsv").write_text("\n".join([header, *lines]) + "\n")
    parts = {
        "train": lambda a: a < 7,
        "validation": lambda a: 7 <= a < 10,
        "test": lambda a: a >= 10,
    }
    for part, holds in parts.items():
        own = [line for n, line in enumerate(lines) if holds(n % 13)]
        (place / f"autotagging_moodtheme-{part}.tsv").write_text("\n".join([header, *own]) + "\n")
    return root


def fma(root):
    """tracks.csv with two header rows, echonest.csv with three, each with a row that names the
    index.
    """
    metadata = root / "fma_metadata"
    metadata.mkdir(parents=True)
    top = ["", "album", "artist", "set", "set", *["track"] * 5]
    names = [
        "",
        "title",
        "name",
        "split",
        "subset",
        "duration",
        "genre_top",
        "genres_all",
        "license",
        "title",
    ]
    rows = [top, names, ["track_id", *[""] * 9]]
    echonest = [
        ["", *["echonest"] * 3],
        ["", *["audio_features"] * 2, "metadata"],
        ["", "energy", "valence", "album_name"],
        ["track_id", "", "", ""],
    ]
    for n in range(SONGS):
        part = "training" if n % 13 < 7 else "validation" if n % 13 < 10 else "test"
        subset = "small" if n < 24 else "medium"
        genres = [["Folk", "[17]"], ["Hip-Hop", "[21, 811]"]][n % 2]
        song = [
            str(n + 2),
            "Álbum, one",
            f"Ann {n % 13}",
            part,
            subset,
            "180",
            *genres,
            "CC BY-NC",
            f'"Söng" {n}',
        ]
        rows.append(song)
        write_clip(root / "fma_small" / "000" / f"{n + 2:06d}.mp3", n)
        if n % 3 == 0:
            echonest.append([str(n + 2), features(n)["energy"], features(n)["valence"], "x"])
    genres = [
        ["genre_id", "#tracks", "title"],
        ["17", "9", "Folk"],
        ["21", "9", "Hip-Hop"],
        ["811", "9", "Rock, Pop"],
    ]
    for name, lines in (("tracks.csv", rows), ("genres.csv", genres), ("echonest.csv", echonest)):
        with (metadata / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(lines)
    return root


def kaggle_tracks(root):
    """tracks.csv and artists.csv, with lists as Python writes them, names with quotes, a broken
    list, and an attack.
    """
    artists = [
        {
            "id": f"a{n}",
            "followers": "5.0",
            "genres": str([["classic rock", "rock", "album rock"], ["bebop jazz"]][n % 2]),
            "name": f"A {n}",
        }
        for n in range(14)
    ] + [{"id": "a99", "followers": "", "genres": "[]", "name": "Nobody's"}]
    tracks = []
    for n in range(SONGS):
        who = {"artists": str([f"A {n % 14}"]), "id_artists": str([f"a{n % 14}"])}
        tracks.append(
            {
                "id": f"k{n}",
                "name": f"Söng {n}",
                "popularity": str(n),
                "duration_ms": "200000",
                "explicit": "0",
                **who,
                **features(n),
            }
        )
    odd = [
        ("k90", "['O\\'Neil']", "['a99']"),
        ("k91", "['A 1', 'A 2']", "['a1', 'a2']"),
        ("k92", "['A 1'", "['a1']"),
    ]
    odd += [("k93", "__import__('os').system('echo pwned')", "['a1']")]
    tracks += [tracks[0] | {"id": i, "artists": names, "id_artists": ids} for i, names, ids in odd]
    write_csv(root / "tracks.csv", tracks)
    write_csv(root / "artists.csv", artists)
    return root


def spotgen(root):
    """The published folders; tables begin with the index column that pandas wrote, one lyric spans
    lines, one track stands twice.
    """
    tracks = [
        {
            "": n,
            "acousticness": "0.1",
            "artists_id": str([f"b{n % 13}"]),
            "duration_ms": "200000.0",
            "id": f"g{n}",
            "name": f"Söng {n}",
        }
        | {"popularity": str(30 + 20 * (n % 2) + n % 5), "lyrics": 'La "la"\nla', **features(n)}
        for n in range(SONGS)
    ]
    artists = [
        {"": n, "genres": "['folk', 'art pop']", "id": f"b{n}", "name": f"Ann {n}"}
        for n in range(13)
    ]
    low = [
        {"": n, "Chroma_1": f"0.{n}", "MFCC_1": "-3.5", "ZCR": "0.07", "track_id": f"g{n}"}
        for n in range(SONGS - 1)
    ]
    write_csv(root / "Data Sources" / "spotify_tracks.csv", [*tracks, tracks[3]])
    write_csv(root / "Data Sources" / "spotify_artists.csv", artists)
    write_csv(root / "Features Extracted" / "low_level_audio_features.csv", low)
    write_csv(
        root / "Features Extracted" / "lyrics_features.csv",
        [{"": n, "n_words": "3", "track_id": f"g{n}"} for n in range(SONGS)],
    )
    return root


def contents(path):
    """A JSON file's content."""
    return json.loads(path.read_text(encoding="utf-8"))
