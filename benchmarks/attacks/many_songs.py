"""`fit` on a table of many songs: in bounded memory and time, with the members of the default.

    python benchmarks/attacks/many_songs.py --songs 500000

Survived is a run that is finished, in less than MOST_MB and MOST_CPU_S of all cores together.
"""

import argparse
import resource
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from harness import Ended, Tally, run

MOST_MB, MOST_CPU_S = 4000, 1800
SHARES = (
    *("danceability", "energy", "acousticness", "instrumentalness"),
    *("liveness", "speechiness", "valence"),
)
MOODS = ("sad", "calm", "happy", "energetic")


def write_many_songs(path: Path, songs: int) -> Path:
    """A table of the usual columns, from which moods can be learnt, by some thousand artists."""
    draw = np.random.default_rng(1)
    mood = draw.integers(0, len(MOODS), songs)
    rows = {
        "track_id": [f"t{song}" for song in range(songs)],
        "artist": [f"artist {number}" for number in draw.integers(0, max(7, songs // 8), songs)],
        "title": [f"song {song}" for song in range(songs)],
        "tempo": np.clip(draw.normal(100 + 8 * mood, 25), 40, 250).round(2),
        "loudness": np.clip(draw.normal(-9 + mood, 4), -60, 0).round(2),
        "key": draw.integers(0, 12, songs),
        "mode": draw.integers(0, 2, songs),
        "time_signature": draw.integers(3, 6, songs),
        "duration_ms": draw.integers(90_000, 400_000, songs),
    }
    for number, name in enumerate(SHARES):
        share = draw.normal(0.35 + 0.1 * mood * (-1) ** number / (1 + number), 0.2)
        rows[name] = np.clip(share, 0, 1).round(4)
    pd.DataFrame({**rows, "mood": np.array(MOODS)[mood]}).to_csv(path, index=False)
    return path


def fault_of(ended: Ended) -> str:
    """What is wrong with how the one command of this process ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    needed_mb, cpu_s = used.ru_maxrss / 1024, used.ru_utime + used.ru_stime
    print(f"  {needed_mb:.0f} MB, {cpu_s:.0f} s of CPU, {ended.seconds:.0f} s")
    if ended.fault or ended.code:
        return ended.fault or ended.err.strip().splitlines()[-1]
    if needed_mb > MOST_MB:
        return f"needed {needed_mb:.0f} MB"
    return f"took {cpu_s:.0f} s of CPU" if cpu_s > MOST_CPU_S else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=500_000)
    songs, tally = parser.parse_args().songs, Tally("many songs")
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        words = ["fit", "--task", "mood", "--inputs", "features", "--out", home / "run", "--data"]
        ended = run(*words, write_many_songs(home / "songs.csv", songs), timeout_s=4 * 3600)
        tally.add(f"fit on {songs:,} songs", fault_of(ended))
    tally.finish()


if __name__ == "__main__":
    main()
