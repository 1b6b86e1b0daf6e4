"""The contract of every recipe, made small by its own example: it builds, trains each stage,
freezes what it says, and comes back from disk the same.
"""

import keras
import numpy as np
import pytest
from recipe_cases import SONGS, example_case

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.audio.frontends import frontends
from kerasfeat.experiment.stages import compile_model, frozen
from kerasfeat.networks.assembly import REPRESENTATION
from kerasfeat.recipes import recipes
from kerasfeat.songs.schema import GROUPS
from kerasfeat.tasks import tasks

every_recipe = pytest.mark.parametrize("recipe", list(recipes), ids=lambda recipe: recipe.name)


def weights_by_layer(model: keras.Model) -> dict[str, list[Array]]:
    return {
        layer.name: [np.asarray(weight).copy() for weight in layer.weights]
        for layer in model.layers
        if layer.weights
    }


@every_recipe
def test_it_names_what_there_is(recipe):
    case = example_case(recipe)
    assert recipe.description and recipe.task in (None, *tasks.names())
    assert all(name in frontends.names() or name in GROUPS for name in case.fields)
    assert recipe.stages[-1].part == "" and set(case.stages) <= set(case.trunk.paths())
    assert not {path.partition(".")[0] for path in case.trunk.paths()} & set(frontends.names())


@every_recipe
def test_unknown_hyperparameters_are_refused(recipe):
    with pytest.raises(KerasfeatError, match="unknown hyperparameter 'learning_rat'. Did you mean"):
        example_case(recipe).resolve(learning_rat="1")


@every_recipe
def test_each_stage_trains_its_part_and_leaves_the_frozen_ones(recipe):
    case = example_case(recipe)
    keras.utils.set_random_seed(3)
    network = case.network()
    x = case.batch()
    for stage in recipe.stages:
        model = network.parts[stage.part] if stage.part else network.model
        layers = (layer for path in stage.freeze for layer in network.parts[path].layers)
        still = {layer.name for layer in layers if layer.weights}
        before = weights_by_layer(model)
        with frozen(network, stage.freeze):
            held = {layer.name for layer in model.layers if layer.weights and not layer.trainable}
            assert held == still & {*before}
            compile_model(model, case.target, case.found.stage(stage.part), 1, case.truth)
            model.run_eagerly = True
            given = {name: x[name] for name in model.input}
            history = model.fit(given, case.answers(model), batch_size=SONGS, verbose=0)
            trained = bool(model.trainable_weights)
        assert np.isfinite(history.history["loss"]).all()
        after = weights_by_layer(model)
        moved = {
            name
            for name, weights in before.items()
            if not all(map(np.array_equal, weights, after[name]))
        }
        assert not moved & still and bool(moved) == trained
        assert all(layer.trainable for layer in network.model.layers)


@every_recipe
def test_it_answers_the_same_from_disk_and_without_an_input(recipe, tmp_path):
    case = example_case(recipe)
    keras.utils.set_random_seed(3)
    model, x = case.network().model, case.batch()
    assert sorted(model.output) == sorted(case.target.heads)
    # The projector, `embed` and neighbours read it.
    assert model.get_layer(REPRESENTATION).output.shape[0] is None
    predicted = {head: np.asarray(values) for head, values in model(x).items()}
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras", compile=False, safe_mode=True)(x)
    units = len(case.target.outputs) // len(case.target.heads)
    for head, values in predicted.items():
        assert values.shape == (SONGS, units)
        np.testing.assert_allclose(again[head], values, atol=1e-6)
    if len(x) == 1 and recipe.model is None:
        return  # a single encoded input that is absent is a song about which nothing is known
    for absent in x:
        partly = x | {absent: np.full_like(x[absent], np.nan)}
        answers = model(partly).values()
        assert all(np.isfinite(values).all() for values in answers), f"no number without {absent}"
