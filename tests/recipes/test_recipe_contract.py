"""Every published recipe: builds, trains a step of each stage, freezes what it says, and comes back
from disk the same.
"""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kerasfeat import KerasfeatError
from kerasfeat.audio.frontends import frontends
from kerasfeat.experiment.hyperparameters import resolve
from kerasfeat.experiment.importance import _parted
from kerasfeat.experiment.stages import beyond, compile_model, frozen
from kerasfeat.fields import Field
from kerasfeat.networks.assembly import REPRESENTATION, assemble
from kerasfeat.networks.trunks import DEFAULT_BY_AXIS, trunks
from kerasfeat.pipeline.batches import Inputs, ordered_batches, predict_windows
from kerasfeat.recipes import recipes

PUBLISHED = [name for name in recipes.names() if name != "default"]
# Networks that read an image of their own size see a small one; the widest recurrent ones are
# narrower.
SMALLER = {
    "sfp-spectrogram-resnet18": {"side": "40"},
    "sfp-spectrogram-cnn": {"side": "30"},
    "mood-lstm": {"units": "9"},
    "mood-ensemble-lstm": {"lstm.units": "9"},
    "mood-ensemble-lstm-penultimate": {"lstm.units": "9"},
}
BATCH = 3


def hyperparameters(case, overrides):
    """The recipe's, without those of front-ends."""
    trunk = trunks.get(case.recipe.model)
    own = {
        name: value
        for name, value in case.recipe.hyperparameters.items()
        if name.partition(".")[0] not in {*case.fields, "clip_s"}
    }
    return resolve(trunk, {}, 5.0, own, overrides, stages=case.stages)


def batch(case, seed=1):
    rng = np.random.default_rng(seed)
    return {
        name: rng.random(size=(BATCH, *field.shape)).astype("float32")
        for name, field in case.fields.items()
    }


def targets(case, model: keras.Model, shares: bool = False) -> dict[str, np.ndarray]:
    """What each output learns; one that is an error, and no head, has the target 0."""
    arrays = case.target.arrays(case.truth(BATCH), shares)
    return {
        head: arrays[head][0] if head in arrays else np.zeros((BATCH, 1), "float32")
        for head in model.output
    }


def weights_by_layer(model):
    return {
        layer.name: [np.asarray(weight).copy() for weight in layer.weights]
        for layer in model.layers
        if layer.weights
    }


@pytest.mark.parametrize("name", PUBLISHED)
def test_contract(name, small, tmp_path):
    case = small(name)
    found = hyperparameters(case, SMALLER.get(name, {}))
    keras.utils.set_random_seed(3)
    network = assemble(case.target, case.fields, trunks.get(case.recipe.model), found.trunk)
    assert sorted(network.model.output) == sorted(case.target.heads)
    assert (
        network.model.get_layer(REPRESENTATION).output.shape[0] is None
    )  # the projector, `embed` and neighbours read it
    assert case.recipe.stages[-1].part == "" and set(case.stages) <= set(network.parts)
    x = batch(case)
    for stage in case.recipe.stages:
        model = network.parts[stage.part] if stage.part else network.model
        still = {
            layer.name
            for path in stage.freeze
            for layer in network.parts[path].layers
            if layer.weights
        }
        before = weights_by_layer(model)
        with frozen(network, stage.freeze):
            assert {
                layer.name for layer in model.layers if layer.weights and not layer.trainable
            } == still & {*before}
            compile_model(model, case.target, found.stage(stage.part), 1, case.truth(BATCH))
            model.run_eagerly = True
            history = model.fit(
                {key: x[key] for key in model.input},
                targets(case, model),
                batch_size=BATCH,
                epochs=1,
                verbose=0,
            )
            trained = bool(model.trainable_weights)
        assert np.isfinite(history.history["loss"]).all()
        after = weights_by_layer(model)
        moved = {
            name
            for name in before
            if any(not np.array_equal(o, n) for o, n in zip(before[name], after[name], strict=True))
        }
        assert not moved & still and bool(moved) == trained
        assert all(layer.trainable for layer in network.model.layers)
    predicted = {head: np.asarray(values) for head, values in network.model(x).items()}
    network.model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras", compile=False, safe_mode=True)(x)
    for head, values in predicted.items():
        assert values.shape == (BATCH, case.units)
        np.testing.assert_allclose(again[head], values, atol=1e-6)
    for absent in x:
        partly = {
            key: np.full_like(values, np.nan) if key == absent else values
            for key, values in x.items()
        }
        assert all(
            np.isfinite(np.asarray(values)).all() for values in network.model(partly).values()
        ), f"no number without {absent}"


class Windows:
    """Two windows of a song for every input that is read by the window, as a Store gives them."""

    def __init__(self, x):
        self.x = x

    def windows(self, frontend, key):
        return 2

    def read(self, frontend, key):
        return np.stack(
            [self.x[frontend.field.name][key], np.flip(self.x[frontend.field.name][key])]
        )


@pytest.mark.parametrize(
    "name", [name for name in PUBLISHED if any(stage.freeze for stage in recipes.get(name).stages)]
)
def test_what_is_beyond_frozen_parts_trains_as_the_whole(name, small):
    case = small(name)
    found = hyperparameters(case, SMALLER.get(name, {}))
    keras.utils.set_random_seed(3)
    network = assemble(case.target, case.fields, trunks.get(case.recipe.model), found.trunk)
    x, tables = (
        batch(case),
        [key for key, field in case.fields.items() if field.axes == ("columns",)],
    )
    sizes = np.cumsum([x[key].shape[1] for key in tables])
    groups = {
        key: tuple(range(end - x[key].shape[1], end))
        for key, end in zip(tables, sizes, strict=True)
    }
    audio = {
        key: SimpleNamespace(field=field) for key, field in case.fields.items() if key not in tables
    }
    inputs = Inputs(
        np.concatenate([x[key] for key in tables], axis=1),
        audio,
        list(range(BATCH)),
        Windows(x),
        groups,
    )
    for stage in (stage for stage in case.recipe.stages if stage.freeze):
        model = network.parts[stage.part] if stage.part else network.model
        own = inputs.only(model.input)
        songs = np.array([0, 2])
        with frozen(network, stage.freeze):
            still = [
                np.asarray(weight).copy()
                for path in stage.freeze
                for weight in network.parts[path].weights
            ]
            with beyond(network, model, stage.freeze, own, songs) as (rest, known):
                assert len(rest.trainable_weights) == len(model.trainable_weights) > 0
                assert known.answers and set(known.names) < set(own.names)
                before, whole = (
                    predict_windows(one, its, songs)[0]
                    for one, its in ((rest, known), (model, own))
                )
                compile_model(
                    rest, case.target, found.stage(stage.part), 1, case.truth(BATCH)[songs]
                )
                answers, _ = ordered_batches(known, songs, 4)
                y = {
                    head: np.repeat(values[songs], known.counts[songs], axis=0)
                    for head, values in targets(case, rest).items()
                }
                rest.fit(answers.map(lambda given, y=y: (given, y)), verbose=0)
                after = predict_windows(rest, known, songs)[0]
        for head in model.output:
            np.testing.assert_allclose(before[head], whole[head], atol=1e-5)
            np.testing.assert_allclose(
                after[head], predict_windows(model, own, songs)[0][head], atol=1e-5
            )
        assert any(np.abs(after[head] - before[head]).max() > 0 for head in model.output)
        now = [
            np.asarray(weight).copy()
            for path in stage.freeze
            for weight in network.parts[path].weights
        ]
        assert all(np.array_equal(old, new) for old, new in zip(still, now, strict=True))


@pytest.mark.parametrize("name", PUBLISHED)
def test_unknown_hyperparameters_are_refused(name, small):
    with pytest.raises(
        KerasfeatError, match="unknown hyperparameter 'learning_rat'. Did you mean learning_rate"
    ):
        hyperparameters(small(name), {"learning_rat": "1"})


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_of_front_ends_exist(name):
    recipe = recipes.get(name)
    audio = {i: frontends.get(i) for i in recipe.inputs if i != "features"}
    stages = [stage.part for stage in recipe.stages if stage.part]
    resolve(trunks.get(recipe.model), audio, 5.0, recipe.hyperparameters, stages=stages)


def test_no_part_has_the_name_of_an_input():
    for name in PUBLISHED:
        parts = {path.partition(".")[0] for path in trunks.get(recipes.get(name).model).paths()}
        assert not parts & set(frontends.names())


def test_inputs_that_do_not_fit_are_told(small):
    case = small("mood-ensemble-rnn")
    trunk = trunks.get(case.recipe.model)
    with pytest.raises(
        KerasfeatError,
        match="'mood_ensemble_rnn' needs an input whose first axis is frames; received features",
    ):
        assemble(case.target, {"features": case.fields["features"]}, trunk, {})
    doubled = {**case.fields, "mfcc": small("sfp-mfcc-cnn").fields["mfcc"]}
    with pytest.raises(KerasfeatError, match="model 'mood_rnn' reads one input, not logmel, mfcc"):
        assemble(case.target, doubled, trunk, {})
    with pytest.raises(KerasfeatError, match="join is 'heads'; it must be outputs or penultimate"):
        assemble(case.target, case.fields, trunk, {"join": "heads"})
    with pytest.raises(KerasfeatError, match="model 'autoencoder' makes no prediction of its own"):
        assemble(
            small("hitmusicnet").target, small("hitmusicnet").fields, trunks.get("autoencoder"), {}
        )
    with pytest.raises(
        KerasfeatError, match="'random_normal' predicts numbers, and 'mood' has labels; take a task"
    ):
        assemble(case.target, case.fields, trunks.get("random_normal"), {})
    short = {"mfcc": Field("mfcc", (9, 20), ("frames", "coefficients"))}
    with pytest.raises(
        KerasfeatError, match=r"model 'sfp_complex_cnn' can't be built on mfcc \[9, 20\]"
    ):
        assemble(small("sfp-complex-cnn").target, short, trunks.get("sfp_complex_cnn"), {})


def test_every_network_of_a_publication_is_used():
    general = {"statistics", "recurrent", "transformer", "fusion", *DEFAULT_BY_AXIS.values()}
    trunks = [trunks.get(recipes.get(name).model) for name in PUBLISHED]
    used = {trunk.name for trunk in trunks} | {
        trunk.part(path).name for trunk in trunks for path in trunk.paths()
    }
    assert used | general == set(trunks.names())


@pytest.mark.parametrize("name", [name for name in PUBLISHED if len(recipes.get(name).inputs) > 1])
def test_what_one_audio_input_determines_can_be_parted_from_the_rest(name, small):
    case = small(name)
    found = hyperparameters(case, SMALLER.get(name, {}))
    network = assemble(case.target, case.fields, trunks.get(case.recipe.model), found.trunk)
    x = batch(case)
    audio = [key for key in case.fields if key != "features"]
    hear, answer, owners = _parted(network.model, audio)
    heard = iter(keras.tree.flatten(hear.predict_on_batch({key: x[key] for key in audio})))
    answers = answer.predict_on_batch(
        [next(heard) if owner in audio else x[owner] for owner in owners]
    )
    whole = network.model.predict_on_batch(x)
    assert all(np.allclose(answers[head], whole[head], atol=1e-5) for head in case.target.heads)
