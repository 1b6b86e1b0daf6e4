"""The test songs that a model answered best and worst, to be heard, seen, and read in TensorBoard."""

import numpy as np
import pandas as pd
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.audio.decode import decode
from kerasfeat.audio.logmel import LogMel
from kerasfeat.evaluation.slices import label_losses
from kerasfeat.files import encoded, file_name
from kerasfeat.tasks import CLASSES, LABELS, labels_given
from kerasfeat.training.boards.epochs import image

SONGS = 5  # of each kind
CLIP_S = 10.0
RATE_HZ = 22050
SPECTROGRAM = (6.0, 2.6)  # inches


def write_songs(run, task):
    """Write the best and worst answers of predictions.csv to the default writer: a text, and where there is audio a clip and its mels."""
    table = pd.read_csv(run / "predictions.csv", dtype=str, keep_default_na=False)
    for group, rows in ranked(table, task).items():
        for place, row in enumerate(rows.to_dict("records"), 1):
            tag, lines = f"{group}/{place}", _lines(row, task)
            if row["audio"]:
                try:
                    _hear(tag, file_name(row["audio"]), "  \n".join(lines))
                except KerasfeatError as error:
                    lines.append(encoded(f"not to be heard: {error}").decode())
            tf.summary.text(f"{tag}_song", "  \n".join(lines))


def ranked(table, task):
    """The rows of predictions.csv under "test_best" and "test_worst": the surest right and wrong answers, or the smallest and
    the largest mean errors or log losses; the first of a group is its extreme."""
    if task.kind == CLASSES:
        sure = table.filter(regex="^probability_").astype(float).max(axis=1)
        right = table[f"true_{task.name}"] == table[f"predicted_{task.name}"]
        return {"test_best": table.loc[_largest(sure[right])], "test_worst": table.loc[_largest(sure[~right])]}
    if task.kind == LABELS:
        answers = table[[f"{part}_{label}" for part in ("true", "predicted") for label in task.targets]].astype(float)
        error = label_losses(answers, task.targets)
        return {"test_best": table.loc[_largest(-error)], "test_worst": table.loc[_largest(error)]}
    wrong = [(_numbers(table, "true", target) - _numbers(table, "predicted", target)).abs() for target in task.targets]
    error = pd.concat(wrong, axis=1).mean(axis=1).dropna()
    return {"test_best": table.loc[_largest(-error)], "test_worst": table.loc[_largest(error)]}


def _largest(values):
    return values.nlargest(SONGS).index


def _numbers(table, part, target):
    return pd.to_numeric(table[f"{part}_{target}"])


def _lines(row, task):
    """What a song is and what was said of it, as lines of Markdown."""
    lines = [f"**{_escaped(row['title'] or row['track_id'])}**" + (f" by {_escaped(row['artist'])}" if row["artist"] else "")]
    if task.kind == LABELS:
        true, predicted = ({label: float(row[f"{part}_{label}"]) for label in task.targets} for part in ("true", "predicted"))
        answer = [f"{label} ({predicted[label]:.3f})" for label in labels_given(predicted, predicted.values())]
        told = [", ".join(map(_escaped, names)) or "none" for names in (labels_given(true, true.values()), answer)]
        return [*lines, f"{task.name}: {told[0]}, predicted {told[1]}"]
    for target in task.targets:
        true, predicted = row[f"true_{target}"] or "not known", row[f"predicted_{target}"]
        if task.kind == CLASSES:
            predicted += f" ({float(row[f'probability_{predicted}']):.3f})"
        else:
            true, predicted = (f"{float(value):.3f}" if value != "not known" else value for value in (true, predicted))
        lines.append(f"{target}: {_escaped(true)}, predicted {_escaped(predicted)}")
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
            level.T, origin="lower", aspect="auto", cmap="magma", extent=(start / RATE_HZ, (start + clip) / RATE_HZ, 0, level.shape[1])
        )
        axes.set(xlabel="s", ylabel="mel band")

    sound = waveform / max(1.0, np.abs(waveform).max())
    tf.summary.audio(f"{tag}_clip", sound[np.newaxis, :, np.newaxis], RATE_HZ, description=description)
    image(f"{tag}_spectrogram", draw, 0, SPECTROGRAM)
