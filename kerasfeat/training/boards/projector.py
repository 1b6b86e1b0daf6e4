"""Songs as the model's trunk represents them, for TensorBoard's embedding projector."""

import keras
import numpy as np
from tensorboard.plugins import projector

from kerasfeat.data.pipeline import by_song, predict_windows
from kerasfeat.evaluation import plots
from kerasfeat.models.build import REPRESENTATION
from kerasfeat.tasks import CLASSES, LABELS, labels_given

SONGS = 5000  # more than that the dashboard turns slowly
VECTORS, METADATA = "songs.tsv", "songs_metadata.tsv"


def write_projector(experiment, model, parts, folder):
    """Write the vectors of all songs, or of a sample, with title, artist, true and predicted values, and part of the split.

    Args:
        experiment: the run's Experiment.
        model: the one that is kept.
        parts: [songs] of the split that it was trained on.
        folder: Path of a folder with TensorBoard logs.
    """
    task, prepared = experiment.task, experiment.prepared
    songs = plots.sample(len(prepared.y), SONGS)
    both = keras.Model(model.input, {**model.output, REPRESENTATION: model.get_layer(REPRESENTATION).output})
    windows, owner = predict_windows(both, prepared.inputs, songs)
    found = {name: by_song(windows[name], owner, len(songs)) for name in (*task.heads, REPRESENTATION)}
    vectors = found[REPRESENTATION].reshape(len(songs), -1)  # [songs, units]
    table = prepared.frame.iloc[songs].reindex(columns=["title", "artist", "track_id"])
    named = {"title": table["title"].fillna(table["track_id"]), "artist": table["artist"].fillna("")}
    columns = {name: _one_line(values) for name, values in named.items()}
    if task.kind == CLASSES:
        labels = np.array(_one_line(prepared.labels), dtype=object)
        columns[f"true {task.name}"], columns[f"predicted {task.name}"] = labels[prepared.y[songs]], labels[found[task.name].argmax(1)]
    elif task.kind == LABELS:
        for name, rows in (("true", prepared.y[songs]), ("predicted", found[task.name])):
            columns[f"{name} {task.name}"] = _one_line("; ".join(labels_given(task.targets, row)) for row in rows)
    else:
        answers = np.concatenate([found[head] for head in task.heads], axis=1)  # [songs, targets]
        for place, target in enumerate(task.targets):
            columns[f"true {target}"] = prepared.y[songs, place].round(4)
            columns[f"predicted {target}"] = answers[:, place].round(4)
    columns["part"] = parts[songs]
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(folder / VECTORS, vectors, fmt="%.5g", delimiter="\t")
    # Written by hand: the dashboard knows no quotes.
    rows = [columns, *zip(*columns.values(), strict=True)]
    lines = ["\t".join(map(str, row)) for row in rows]
    (folder / METADATA).write_text("\n".join(lines) + "\n", encoding="utf-8", errors="backslashreplace")
    config = projector.ProjectorConfig()
    config.embeddings.add(tensor_name=f"songs by {task.name}", tensor_path=VECTORS, metadata_path=METADATA)
    projector.visualize_embeddings(str(folder), config)


def _one_line(values):
    """Text without the tabs and line ends that part the dashboard's cells."""
    return [" ".join(str(value).split()) for value in values]
