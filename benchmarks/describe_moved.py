"""Do tempo and key move along when a recording is played slower or faster? No labels are needed.

    python benchmarks/describe_moved.py FOLDER [--songs N] [--weights FILE.npz]

Songs of FOLDER are resampled by some semitones, which moves key and tempo by known steps. Printed
is how often what is found in the moved song is what was found in the song as it is, moved likewise;
and how often both halves of a song have the same. Whoever finds the truth passes, and so may who
errs always alike: read it beside the figures of describe.py. --weights compares other networks.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soxr
from describe import Found, by_librosa, near, ours

from kerasfeat.arrays import Array
from kerasfeat.audio.decode import audio_files, decode
from kerasfeat.audio.measures import networks, onsets

SEMITONES = (-3, 2)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--songs", type=int, default=100)
    parser.add_argument("--weights", type=Path, default=networks.WEIGHTS)
    arguments = parser.parse_args()
    networks.WEIGHTS = arguments.weights
    files = audio_files(arguments.folder)
    files = files[:: -(-len(files) // arguments.songs)]
    print(f"{'':<12}" + "".join(f"{name:>12}" for name in ("key", "tempo", "or octave", "halves")))
    for who, find in (("kerasfeat", ours), ("librosa", by_librosa)):
        shares = np.mean(
            [agreement(decode(file, onsets.SAMPLE_RATE_HZ), find) for file in files], 0
        )
        print(f"{who:<12}" + "".join(f"{share:>12.3f}" for share in shares), flush=True)


def agreement(audio: Array, find: Callable[[Array], Found]) -> list[float]:
    """Shares of agreement of one song: of moved keys and tempos, and of the keys of its halves."""
    found, rows = find(audio), []
    for semitones in SEMITONES:
        faster = 2 ** (semitones / 12)
        rate_hz = onsets.SAMPLE_RATE_HZ
        moved = find(soxr.resample(audio, rate_hz, rate_hz / faster).astype(np.float32))
        key = ((moved.tonic - semitones) % 12, moved.major) == (found.tonic, found.major)
        tempos = [moved.tempo_bpm / faster * by for by in (1, 0.5, 2)]
        same = [near(tempo, found.tempo_bpm) for tempo in tempos]
        rows.append([key, same[0], any(same)])
    first, second = (find(half) for half in np.array_split(audio, 2))
    halves = (first.tonic, first.major) == (second.tonic, second.major)
    return [*np.mean(rows, axis=0), float(halves)]


if __name__ == "__main__":
    main()
