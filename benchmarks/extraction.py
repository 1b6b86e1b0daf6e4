"""How fast songs become inputs: this package, librosa, and decoding alone, side by side in one run.

    python benchmarks/extraction.py [FOLDER] [--repeats N] [--clips N]

"decode" is the floor: this package's own decoder (libsndfile, mono mean, soxr), a thread a core,
and nothing else. Every variant runs once to warm up, then all of them in turn, repeat after repeat,
so that what else the machine does meets each alike. Ratios are medians over the repeats of the
floor's time to a variant's time of the same repeat: 1 is the floor's rate. CPU is this process's
processor time, which other programs disturb less than the time on the clock.
"""

import argparse
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import joblib
import librosa
import numpy as np

from kerasfeat.arrays import Array
from kerasfeat.audio.decode import audio_files, decode
from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.frontends.logmel import LogMel
from kerasfeat.audio.frontends.mfcc import MFCC
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.pipeline.extraction import extract
from kerasfeat.pipeline.parallel import cores
from kerasfeat.pipeline.store import Store

DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "emotify" / "audio"


def librosa_logmel(path: Path, frontend: LogMel) -> Array:
    """Log-mel [frames, mels] of a whole file by librosa, with a front-end's parameters."""
    waveform, rate_hz = librosa.load(path, sr=frontend.sample_rate_hz)
    power = librosa.feature.melspectrogram(
        y=waveform,
        sr=rate_hz,
        n_fft=frontend.n_fft,
        hop_length=frontend.hop_samples,
        n_mels=frontend.mels,
    )  # [mels, frames]
    return librosa.power_to_db(power, top_db=frontend.top_db).T


def librosa_mfcc(path: Path, frontend: MFCC) -> Array:
    """MFCC [frames, coefficients] of a whole file by librosa, with a front-end's parameters."""
    waveform, rate_hz = librosa.load(path, sr=frontend.sample_rate_hz)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return librosa.feature.mfcc(
            y=waveform,
            sr=rate_hz,
            n_mfcc=frontend.coefficients,
            pad_mode="reflect",
            n_fft=frontend.n_fft,
            hop_length=frontend.hop_samples,
            n_mels=frontend.mels,
            htk=True,
            norm=None,
        ).T


def run_floor(files: Sequence[Path], frontend: FrontEnd) -> None:
    """Decode and resample on as many threads as there are cores."""
    with ThreadPoolExecutor(cores()) as pool:
        for _ in pool.map(lambda file: len(decode(file, frontend.sample_rate_hz)), files):
            pass


def run_ours(files: Sequence[Path], frontend: FrontEnd) -> None:
    """Extract into an empty store: content keys, decoding, front-end, and writing, with the
    building of the graph.
    """
    with tempfile.TemporaryDirectory() as folder:
        extract(files, [frontend], Store(folder))


def run_librosa(
    files: Sequence[Path], frontend: FrontEnd, function: Callable[[Path, Any], Array], workers: int
) -> None:
    """librosa on every file, with joblib's processes where there are several workers."""
    joblib.Parallel(workers)(joblib.delayed(function)(file, frontend) for file in files)


def measure(variants: Mapping[str, Callable[[], None]], repeats: int) -> dict[str, Array]:
    """{name: array [repeats, 2] of seconds on the clock and of processor time}."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in variants}
    for repeat in range(repeats + 1):
        for name, run in variants.items():
            clock_s, processor_s = time.perf_counter(), _processor_s()
            run()
            if repeat:
                times[name].append((time.perf_counter() - clock_s, _processor_s() - processor_s))
    return {name: np.array(rows) for name, rows in times.items()}


def _processor_s() -> float:
    """Processor time of this process."""
    used = os.times()
    return used.user + used.system


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--clips", type=int, help="use only the first so many files")
    arguments = parser.parse_args()
    files = audio_files(arguments.folder)[: arguments.clips]
    if not files:
        parser.error(f"no audio files in {arguments.folder}")
    print(
        f"{len(files)} clips, {arguments.repeats} repeats after one to warm up, {cores()} "
        "cores; medians"
    )
    for name, function in (("logmel", librosa_logmel), ("mfcc", librosa_mfcc)):
        frontend = frontends.get(name)
        table = measure(
            {
                "decode": partial(run_floor, files, frontend),
                "kerasfeat": partial(run_ours, files, frontend),
                "librosa, joblib": partial(run_librosa, files, frontend, function, cores()),
                "librosa, 1 process": partial(run_librosa, files, frontend, function, 1),
            },
            arguments.repeats,
        )
        print(f"\n{frontend}\n{'':<20}{'ms a clip':>12}{'rate / decode':>16}{'CPU ms a clip':>16}")
        for variant, times in table.items():
            clock_ms, processor_ms = np.median(times, axis=0) / len(files) * 1e3
            ratio = np.median(table["decode"][:, 0] / times[:, 0])
            # joblib's workers are other processes, whose time is unknown while they live.
            processor = "" if variant == "librosa, joblib" else f"{processor_ms:.1f}"
            print(f"{variant:<20}{clock_ms:>12.1f}{ratio:>16.2f}{processor:>16}")


if __name__ == "__main__":
    main()
