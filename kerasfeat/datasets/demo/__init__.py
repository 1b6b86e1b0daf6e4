"""A synthesised corpus for trying kerasfeat without data: songs and a table of their features.

The songs are rendered by a small synthesiser. Everything in it is invented. It shows that the
machinery works, not how well real moods or genres can be told apart.
"""

import csv
import io
import json
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TypeAlias

import numpy as np
import soundfile

from kerasfeat import KerasfeatError
from kerasfeat.datasets.croissant import CROISSANT, croissant
from kerasfeat.datasets.demo.columns import COLUMNS, measure, popularity
from kerasfeat.datasets.demo.latents import SAMPLE_RATE_HZ, Song, draw_songs
from kerasfeat.datasets.demo.names import artist_name, title
from kerasfeat.datasets.demo.score import compose
from kerasfeat.files import write_bytes

VERSION = 2  # of the corpus: raise it whenever the same seed gives other songs or other features
SONGS = 480
MOST_SONGS = 20_000

# Called as `progress(done, total)` after each song.
Progress: TypeAlias = Callable[[int, int], None]

STATEMENT = "Every song, feature, label, artist, and title here is synthesised; nothing is real."
# As croissant.json has it: no date, since the same seed gives the same bytes.
ORIGIN = {"source": "kerasfeat's synthesiser", "notes": [STATEMENT], "licence": "Apache-2.0"}
README = """# Synthesised demo corpus

These {songs} songs are **synthesised**: kerasfeat's demo generator (version {version}, seed {seed})
rendered them. No recording, artist, title, or listener is real; any likeness of a name is chance.
The feature columns look like Spotify's but were drawn by the same generator, as were the mood and
genre labels (`genres`: those that any part of the arrangement is played in). `duration_ms` is that
of an imagined full song; the audio is an excerpt of 6 to 10 s.

Use it to try the tools. Scores on it say nothing about real music.

- `tracks.csv`: one row a song; written last, so where it is there, the corpus is complete
- `audio/`: mono FLAC, 22050 Hz, 16 bit
- `provenance.json`: what made this folder
- `croissant.json`: what its columns are, for other programs
"""


def render(
    folder: str | Path,
    seed: int = 0,
    songs: int = SONGS,
    workers: int | None = None,
    progress: Progress = lambda done, total: None,
) -> Path:
    """Write the demo corpus into a new or empty folder.

    The same seed and number of songs give the same bytes. A render that was stopped goes on where
    it was; a complete one is returned at once.

    Args:
        folder: where to write `tracks.csv`, `audio/*.flac`, `provenance.json`, `croissant.json`,
            and `README.md`.
        seed: a whole number from 0; another seed gives other songs.
        songs: how many, 1 to MOST_SONGS.
        workers: threads; as many as there are processors by default.
        progress: called as `progress(done, total)` from this thread after each song.

    Returns:
        The folder.

    Raises:
        KerasfeatError: the folder holds something else, or can't be written.
    """
    if seed < 0 or not 1 <= songs <= MOST_SONGS:
        raise KerasfeatError(
            f"the demo has 1 to {MOST_SONGS} songs and a seed from 0; got songs={songs}, "
            f"seed={seed}."
        )
    folder = Path(folder)
    try:
        return _render(folder, seed, songs, workers, progress)
    except OSError as error:
        raise KerasfeatError(
            f"can't write the demo songs to {folder}: {error.strerror or error}. They need about "
            f"{songs * 0.25:.0f} MB; free some space or choose another folder, then run the same "
            "command again to resume."
        ) from error


def _render(folder: Path, seed: int, songs: int, workers: int | None, progress: Progress) -> Path:
    provenance = {
        "synthesised": True,
        "statement": STATEMENT,
        "generator": "kerasfeat.datasets.demo",
        "version": VERSION,
        "seed": seed,
        "songs": songs,
        "sample_rate_hz": SAMPLE_RATE_HZ,
    }
    text = json.dumps(provenance, indent=2) + "\n"
    _claim(folder, text)
    drawn = draw_songs(seed, songs)
    missing = [song for song in drawn if not (folder / audio_path(song, seed)).exists()]
    if not missing and (folder / "tracks.csv").exists():
        return folder
    (folder / "audio").mkdir(exist_ok=True)
    pool = ThreadPoolExecutor(workers or os.cpu_count() or 1)
    try:
        jobs = [pool.submit(_render_song, folder, song, seed) for song in missing]
        for done, job in enumerate(as_completed(jobs), start=songs - len(missing) + 1):
            job.result()
            progress(done, songs)
    finally:
        pool.shutdown(cancel_futures=True)
    for leftover in (folder / "audio").glob("*.partial"):
        leftover.unlink(missing_ok=True)
    _write(folder / "README.md", README.format(**provenance).encode())
    content = table(drawn, seed).encode()
    _write(folder / CROISSANT, croissant("kerasfeat-demo", ORIGIN, content, COLUMNS).encode())
    _write(folder / "tracks.csv", content)  # last: where it is, all is
    return folder


def _claim(folder: Path, provenance: str) -> None:
    """Mark a new or empty folder as this corpus's; refuse any other folder."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / "provenance.json"
    if mark.exists() and mark.read_bytes() == provenance.encode():
        return
    others = sorted(
        entry.name for entry in folder.iterdir() if not entry.name.startswith("provenance.json.")
    )
    if others:
        raise KerasfeatError(
            f"{folder} is not empty and holds something other than this demo corpus "
            f"({', '.join(others[:3])}{', ...' if others[3:] else ''}). Choose a new or empty "
            "folder, or the seed and number of songs that it was made with."
        )
    _write(mark, provenance.encode())


def audio_path(song: Song, seed: int) -> str:
    """Where a song's audio lies, relative to the folder."""
    return f"audio/{track_id(song, seed)}.flac"


def track_id(song: Song, seed: int) -> str:
    """The id of a song of the corpus with this seed."""
    return f"demo{seed}-{song.number:05d}"


def _render_song(folder: Path, song: Song, seed: int) -> None:
    encoded = io.BytesIO()
    soundfile.write(encoded, compose(song, seed), SAMPLE_RATE_HZ, format="FLAC", subtype="PCM_16")
    _write(folder / audio_path(song, seed), encoded.getvalue())


def table(songs: Iterable[Song], seed: int) -> str:
    """The text of tracks.csv."""
    rng = np.random.default_rng([seed, 2])
    albums: dict[int, list[str]] = {}
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for song in songs:
        albums.setdefault(song.artist.number, [title(rng), title(rng)])
        writer.writerow(
            {
                "track_id": track_id(song, seed),
                "title": title(rng),
                "artist": artist_name(song.artist.number),
                "album": albums[song.artist.number][rng.integers(2)],
                "audio": audio_path(song, seed),
                **measure(rng, song),
                "popularity": popularity(rng, song),
                "mood": song.mood,
                "genre": song.genre,
                "genres": "; ".join(song.genres),
                "source": "synthesised",
            }
        )
    return text.getvalue()


def _write(path: Path, data: bytes) -> None:
    """Write a file whole, beside a second render of the same folder."""
    try:
        write_bytes(path, data)
    except FileNotFoundError:  # a second render that finished first has tidied up
        if not path.exists():
            raise
