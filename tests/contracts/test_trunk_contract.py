"""The contract of every trunk: what it reads, and that it learns and comes back from disk.

Those that a recipe trains, and their parts, learn in the recipe's contract.
"""

from math import prod

import keras
import numpy as np
import pytest

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.audio.frontends import frontends
from kerasfeat.experiment.hyperparameters import Training, resolve
from kerasfeat.experiment.stages import compile_model
from kerasfeat.fields import COLUMNS, SPECTROGRAMS, Axis, Field
from kerasfeat.networks.assembly import assemble, representation_of
from kerasfeat.networks.trunks import Trunk, trunks
from kerasfeat.recipes import recipes
from kerasfeat.targets import Multiclass, Multilabel

LABELS = ("calm", "happy", "odd", "sad", "wild")
TRUTH = np.array([0, 1, 2, 3, 4, 0])

in_recipes = {recipe.model for recipe in recipes} | {
    trunks.get(recipe.model).part(path).name
    for recipe in recipes
    if recipe.model
    for path in trunks.get(recipe.model).paths()
}
every_trunk = pytest.mark.parametrize("trunk", list(trunks), ids=lambda trunk: trunk.name)
every_trunk_without_recipe = pytest.mark.parametrize(
    "trunk",
    [trunk for trunk in trunks if trunk.name not in in_recipes],
    ids=lambda trunk: trunk.name,
)
pytestmark = pytest.mark.usefixtures("backbones")


def example(axis: Axis) -> Field:
    """A small input that begins with this axis: that of a front-end, with fewer places."""
    if axis == COLUMNS:
        columns = ("energy", "key", "tempo")
        return Field("features", (axis.example_size,), (axis,), columns=columns)
    fields = [own.field for own in frontends if own.field.leading_axis == axis]
    assert fields, f"no front-end gives an input that begins with {axis.name}"
    # Of those with as few values the last: of two backbones the smaller.
    smallest = min(reversed(fields), key=lambda field: prod(field.shape[1:]))
    return Field(smallest.name, (axis.example_size, *smallest.shape[1:]), smallest.axes)


def inputs_of(trunk: Trunk) -> dict[str, Field]:
    # A backbone within a fusion is tested in tests/networks: here it would only cost time.
    axes = [axis for axis in trunk.takes if axis != SPECTROGRAMS] if trunk.several else trunk.takes
    fields = [example(axis) for axis in (axes if trunk.several else axes[:1])]
    return {field.name: field for field in fields}


def batch(fields: dict[str, Field], seed: int = 0) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    return {
        name: rng.normal(size=(len(TRUTH), *field.shape)).astype("float32")
        for name, field in fields.items()
    }


@every_trunk
def test_it_says_what_it_is_and_reads_what_it_takes(trunk):
    assert trunk.description.endswith(".") and trunk.takes
    for axis in trunk.takes:
        field = example(axis)
        assert list(trunk.reads({field.name: field})) == [field.name]
    for name, default in trunk.hyperparameters.items():
        assert isinstance(default, (bool, int, float, str, tuple)), name


@every_trunk_without_recipe
def test_it_learns_and_comes_back_from_disk_the_same(trunk, tmp_path):
    fields, target = inputs_of(trunk), Multiclass("mood", LABELS)
    model = assemble(target, fields, trunk, trunk.hyperparameters).model
    assert list(model.output) == ["mood"]
    assert len(representation_of(model).shape) == 2
    compile_model(model, target, Training(), steps=1, truth=TRUTH)
    before = [np.asarray(weight) for weight in model.trainable_weights]
    x = batch(fields)
    # In the first step what grows from zero passes no gradient on.
    history = model.fit(x, {"mood": TRUTH}, epochs=3, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    after = [np.asarray(weight) for weight in model.trainable_weights]
    moved = [np.abs(new - old).max() > 0 for new, old in zip(after, before, strict=True)]
    assert np.mean(moved) > 0.8
    predicted = model.predict(x, verbose=0)["mood"]
    np.testing.assert_allclose(predicted.sum(axis=1), 1, atol=1e-5)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras", safe_mode=True).predict(x, verbose=0)
    np.testing.assert_allclose(again["mood"], predicted, atol=1e-6)


@every_trunk_without_recipe
def test_its_hyperparameters_change_it_and_unknown_ones_are_refused(trunk):
    with pytest.raises(KerasfeatError, match="unknown hyperparameter 'dropuot'"):
        resolve(trunk, {}, 5.0, {"dropuot": "0.1"})
    for name, default in trunk.hyperparameters.items():
        found = resolve(trunk, {}, 5.0, {name: default})
        assert found.trunk[name] == default
    rates = {name: "0.123" for name in trunk.hyperparameters if name.endswith("dropout")}
    changed = resolve(trunk, {}, 5.0, rates).trunk
    model = assemble(Multiclass("mood", LABELS), inputs_of(trunk), trunk, changed).model
    dropped = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert (0.123 in dropped) == ("dropout" in trunk.hyperparameters)


@pytest.mark.slow
@every_trunk_without_recipe
def test_it_gives_a_song_any_number_of_labels(trunk):
    fields, target = inputs_of(trunk), Multilabel("genres", LABELS)
    model = assemble(target, fields, trunk, trunk.hyperparameters).model
    assert {head: tuple(t.shape) for head, t in model.output.items()} == {"genres": (None, 5)}
    truth = np.random.default_rng(0).random((len(TRUTH), 5)) < 0.4
    compile_model(model, target, Training(), steps=1, truth=truth)
    history = model.fit(batch(fields), {"genres": truth.astype("float32")}, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert np.ptp(model.predict(batch(fields, seed=1), verbose=0)["genres"].sum(axis=1)) > 1e-3
