"""Songs as the model's trunk represents them, for TensorBoard's embedding projector."""

from pathlib import Path

import numpy as np
import pandas as pd
from tensorboard.plugins import projector

from kerasfeat.evaluation.song_vectors import SongVectors
from kerasfeat.targets import Target

VECTORS, METADATA = "songs.tsv", "songs_metadata.tsv"


def write_projector(folder: Path, target: Target, songs: SongVectors, title: str) -> None:
    """Write the vectors of songs and what is known of each, as text.

    That is its title and artist, its true and predicted values, and its part of the split.

    Args:
        folder: with TensorBoard logs.
        target: what the model predicts.
        songs: of the run.
        title: of the vectors in the dashboard.
    """
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(folder / VECTORS, songs.vectors, fmt="%.5g", delimiter="\t")
    _write_tsv(folder / METADATA, songs.facts(target))
    config = projector.ProjectorConfig()
    config.embeddings.add(tensor_name=title, tensor_path=VECTORS, metadata_path=METADATA)
    projector.visualize_embeddings(str(folder), config)


def _write_tsv(path: Path, table: pd.DataFrame) -> None:
    """Write a table by hand: the dashboard knows no quotes."""
    rows = [table.columns, *table.itertuples(index=False)]
    text = "".join("\t".join(map(_one_line, row)) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8", errors="backslashreplace")


def _one_line(text: str) -> str:
    """Text without the tabs and line ends that separate the dashboard's cells."""
    return " ".join(text.split())
