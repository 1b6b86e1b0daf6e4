"""Songs as the model's trunk represents them, for TensorBoard's embedding projector."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from tensorboard.plugins import projector

from kerasfeat.arrays import Array
from kerasfeat.evaluation import plots
from kerasfeat.evaluation.wording import as_text
from kerasfeat.networks.assembly import REPRESENTATION, representation_of
from kerasfeat.pipeline.batches import by_song, predict_windows
from kerasfeat.pipeline.inputs import Inputs
from kerasfeat.targets import Target

SONGS = 5000  # more than that the dashboard turns slowly
VECTORS, METADATA = "songs.tsv", "songs_metadata.tsv"


@dataclass(frozen=True)
class RunSongs:
    """The songs of a run.

    Attributes:
        frame: a tracks frame, a row a song.
        inputs: of the songs, as the model reads them.
        truth: of the songs, as the target has it.
        parts: [songs] of "train", "validation", "test".
    """

    frame: pd.DataFrame
    inputs: Inputs
    truth: Array
    parts: Array


@dataclass(frozen=True)
class _Answers:
    """What a model makes of some songs: vectors [songs, units], and its prediction."""

    vectors: Array
    prediction: Array


def write_projector(
    folder: Path, model: keras.Model, target: Target, songs: RunSongs, title: str
) -> None:
    """Write the vectors of all songs, or of a sample, and what is known of each.

    That is its title and artist, its true and predicted values, and its part of the split.

    Args:
        folder: with TensorBoard logs.
        model: the one that is kept.
        target: what it predicts.
        songs: of the run.
        title: of the vectors in the dashboard.
    """
    rows = plots.sample(len(songs.truth), SONGS)
    answers = _answers(model, target, songs.inputs, rows)
    columns = _names(songs.frame.iloc[rows])
    values = {
        "true": [target.told_truth(truth) for truth in songs.truth[rows]],
        "predicted": [target.told_answer(prediction) for prediction in answers.prediction],
    }
    for kind, own in values.items():
        for head in target.heads:
            columns[f"{kind} {head}"] = _one_line(as_text(target, value, head) for value in own)
    columns["part"] = list(songs.parts[rows])
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(folder / VECTORS, answers.vectors, fmt="%.5g", delimiter="\t")
    _write_tsv(folder / METADATA, columns)
    config = projector.ProjectorConfig()
    config.embeddings.add(tensor_name=title, tensor_path=VECTORS, metadata_path=METADATA)
    projector.visualize_embeddings(str(folder), config)


def _answers(model: keras.Model, target: Target, inputs: Inputs, rows: Array) -> _Answers:
    """What the model makes of the songs `rows`."""
    both = keras.Model(model.input, {**model.output, REPRESENTATION: representation_of(model)})
    windows, owner = predict_windows(both, inputs, rows)
    means = {
        name: by_song(windows[name], owner, len(rows)) for name in (*target.heads, REPRESENTATION)
    }
    return _Answers(
        vectors=means[REPRESENTATION].reshape(len(rows), -1),  # [songs, units]
        prediction=np.concatenate([means[head] for head in target.heads], axis=1),
    )


def _names(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Title and artist of songs; the id of one without a title."""
    # As objects: a column that is not there would be of numbers, which no text can fill.
    table = frame.reindex(columns=["title", "artist", "track_id"]).astype(object)
    return {
        "title": _one_line(table["title"].fillna(table["track_id"])),
        "artist": _one_line(table["artist"].fillna("")),
    }


def _write_tsv(path: Path, columns: dict[str, list[str]]) -> None:
    """Write a table by hand: the dashboard knows no quotes."""
    rows = [columns, *zip(*columns.values(), strict=True)]
    text = "".join("\t".join(row) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8", errors="backslashreplace")


def _one_line(values: Iterable[object]) -> list[str]:
    """Text without the tabs and line ends that separate the dashboard's cells."""
    return [" ".join(str(value).split()) for value in values]
