"""Songs as the model's trunk represents them, for TensorBoard's embedding projector."""

import keras
import numpy as np
from tensorboard.plugins import projector

from kerasfeat.evaluation import plots
from kerasfeat.evaluation.wording import told
from kerasfeat.networks.assembly import REPRESENTATION
from kerasfeat.pipeline.batches import by_song, predict_windows

SONGS = 5000  # more than that the dashboard turns slowly
VECTORS, METADATA = "songs.tsv", "songs_metadata.tsv"


def write_projector(experiment, model, parts, folder):
    """Write the vectors of all songs, or of a sample, with title, artist, true and predicted
    values, and part of the split.

    Args:
        experiment: the run's Experiment.
        model: the one that is kept.
        parts: [songs] of the split that it was trained on.
        folder: Path of a folder with TensorBoard logs.
    """
    target, dataset = experiment.target, experiment.dataset
    songs = plots.sample(len(dataset.y), SONGS)
    both = keras.Model(
        model.input, {**model.output, REPRESENTATION: model.get_layer(REPRESENTATION).output}
    )
    windows, owner = predict_windows(both, dataset.inputs, songs)
    found = {
        name: by_song(windows[name], owner, len(songs)) for name in (*target.heads, REPRESENTATION)
    }
    vectors = found[REPRESENTATION].reshape(len(songs), -1)  # [songs, units]
    table = dataset.songs.iloc[songs].reindex(columns=["title", "artist", "track_id"])
    named = {
        "title": table["title"].fillna(table["track_id"]),
        "artist": table["artist"].fillna(""),
    }
    columns = {name: _one_line(values) for name, values in named.items()}
    answers = np.concatenate([found[head] for head in target.heads], axis=1)  # [songs, outputs]
    truths, answered = map(target.told_truth, dataset.y[songs]), map(target.told_answer, answers)
    for name, values in (("true", list(truths)), ("predicted", list(answered))):
        for head in target.heads:
            columns[f"{name} {head}"] = _one_line(told(target, value, head) for value in values)
    columns["part"] = parts[songs]
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(folder / VECTORS, vectors, fmt="%.5g", delimiter="\t")
    # Written by hand: the dashboard knows no quotes.
    rows = [columns, *zip(*columns.values(), strict=True)]
    lines = ["\t".join(map(str, row)) for row in rows]
    (folder / METADATA).write_text(
        "\n".join(lines) + "\n", encoding="utf-8", errors="backslashreplace"
    )
    config = projector.ProjectorConfig()
    config.embeddings.add(
        tensor_name=f"songs by {experiment.task.name}", tensor_path=VECTORS, metadata_path=METADATA
    )
    projector.visualize_embeddings(str(folder), config)


def _one_line(values):
    """Text without the tabs and line ends that part the dashboard's cells."""
    return [" ".join(str(value).split()) for value in values]
