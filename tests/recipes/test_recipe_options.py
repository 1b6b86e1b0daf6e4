"""Options that every published recipe takes."""

import math
from contextlib import nullcontext

import keras
import numpy as np
import pytest
import tensorflow as tf
from recipe_cases import SONGS, example_case

from kerasfeat import KerasfeatError
from kerasfeat.audio.frontends import frontends
from kerasfeat.experiment.hyperparameters import resolve
from kerasfeat.experiment.mixup import mixup
from kerasfeat.experiment.stages import compile_model
from kerasfeat.networks.ensembles import Weighted, ensemble
from kerasfeat.networks.trunks import ONE_HOT_KEY, trunks
from kerasfeat.recipes import recipes
from kerasfeat.songs.schema import FEATURES
from kerasfeat.targets import Multiclass, Multilabel

PUBLISHED = [name for name in recipes.names() if recipes.get(name).model]
# Their outputs have no form for labels.
OF_NUMBERS = ("autoenchorder-lossnet", "random-normal")


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_every_stage_trains_on_mixed_songs(name):
    case = example_case(recipes.get(name))
    found = case.resolve(mixup="0.4")
    network, x = case.network(found), case.batch()
    next(iter(x.values()))[1] = np.nan  # a song without the first input
    for stage in case.recipe.stages:
        model = network.parts[stage.part] if stage.part else network.model
        training, y = found.stage(stage.part), case.answers(model)
        if isinstance(case.target, Multiclass):
            shares = case.target.arrays(case.truth, shares=True)
            y |= {head: shares[head][0] for head in y.keys() & shares.keys()}
        given = (
            {key: x[key] for key in model.input},
            y,
            {head: np.ones(SONGS, "float32") for head in y},
        )
        mix = mixup(training.mixup, [case.fields[key] for key in model.input], seed=1)
        compile_model(model, case.target, training, 1, case.truth)
        model.run_eagerly = True
        history = model.fit(
            tf.data.Dataset.from_tensors(given).map(mix), epochs=1, shuffle=False, verbose=0
        )
        assert np.isfinite(history.history["loss"]).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_every_network_of_labels_gives_a_song_any_number_of_them(name):
    case, target = example_case(recipes.get(name)), Multilabel("genres", ("folk", "jazz", "polka"))
    found = case.resolve(loss="default")
    try:
        network = case.network(found, target)
    except KerasfeatError as error:
        assert "predicts numbers, and 'genres' has labels" in str(error)
        assert not case.target.has_labels
        return
    assert name not in OF_NUMBERS
    x = case.batch()
    for stage in case.recipe.stages:
        model = network.parts[stage.part] if stage.part else network.model
        y = np.random.default_rng(4).random((SONGS, 3)).round().astype("float32")
        compile_model(model, target, found.stage(stage.part), 1, y > 0)
        model.run_eagerly = True
        wanted = {
            head: y if head == "genres" else np.zeros((SONGS, 1), "float32")
            for head in model.output
        }
        history = model.fit(
            {key: x[key] for key in model.input}, wanted, batch_size=SONGS, epochs=1, verbose=0
        )
        assert np.isfinite(history.history["loss"]).all()
    answers = np.asarray(network.model(x)["genres"])
    assert answers.shape == (SONGS, 3) and 0 <= answers.min() <= answers.max() <= 1


@pytest.mark.parametrize("name", PUBLISHED)
def test_pitch_changes_what_reads_a_spectrogram_and_is_refused_elsewhere(name):
    recipe = recipes.get(name)
    audio = {i: frontends.get(i) for i in recipe.inputs if i != "features"}
    stages = [stage.part for stage in recipe.stages if stage.part]
    hears = any(own.bands_hz is not None for own in audio.values())
    with (
        nullcontext()
        if hears
        else pytest.raises(
            KerasfeatError, match="pitch_semitones changes spectrograms over frequency"
        )
    ):
        found = resolve(
            trunks.get(recipe.model),
            audio,
            5.0,
            recipe.hyperparameters,
            {"pitch_semitones": "2"},
            stages=stages,
        )
        changed = found.training.augment(
            {name: its for name, its in found.frontends.items() if its.bands_hz is not None}
        )
        assert changed is not None


def one_hot(name):
    """The hyperparameters by which a recipe's network sees the key as 12 columns."""
    return [
        found
        for found in trunks.get(recipes.get(name).model).hyperparameters
        if found.rpartition(".")[2] == ONE_HOT_KEY
    ]


# What the 11 more columns cost each: the units of the layer that reads them; behind convolutions,
# 22 columns pooled to 10 and 4 where 11 are pooled to 5 and 2.
MORE = {
    "mood-mlp": 11 * 512,
    "mood-mlp-hardtanh": 11 * 128,
    "mood-cnn": 2 * 160 * 4,
    "genre-mlp": 11 * 10,
    "genre-mlp-3-staircase": 11 * 10,
    "sfp-numeric": 11 * 64,
    "sfp-combiner-a": 11 * 64,
    "mood-ensemble-rnn": 11 * 512,
}


def reads_key(name):
    recipe = recipes.get(name)
    return "features" in recipe.inputs and "key" in (recipe.columns or FEATURES)


@pytest.mark.parametrize("name", [name for name in PUBLISHED if one_hot(name) and reads_key(name)])
def test_the_key_can_be_twelve_columns_of_every_network_that_reads_it(name, tmp_path):
    case = example_case(recipes.get(name))

    def network(value):
        own = {path.replace(".", "__"): value for path in one_hot(name)}
        return case.network(case.resolve(**own)).model

    def trained(model):
        return sum(math.prod(weight.shape) for weight in model.trainable_weights)

    as_number, as_columns = network("false"), network("true")
    more = trained(as_columns) - trained(as_number)
    assert more == MORE.get(name, more) and more > 0
    key = case.fields["features"].columns.index("key")
    x = case.batch()
    x["features"][1, key] = np.nan
    as_columns.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras", compile=False, safe_mode=True)(x)
    for head, values in as_columns(x).items():
        np.testing.assert_allclose(again[head], values, atol=1e-6)


def test_every_network_that_scales_columns_offers_it():
    assert one_hot("mood-mlp") == ["one_hot_key"] and one_hot("mood-ensemble-lstm") == [
        "mlp.one_hot_key"
    ]
    assert one_hot("hitmusicnet") == ["autoencoder.one_hot_key"] and one_hot(
        "autoenchorder-lossnet"
    ) == ["base.autoencoder.one_hot_key"]
    assert one_hot("mood-lstm") == [] and "one_hot_key" not in trunks.get("tabular").hyperparameters


def test_a_key_that_is_not_there_is_told():
    case = example_case(recipes.get("autoenchorder"))
    with pytest.raises(
        KerasfeatError,
        match="table.one_hot_key asks for a key, and no input of model 'autoencoder' has one",
    ):
        case.network(case.resolve(table__one_hot_key="yes"))


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_every_network_can_be_one_of_several(name, tmp_path):
    case = example_case(recipes.get(name))
    members = []
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        members.append(case.network().model)
    fields = list(case.fields.values())
    model = ensemble(
        [(member, fields) for member in members],
        fields,
        lambda head: Weighted([0.5, 0.5], name=head),
    )
    x = case.batch()
    x[fields[0].name][1] = np.nan
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras", compile=False, safe_mode=True)
    unheard = [
        not any(np.isfinite(values[song]).any() for values in x.values()) for song in range(SONGS)
    ]
    assert unheard[1] == (len(fields) == 1)
    for head in case.target.heads:
        mean = np.mean([np.asarray(member(x)[head]) for member in members], axis=0)
        mean[unheard] = np.nan  # nobody has anything to say of a song without inputs
        np.testing.assert_allclose(model(x)[head], mean, atol=1e-6)
        np.testing.assert_allclose(again(x)[head], mean, atol=1e-6)
