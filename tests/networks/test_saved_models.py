"""A model that was saved is read by a process that has made none."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasfeat.fields import Field
from kerasfeat.networks.assembly import REPRESENTATION
from kerasfeat.networks.encoders import OneHotKey, Rescale
from kerasfeat.networks.ensembles import Weighted, ensemble
from kerasfeat.networks.genre_distance import GenreDistance
from kerasfeat.networks.layers import Standardize, TabularEncoder

COLUMNS = ("tempo", "key", "energy", "duration_ms")
READ = """
import sys
from pathlib import Path

import numpy as np

from kerasfeat.experiment.saved_model import load_model

folder = Path(sys.argv[1])
np.save(folder / "again.npy", load_model(folder)({"features": np.load(folder / "x.npy")})["energy"])
"""


def member(encoder: keras.layers.Layer) -> tuple[keras.Model, list[Field]]:
    """A small network behind one encoder of a table, and its Fields."""
    field = Field("features", (len(COLUMNS),), ("columns",), columns=COLUMNS)
    table = field.keras_input()
    x = keras.layers.Identity(name=REPRESENTATION)(keras.ops.nan_to_num(encoder(table)))
    energy = keras.layers.Dense(1, activation="sigmoid", name="energy")(x)
    return keras.Model({"features": table}, {"energy": energy}), [field]


@pytest.mark.parametrize("count", [1, 5], ids=["alone", "ensemble"])
def test_a_process_that_made_no_model_reads_one(count: int, tmp_path: Path):
    encoders = (
        Rescale(unit=True, logarithmic=[3]),
        TabularEncoder(COLUMNS),
        GenreDistance(COLUMNS, ("jazz", "polka", "rock")),
        OneHotKey(1),
        Standardize(),
    )
    members = [member(encoder) for encoder in encoders[:count]]
    model, fields = members[0]
    if count > 1:
        weights = [1 / count] * count
        model = ensemble(members, fields, lambda head: Weighted(weights, name=head))
    x = np.random.default_rng(7).uniform(0, 11, size=(6, len(COLUMNS))).astype("float32")
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", x)
    subprocess.run([sys.executable, "-c", READ, str(tmp_path)], check=True)
    np.testing.assert_allclose(
        np.load(tmp_path / "again.npy"), model({"features": x})["energy"], rtol=1e-6
    )
