"""How a model's answer changes over a song: where its windows lie, and the test songs whose timelines the report shows."""

import numpy as np

from kerasfeat.audio.decode import decode
from kerasfeat.audio.windows import window_starts
from kerasfeat.evaluation.timeline import FILE
from kerasfeat.files import write_arrays, write_json

KEPT = "windows.npz"
RATE_HZ = 8000  # plenty for an outline
POINTS = 600


def spans(path, frontend, decoder):
    """(start_s, end_s) of each window that a front-end cuts a song into."""
    samples = len(decode(path, frontend.sample_rate_hz, frontend.channels, decoder))
    starts = [start / frontend.sample_rate_hz for start in window_starts(samples, frontend.clip_samples)]
    end_s = samples / frontend.sample_rate_hz
    return [(start, min(start + frontend.clip_s, end_s)) for start in starts]


def outline(path, decoder):
    """The largest amplitude in each of POINTS equal parts of a song, the loudest being 1; [points]."""
    # Mid and side: a song whose channels cancel each other out has an outline too.
    waveform = np.abs(decode(path, RATE_HZ, 2, decoder)).max(axis=1)  # [samples]
    parts = np.array_split(waveform, min(POINTS, len(waveform)))
    peaks = np.array([part.max() for part in parts])
    return peaks / max(peaks.max(), np.finfo("float32").tiny)


def keep_windows(folder, windows, owner):
    """Keep in `folder` what a fold's model says of its test songs' windows, [windows, outputs] and [windows]."""
    write_arrays(folder / KEPT, windows=windows, owner=owner)


def write_timelines(run, experiment, folds, decoder):
    """Write the run's timelines.json: of the test songs with several windows the best and the worst answer, and the one that changes most.

    Args:
        run: a Run.
        experiment: its Experiment.
        folds: (folder, test songs) of each fold; every song's windows were answered by a model that had not seen it.
        decoder: of audio files.
    """
    prepared = experiment.prepared
    if not prepared.inputs.frontends:
        return
    found = {}
    for folder, songs in folds:
        with np.load(folder / KEPT, allow_pickle=False) as kept:
            windows, owner = kept["windows"], kept["owner"]
        ends = np.cumsum(np.bincount(owner, minlength=len(songs)))
        found |= {song: part for song, part in zip(songs, np.split(windows, ends[:-1]), strict=True) if len(part) > 1}
    chosen = _choose(prepared, found)
    if chosen:
        write_json(run / FILE, [_told(why, song, found[song], prepared, decoder) for why, song in chosen.items()])


def _choose(prepared, found):
    """{why: song} of the songs to show, each once; `found` has each song's windows."""
    songs = list(found)
    truth, means = prepared.y[songs], np.array([found[song].mean(axis=0) for song in songs])
    errors = dict(zip(songs, prepared.target.song_error(truth, means), strict=True)) if songs else {}
    wrong = {song: error for song, error in errors.items() if not np.isnan(error)}
    right = {song: -error for song, error in wrong.items()}
    change = {song: windows.std(axis=0).mean() for song, windows in found.items()}
    chosen = {}
    for why, size in (("best", right), ("worst", wrong), ("changing", change)):
        left = {song: value for song, value in size.items() if song not in chosen.values()}
        if left:
            chosen[why] = max(left, key=left.get)
    return chosen


def _told(why, song, windows, prepared, decoder):
    """One song of timelines.json."""
    row, frontend = prepared.frame.iloc[song], next(iter(prepared.inputs.frontends.values()))
    told = {name: row[name] if isinstance(row.get(name), str) else None for name in ("track_id", "title", "artist", "audio")}
    places = spans(row["audio"], frontend, decoder)[: len(windows)]
    target = prepared.target
    lines = target.in_unit(windows)
    return {
        "why": why,
        **told,
        "true": target.told_truth(prepared.y[song]),
        "predicted": target.told_answer(windows.mean(axis=0)),
        "edges": [round(start_s, 3) for start_s, _ in places] + [round(places[-1][1], 3)],
        "lines": {name: lines[:, place].round(4).tolist() for place, name in enumerate(target.outputs)},
        "outline": outline(row["audio"], decoder).round(3).tolist(),
    }
