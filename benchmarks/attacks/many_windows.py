"""`fit` on audio that exceeds the memory it is given: 20,000 windows of log-mel by default.

    python benchmarks/attacks/many_windows.py

Its songs are one to three tones in noise, at 8 kHz in 8 bits. `ulimit -d` gives each command less
memory than its inputs take; survived is a run that is finished, and its peak is told.
"""

import argparse
import resource
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from harness import Tally, start, wait

RATE_HZ, CLIP_S, SONG_CLIPS = 8000, 5, 25
WINDOW_BYTES = 216 * 96 * 4  # of log-mel, 5 s
# The allocators of glibc and of Arrow reserve memory that they never touch, which the limit counts.
ENVIRONMENT = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}
KINDS = {
    "one network": ("--model", "convolutional"),
    "the default ensemble": (),
}


def write_songs(folder: Path, windows: int) -> Path:
    """A table of songs that have so many windows together, by some hundred artists."""
    draw, moods = np.random.default_rng(5), ("sad", "calm", "happy")
    time_s = np.arange(RATE_HZ * CLIP_S * SONG_CLIPS) / RATE_HZ
    rows = []
    for song in range(-(-windows // SONG_CLIPS)):
        notes = song % len(moods) + 1
        tones = np.sin(2 * np.pi * np.outer(draw.uniform(200, 2000, notes), time_s)).sum(axis=0)
        sound = 0.1 * tones + draw.normal(0, 0.1, len(time_s))
        path = folder / f"song{song:05}.wav"
        soundfile.write(path, np.clip(sound, -1, 1), RATE_HZ, subtype="PCM_U8")
        rows.append((f"t{song}", f"artist {song // 4}", str(path), moods[notes - 1]))
    table = folder / "songs.csv"
    pd.DataFrame(rows, columns=["track_id", "artist", "audio", "mood"]).to_csv(table, index=False)
    return table


def limited(most_bytes: int) -> None:
    """Let this process take no more memory of its own."""
    resource.setrlimit(resource.RLIMIT_DATA, (most_bytes, most_bytes))


def fault_of(table: Path, words: tuple[str, ...], folder: Path, most_bytes: int) -> str:
    """What is wrong with how a fit ended; its peak is printed."""
    process = start(
        *("fit", "--task", "mood", "--data", table, "--inputs", "logmel", "--set", "epochs=2"),
        *("--set", f"clip_s={CLIP_S}", "--out", folder / "-".join(("run", *words)), *words),
        env={**ENVIRONMENT, "KERASFEAT_CACHE": str(folder / "cache")},
        preexec_fn=partial(limited, most_bytes),
    )
    ended = wait(process, 7200)
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"  at most {peak_mb:.0f} MB so far, {ended.seconds:.0f} s")
    return ended.fault or (ended.err.strip().splitlines()[-1] if ended.code else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=20_000)
    parser.add_argument("--memory", type=float, default=0.97, help="of what the inputs take")
    parser.add_argument("--folder", type=Path, help="for what is made, which is kept")
    options = parser.parse_args()
    input_bytes = options.windows * WINDOW_BYTES
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        table = folder / "songs.csv"
        if not table.exists():
            write_songs(folder, options.windows)
        tally = Tally(f"fit on {input_bytes / 1e6:.0f} MB of log-mel")
        for kind, words in KINDS.items():
            fault = fault_of(table, words, folder, int(options.memory * input_bytes))
            tally.add(kind, fault)
    tally.finish()


if __name__ == "__main__":
    main()
