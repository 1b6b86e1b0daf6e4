"""How a model's answer changes over a song: where its windows lie, and the test songs whose
timelines the report shows.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kerasfeat.arrays import Array
from kerasfeat.audio.decode import decode
from kerasfeat.audio.spans import spans
from kerasfeat.evaluation.timeline import FILE
from kerasfeat.experiment.dataset import Dataset
from kerasfeat.experiment.kept import kept_arrays
from kerasfeat.experiment.run_directory import RunDirectory
from kerasfeat.files import write_arrays, write_json

KEPT = "windows.npz"
RATE_HZ = 8000  # plenty for an outline
POINTS = 600


def outline(path: str, decoder: str) -> Array:
    """The largest amplitude in each of POINTS equal parts of a song, the loudest 1; [points]."""
    # Mid and side: a song whose channels cancel each other out has an outline too.
    waveform = np.abs(decode(Path(path), RATE_HZ, 2, decoder)).max(axis=1)  # [samples]
    parts = np.array_split(waveform, min(POINTS, len(waveform)))
    peaks = np.array([part.max() for part in parts])
    return peaks / max(peaks.max(), np.finfo("float32").tiny)


def keep_windows(folder: Path, windows: Array, owner: Array) -> None:
    """Keep in `folder` what a fold's model says of its test songs' windows.

    Args:
        folder: of the fold.
        windows: [windows, outputs].
        owner: [windows], the place of each window's song among the test songs.
    """
    write_arrays(folder / KEPT, windows=windows, owner=owner)


def write_timelines(
    run: RunDirectory, dataset: Dataset, folds: Iterable[tuple[Path, Array]], decoder: str
) -> None:
    """Write the run's timelines.json: of the test songs with several windows the best and the worst
    answer, and the one that changes most.

    Args:
        run: where it goes.
        dataset: all songs.
        folds: (folder, test songs) of each fold; every song's windows were answered by a model that
            had not seen it.
        decoder: of audio files.
    """
    if not dataset.inputs.frontends:
        return
    windows: dict[int, Array] = {}
    for folder, songs in folds:
        windows |= _kept_windows(folder, songs)
    chosen = _choose(dataset, windows)
    if chosen:
        timelines = [
            _told(why, song, windows[song], dataset, decoder) for why, song in chosen.items()
        ]
        write_json(run / FILE, timelines)


def _kept_windows(folder: Path, songs: Array) -> dict[int, Array]:
    """song -> its windows [windows, outputs], of the songs with several."""
    kept = kept_arrays(folder / KEPT)
    windows, owner = kept["windows"], kept["owner"]
    ends = np.cumsum(np.bincount(owner, minlength=len(songs)))
    each = zip(songs, np.split(windows, ends[:-1]), strict=True)
    return {int(song): part for song, part in each if len(part) > 1}


def _choose(dataset: Dataset, windows: Mapping[int, Array]) -> dict[str, int]:
    """why -> the song to show, each once."""
    if not windows:
        return {}
    songs = list(windows)
    means = np.array([windows[song].mean(axis=0) for song in songs])
    errors = dataset.target.song_error(dataset.y[songs], means)
    wrong = {song: e for song, e in zip(songs, errors, strict=True) if not np.isnan(e)}
    right = {song: -error for song, error in wrong.items()}
    change = {song: own.std(axis=0).mean() for song, own in windows.items()}
    chosen: dict[str, int] = {}
    for why, size in (("best", right), ("worst", wrong), ("changing", change)):
        left = {song: value for song, value in size.items() if song not in chosen.values()}
        if left:
            chosen[why] = max(left, key=lambda song: left[song])
    return chosen


def _told(why: str, song: int, windows: Array, dataset: Dataset, decoder: str) -> dict[str, Any]:
    """One song of timelines.json."""
    row, target = dataset.songs.iloc[song], dataset.target
    frontend = next(iter(dataset.inputs.frontends.values()))
    names = ("track_id", "title", "artist", "audio")
    places = spans(row["audio"], frontend, decoder)[: len(windows)]
    lines = target.in_unit(windows)
    return {
        "why": why,
        **{name: row[name] if isinstance(row.get(name), str) else None for name in names},
        "true": target.told_truth(dataset.y[song]),
        "predicted": target.told_answer(windows.mean(axis=0)),
        "edges": [round(start_s, 3) for start_s, _ in places] + [round(places[-1][1], 3)],
        "lines": {output: lines[:, i].round(4).tolist() for i, output in enumerate(target.outputs)},
        "outline": outline(row["audio"], decoder).round(3).tolist(),
    }
