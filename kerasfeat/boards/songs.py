"""The test songs answered best and worst, to be heard, seen, and read in TensorBoard."""

import numpy as np
import pandas as pd
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.audio.decode import decode
from kerasfeat.audio.frontends.logmel import LogMel
from kerasfeat.boards.epochs import image
from kerasfeat.evaluation.predictions import TestPredictions
from kerasfeat.evaluation.wording import told
from kerasfeat.files import encoded
from kerasfeat.targets import Target

SONGS = 5  # of each kind
CLIP_S = 10.0
RATE_HZ = 22050
SPECTROGRAM = (6.0, 2.6)  # inches


def write_songs(target: Target, predictions: TestPredictions) -> None:
    """Write the best and the worst answers to the default writer: a text, and where there is audio
    a clip and its mels.
    """
    for group, songs in ranked(target, predictions).items():
        for place, song in enumerate(songs, 1):
            tag, lines = f"{group}/{place}", _lines(target, predictions, song)
            audio = predictions.songs["audio"].iloc[song]
            if audio:
                try:
                    _hear(tag, audio, "  \n".join(lines))
                except KerasfeatError as error:
                    lines.append(encoded(f"not to be heard: {error}").decode())
            tf.summary.text(f"{tag}_song", "  \n".join(lines))


def ranked(target: Target, predictions: TestPredictions) -> dict[str, list[int]]:
    """The places of the songs under "test_best" and "test_worst"; the first of a group is its
    extreme, and of few songs none is in both.
    """
    error = pd.Series(target.song_error(predictions.truth, predictions.prediction)).dropna()
    order = error.sort_values(kind="stable").index
    half = (len(order) + 1) // 2
    return {
        "test_best": list(order[:half][:SONGS]),
        "test_worst": list(order[half:][::-1][:SONGS]),
    }


def _lines(target, predictions, song):
    """What a song is and what was said of it, as lines of Markdown."""
    row = predictions.songs.iloc[song]
    lines = [
        f"**{_escaped(row['title'] or row['track_id'])}**"
        + (f" by {_escaped(row['artist'])}" if row["artist"] else "")
    ]
    truth, answer = (
        target.told_truth(predictions.truth[song]),
        target.told_answer(predictions.prediction[song]),
    )
    for head in target.heads:
        true, predicted = (_escaped(told(target, value, head)) for value in (truth, answer))
        lines.append(f"{head}: {true}, predicted {predicted}")
    return lines


def _escaped(text):
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|" else letter for letter in str(text))


def _hear(tag, path, description):
    """Write the middle of a file as audio and as mel spectrogram."""
    waveform = decode(path, RATE_HZ)
    clip = min(len(waveform), round(CLIP_S * RATE_HZ))
    start = (len(waveform) - clip) // 2
    waveform = waveform[start : start + clip]  # [samples]
    frontend = LogMel(sample_rate_hz=RATE_HZ, clip_s=clip / RATE_HZ)
    level = np.asarray(frontend(tf.constant(waveform[np.newaxis])))[0]  # [frames, mels]

    def draw(axes):
        axes.grid(False)
        axes.imshow(
            level.T,
            origin="lower",
            aspect="auto",
            cmap="magma",
            extent=(start / RATE_HZ, (start + clip) / RATE_HZ, 0, level.shape[1]),
        )
        axes.set(xlabel="s", ylabel="mel band")

    sound = waveform / max(1.0, np.abs(waveform).max())
    tf.summary.audio(
        f"{tag}_clip", sound[np.newaxis, :, np.newaxis], RATE_HZ, description=description
    )
    image(f"{tag}_spectrogram", draw, 0, SPECTROGRAM)
