"""A run's songs as its model's trunk represents them: songs with similar vectors are much the same
to it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.evaluation.run_files import damage_told
from kerasfeat.evaluation.wording import as_text
from kerasfeat.files import write_arrays
from kerasfeat.networks.assembly import REPRESENTATION, representation_of
from kerasfeat.pipeline.batches import by_song, predict_windows
from kerasfeat.pipeline.inputs import Inputs
from kerasfeat.targets import Target

FILE = "neighbours.npz"
WINDOWS = 4096  # that are represented at a time, or those of a song where it has more


@dataclass(frozen=True)
class SongVectors:
    """Songs of a run and what its model makes of them.

    Attributes:
        title, artist: text [songs]; the id of a song without a title.
        part: [songs] of "train", "validation", "test".
        truth, prediction: of the songs, as the target has them.
        vectors: float32 [songs, units].
    """

    title: Array
    artist: Array
    part: Array
    truth: Array
    prediction: Array
    vectors: Array

    def facts(self, target: Target) -> pd.DataFrame:
        """A row a song, as text: title, artist, each head's true and predicted value, part."""
        texts = {
            "true": [target.told_truth(truth) for truth in self.truth],
            "predicted": [target.told_answer(prediction) for prediction in self.prediction],
        }
        values = {
            f"{kind} {head}": [as_text(target, value, head) for value in own]
            for kind, own in texts.items()
            for head in target.heads
        }
        return pd.DataFrame(
            {"title": self.title, "artist": self.artist, **values, "part": self.part}
        )

    def write(self, run_dir: Path) -> None:
        """Write them into a run directory."""
        write_arrays(run_dir / FILE, **asdict(self))


def read_vectors(run_dir: Path) -> SongVectors | None:
    """The songs of the run in `run_dir`; None where it keeps none."""
    path = Path(run_dir) / FILE
    if not path.is_file():
        return None
    with damage_told(path), np.load(path, allow_pickle=False) as arrays:
        return SongVectors(**arrays)


def represent(
    model: keras.Model, inputs: Inputs, rows: Array, heads: Sequence[str] = ()
) -> dict[str, Array]:
    """What the model's trunk, and its heads, make of songs: means over their windows.

    Args:
        model: a network with a REPRESENTATION.
        inputs: of the songs.
        rows: which of them.
        heads: outputs of the model that are wanted too.

    Returns:
        name of a head -> [songs, outputs], REPRESENTATION -> float32 [songs, units].
    """
    outputs = {head: model.output[head] for head in heads}
    outputs[REPRESENTATION] = representation_of(model)
    representing = keras.Model(model.input, outputs)
    # What a trunk makes of all windows may take more memory than there is.
    blocks = np.split(rows, np.flatnonzero(np.diff(inputs.counts[rows].cumsum() // WINDOWS)) + 1)
    parts = []
    for block in blocks:
        windows, owner = predict_windows(representing, inputs, block)
        parts.append({name: by_song(windows[name], owner, len(block)) for name in outputs})
    means = {name: np.concatenate([part[name] for part in parts]) for name in outputs}
    vectors = means[REPRESENTATION].reshape(len(rows), -1)  # [songs, units]
    return means | {REPRESENTATION: vectors.astype("float32")}
