"""Tempo and key of songs whose tempo and key are known: this package beside librosa, in one run.

    python benchmarks/describe.py [--songs N] [FOLDER]

The synthesised songs are of seeds that the networks were neither trained nor tempered on. librosa's
tempo is that of `librosa.beat.beat_track`; its key the best of the 24 profiles of Krumhansl and
Kessler 1982 on the mean of `librosa.feature.chroma_cqt`, since it has none of its own. FOLDER has
librosa's example recordings; what is true of them, and how it was found, stands in RECORDINGS.
"""

import argparse
import time
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
from describe_songs import Known, clicks, demo_songs, other_songs

from kerasfeat.arrays import Array
from kerasfeat.audio.decode import decode
from kerasfeat.audio.measures import onsets
from kerasfeat.audio.measures.measure import measure
from kerasfeat.songs.schema import KEY_NAMES

SEED = 3000
DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "music_cc"
TOLERANCE = 0.04
# What recordings are, by the beginning of their names: tempo, tonic, whether it is major, beats in
# a bar. The trumpet's is what its pack says (90 BPM, all in F, mostly blues and Dorian); the key of
# the Sugar Plum Fairy is its score's. The other tempos are those whose beats lie on the regular
# maxima of the onsets over the whole song, at the rate of the bass or the snare; the other keys
# those of the bass note and the chord that the song ends on, whose scale its notes are of.
RECORDINGS = {
    "147793__setuniman": (150.0, 10, True, 3),
    "442789__lena-orsa": (145.0, 5, True, 4),
    "Karissa_Hobbs": (89.0, 10, True, 4),
    "Kevin_MacLeod_-_P_I": (55.5, 4, False, 4),
    "Kevin_MacLeod_-_Vibe": (130.0, 4, True, 4),
    "lofi_game": (65.0, 0, False, 4),
    "sorohanro": (90.0, 5, False, 4),
}
# Krumhansl and Kessler 1982: how well each pitch class fits, from the tonic upwards.
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


@dataclass(frozen=True)
class Found:
    """What one of the two says of a song."""

    tempo_bpm: float
    tonic: int
    major: bool
    seconds: float
    confidence: float = np.nan
    key_confidence: float = np.nan
    beats: int = 0


def ours(audio: Array) -> Found:
    """Everything that `kerasfeat describe` measures, of a decoded song."""
    start = time.perf_counter()
    measured = measure(audio[:, np.newaxis], onsets.SAMPLE_RATE_HZ)
    seconds = time.perf_counter() - start
    numbers = {name: -1 if np.isnan(value) else value for name, value in measured.items()}
    return Found(
        numbers["tempo"],
        int(numbers["key"]),
        bool(numbers["mode"]),
        seconds,
        numbers["tempo_confidence"],
        numbers["key_confidence"],
        int(numbers["time_signature"]),
    )


def by_librosa(audio: Array) -> Found:
    """Tempo and key alone."""
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bpm = librosa.beat.beat_track(y=audio, sr=onsets.SAMPLE_RATE_HZ)[0]
        chroma = librosa.feature.chroma_cqt(y=audio, sr=onsets.SAMPLE_RATE_HZ).mean(axis=1)
    fits = {
        (tonic, profile is MAJOR): np.corrcoef(np.roll(profile, tonic), chroma)[0, 1]
        for profile in (MAJOR, MINOR)
        for tonic in range(12)
    }
    tonic, major = max(fits, key=lambda key: np.nan_to_num(fits[key], nan=-1))
    return Found(float(np.ravel(bpm)[0]), tonic, major, time.perf_counter() - start)


def mirex(found: Found, song: Known) -> float:
    """MIREX's points for a key: 1, a fifth 0.5, the relative 0.3, the parallel 0.2."""
    assert song.tonic is not None
    above = (found.tonic - song.tonic) % 12
    if found.major == song.major:
        return {0: 1.0, 5: 0.5, 7: 0.5}.get(above, 0.0)
    return {0: 0.2, 9 if song.major else 3: 0.3}.get(above, 0.0)


def near(found: float, truth: float) -> bool:
    """Whether two tempos are the same within TOLERANCE."""
    return abs(found / truth - 1) <= TOLERANCE


def row(songs: Sequence[Known], found: Sequence[Found]) -> list[str]:
    """Shares of right answers: tempo, tempo or half or double, key, MIREX's points, and metre."""
    pairs = [(f, s.tempo_bpm) for f, s in zip(found, songs, strict=True) if s.tempo_bpm]
    exact = np.mean([near(f.tempo_bpm, bpm) for f, bpm in pairs])
    octave = np.mean([any(near(f.tempo_bpm * by, bpm) for by in (0.5, 1, 2)) for f, bpm in pairs])
    keys = [(f, s) for f, s in zip(found, songs, strict=True) if s.tonic is not None]
    cells = [f"{exact:.3f}", f"{octave:.3f}"]
    cells += [
        f"{np.mean([mirex(f, s) == 1 for f, s in keys]):.3f}" if keys else "",
        f"{np.mean([mirex(f, s) for f, s in keys]):.3f}" if keys else "",
    ]
    metres = [f.beats == s.beats for f, s in zip(found, songs, strict=True) if s.beats and f.beats]
    cells.append(f"{np.mean(metres):.3f}" if metres else "")
    return [*cells, f"{1e3 * np.mean([f.seconds for f in found]):.0f}"]


def calibration(songs: Sequence[Known], found: Sequence[Found]) -> str:
    """How often answers are right, by how sure they were."""
    tempo = [
        (f.confidence, near(f.tempo_bpm, s.tempo_bpm))
        for f, s in zip(found, songs, strict=True)
        if s.tempo_bpm
    ]
    key = [
        (f.key_confidence, mirex(f, s) == 1)
        for f, s in zip(found, songs, strict=True)
        if s.tonic is not None
    ]
    lines = []
    for name, pairs in (("tempo", tempo), ("key", key)):
        sure, right = np.array(pairs, float).T
        parts = []
        for low, high in ((0, 0.5), (0.5, 0.8), (0.8, 0.95), (0.95, 1.01)):
            inside = (sure >= low) & (sure < high)
            if inside.any():
                said, true = sure[inside].mean(), right[inside].mean()
                parts.append(f"{said:.2f} -> {true:.2f} ({inside.sum()})")
        lines.append(f"  {name}: said -> right (songs): {', '.join(parts)}")
    return "\n".join(lines)


def recordings(folder: Path) -> None:
    """What both say of real recordings, beside what is true of them."""
    print(f"\n{'recording':<44}{'true':>14}{'kerasfeat':>20}{'librosa':>16}")
    songs, answers = [], {"kerasfeat": [], "librosa": []}
    for start, (bpm, tonic, major, beats) in RECORDINGS.items():
        path = next(iter(sorted(folder.glob(f"{start}*.[om][gp][g3]"))), None)
        if path is None:
            continue
        audio = decode(path, onsets.SAMPLE_RATE_HZ)
        songs.append(Known(audio, bpm, tonic, major, beats))
        answers["kerasfeat"].append(ours(audio))
        answers["librosa"].append(by_librosa(audio))
        told = [
            f"{f.tempo_bpm:.1f} {KEY_NAMES[f.major][f.tonic] if f.tonic >= 0 else 'none'}"
            for f in (answers["kerasfeat"][-1], answers["librosa"][-1])
        ]
        true = f"{bpm:g} {KEY_NAMES[major][tonic]}"
        print(f"{path.name[:43]:<44}{true:>14}{told[0]:>20}{told[1]:>16}")
    for who, found in answers.items():
        if songs:
            cells = "".join(f"{cell:>10}" for cell in row(songs, found))
            print(f"{'recordings':<16}{len(songs):>6}  {who:<9}{cells}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--songs", type=int, default=240)
    arguments = parser.parse_args()
    count = arguments.songs
    sets: dict[str, Iterable[Known]] = {
        "demo, 6-10 s": demo_songs(SEED, count),
        "demo, 30 s": demo_songs(SEED + 1, count // 2, 30.0),
        "others": other_songs(SEED, count),
        "clicks": clicks(SEED, count // 4),
    }
    silence = np.random.default_rng(0).normal(0, 0.1, 22_050 * 8).astype(np.float32)
    ours(silence), by_librosa(silence)  # to warm up
    head = ("tempo", "or octave", "key", "MIREX", "metre", "ms")
    print(f"{'':<16}{'songs':>6}  {'':<9}" + "".join(f"{name:>10}" for name in head))
    every: list[tuple[Known, Found]] = []
    for name, drawn in sets.items():
        songs = list(drawn)
        answers = {
            "kerasfeat": [ours(song.audio) for song in songs],
            "librosa": [by_librosa(song.audio) for song in songs],
        }
        for who, found in answers.items():
            cells = "".join(f"{cell:>10}" for cell in row(songs, found))
            print(f"{name:<16}{len(songs):>6}  {who:<9}{cells}")
        every += zip(songs, answers["kerasfeat"], strict=True)
    print(calibration([song for song, _ in every], [found for _, found in every]))
    if arguments.folder.is_dir():
        recordings(arguments.folder)


if __name__ == "__main__":
    main()
