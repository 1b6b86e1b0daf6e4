"""Graphs over networks with random weights, and sound for them."""

from types import SimpleNamespace

import numpy as np

from kerasfeat.audio.frontends import frontends
from kerasfeat.experiment.hyperparameters import resolve
from kerasfeat.experiment.select_inputs import columns_of
from kerasfeat.fields import Field
from kerasfeat.networks.assembly import assemble
from kerasfeat.networks.trunks import default_trunk, trunks
from kerasfeat.serving.graph import Graph
from kerasfeat.targets import Multiclass

COLUMNS = ("energy", "key", "tempo")
LABELS = ("calm", "happy", "sad", "tense", "wild")
MOOD = Multiclass("mood", LABELS)
CLIP_S = 1.3


def untrained(inputs, **groups):
    """A Graph over a model with random weights; `groups` are its tabular inputs' columns."""
    classes = {name: frontends.get(name) for name in inputs}
    trunk = trunks.get(default_trunk([*groups, *inputs]))
    chosen = resolve(trunk, classes, CLIP_S, {}).frontends
    fields = {
        name: Field(name, (len(its),), ("columns",), columns=its) for name, its in groups.items()
    }
    fields |= {name: frontend.field for name, frontend in chosen.items()}
    model = assemble(MOOD, fields, trunk, trunk.hyperparameters).model
    return Graph(
        SimpleNamespace(
            target=MOOD, columns=columns_of(groups), groups=groups, frontends=chosen, model=model
        )
    )


def songs_of(graph, *clips):
    """Noise of so many clips each."""
    generator = np.random.default_rng(3)
    return [
        generator.uniform(-0.5, 0.5, round(share * CLIP_S * graph.rate_hz)).astype("float32")
        for share in clips
    ]


def agree(got, wanted, tolerance=1e-5):
    assert set(got) == set(wanted)
    for name, values in wanted.items():
        np.testing.assert_allclose(
            got[name], values, atol=tolerance * max(1.0, np.abs(values).max()), err_msg=name
        )
