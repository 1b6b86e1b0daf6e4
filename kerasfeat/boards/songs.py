"""The test songs that a model answered best and worst, to hear, see, and read in TensorBoard."""

from pathlib import Path

import numpy as np
import pandas as pd
import tensorflow as tf
from matplotlib.axes import Axes

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.audio.decode import decode
from kerasfeat.audio.frontends.logmel import LogMel
from kerasfeat.boards.epochs import image
from kerasfeat.evaluation.plots import Draw
from kerasfeat.evaluation.predictions import TestPredictions
from kerasfeat.evaluation.wording import as_text
from kerasfeat.files import encoded
from kerasfeat.targets import Target

SONGS = 5  # of each kind
CLIP_S = 10.0
RATE_HZ = 22050
SPECTROGRAM = (6.0, 2.6)  # inches


def write_songs(target: Target, predictions: TestPredictions) -> None:
    """Write the best and the worst answers to the default writer.

    Each has a text, and where there is audio a clip and its mels.
    """
    for group, songs in ranked(target, predictions).items():
        for place, song in enumerate(songs, 1):
            tag, lines = f"{group}/{place}", _lines(target, predictions, song)
            audio = predictions.songs["audio"].iloc[song]
            if audio:
                try:
                    _write_clip(tag, audio, "  \n".join(lines))
                except KerasfeatError as error:
                    lines.append(encoded(f"not to be heard: {error}").decode())
            tf.summary.text(f"{tag}_song", "  \n".join(lines))


def ranked(target: Target, predictions: TestPredictions) -> dict[str, list[int]]:
    """The places of the songs under "test_best" and "test_worst".

    The first of a group is its extreme, and of few songs none is in both.
    """
    error = pd.Series(target.song_error(predictions.truth, predictions.prediction)).dropna()
    order = error.sort_values(kind="stable").index
    half = (len(order) + 1) // 2
    return {
        "test_best": list(order[:half][:SONGS]),
        "test_worst": list(order[half:][::-1][:SONGS]),
    }


def _lines(target: Target, predictions: TestPredictions, song: int) -> list[str]:
    """What a song is and what was said of it, as lines of Markdown."""
    facts = predictions.songs.iloc[song]
    title = f"**{_escaped(facts['title'] or facts['track_id'])}**"
    if facts["artist"]:
        title += f" by {_escaped(facts['artist'])}"
    truth = target.told_truth(predictions.truth[song])
    answer = target.told_answer(predictions.prediction[song])
    lines = [title]
    for head in target.heads:
        true, predicted = (_escaped(as_text(target, value, head)) for value in (truth, answer))
        lines.append(f"{head}: {true}, predicted {predicted}")
    return lines


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|" else letter for letter in text)


def _write_clip(tag: str, path: str, description: str) -> None:
    """Write the middle of a file as audio and as mel spectrogram."""
    waveform = decode(Path(path), RATE_HZ)
    samples = min(len(waveform), round(CLIP_S * RATE_HZ))
    start = (len(waveform) - samples) // 2
    clip = waveform[start : start + samples]  # [samples]
    sound = clip / max(1.0, np.abs(clip).max())
    tf.summary.audio(
        f"{tag}_clip", sound[np.newaxis, :, np.newaxis], RATE_HZ, description=description
    )
    frontend = LogMel(sample_rate_hz=RATE_HZ, clip_s=samples / RATE_HZ)
    level = np.asarray(frontend(tf.constant(clip[np.newaxis])))[0]  # [frames, mels]
    draw = _spectrogram(level, start / RATE_HZ, (start + samples) / RATE_HZ)
    image(f"{tag}_spectrogram", draw, step=0, size=SPECTROGRAM)


def _spectrogram(level: Array, start_s: float, end_s: float) -> Draw:
    """Draw a spectrogram [frames, mels] of a part of a song."""

    def draw(axes: Axes) -> None:
        axes.grid(False)
        axes.imshow(
            level.T,
            origin="lower",
            aspect="auto",
            cmap="magma",
            extent=(start_s, end_s, 0, level.shape[1]),
        )
        axes.set(xlabel="s", ylabel="mel band")

    return draw
