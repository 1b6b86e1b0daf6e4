"""What single trunks promise; what all of them do is in tests/contracts."""

import keras
import numpy as np
import pytest

from kerasfeat import KerasfeatError
from kerasfeat.experiment.hyperparameters import Training
from kerasfeat.experiment.stages import compile_model
from kerasfeat.fields import BINS, FRAMES, SAMPLES, SPECTROGRAMS, Axis, Field
from kerasfeat.networks.assembly import REPRESENTATION, assemble
from kerasfeat.networks.encoders import encode_input
from kerasfeat.networks.layers import Gate
from kerasfeat.networks.trunks import default_for, default_trunk, trunks
from kerasfeat.networks.trunks.embeddings import POOLINGS
from kerasfeat.targets import Multiclass, Regression

COLUMNS = ("energy", "key", "tempo")
FIELDS = {
    "columns": Field("features", (3,), ("columns",), columns=COLUMNS),
    "frames": Field("logmel", (37, 11), ("frames", "mels"), unit="dB"),
    "samples": Field("waveform", (2050,), ("samples",)),
    "bars": Field("bars", (3, 18, 11), ("bars", "steps", "mels"), unit="dB"),
    "patches": Field("vggish", (7, 128), ("patches", "dims")),
    "spectrograms": Field("yamnet_patches", (2, 96, 64), ("spectrograms", "frames", "mels")),
}
MOOD = Multiclass("mood", ("calm", "happy", "odd", "sad", "wild"))

TRUTH = np.array([0, 1, 2, 3, 4, 0])

pytestmark = pytest.mark.usefixtures("backbones")


def batch(fields, size=6, seed=0):
    rng = np.random.default_rng(seed)
    return {
        name: rng.normal(size=(size, *field.shape)).astype("float32")
        for name, field in fields.items()
    }


def test_a_task_of_values_has_one_named_head_a_target():
    target = Regression(("energy", "valence"))
    model = assemble(target, {"features": FIELDS["columns"]}, trunks.get("tabular"), {}).model
    assert {name: tuple(t.shape) for name, t in model.output.items()} == {
        "energy": (None, 1),
        "valence": (None, 1),
    }


def test_fusion_predicts_from_what_is_there():
    trunk = trunks.get("fusion")
    fields = {name: FIELDS[axis] for axis, name in (("columns", "features"), ("frames", "logmel"))}
    model = assemble(MOOD, fields, trunk, {}).model
    (gate,) = (layer for layer in model.layers if isinstance(layer, Gate))
    whole = batch(fields)
    before = model.predict(whole, verbose=0)["mood"]
    for number, absent in enumerate(fields):
        partly = {
            name: np.full_like(x, np.nan) if name == absent else x for name, x in whole.items()
        }
        unlearned = model.predict(partly, verbose=0)["mood"]
        assert np.isfinite(unlearned).all()
        # What stands for the absent input is a vector that training learns, and it stands for
        # nothing else.
        gate.absent[number].assign(np.full(gate.absent[number].shape, 3.0))
        assert np.abs(model.predict(partly, verbose=0)["mood"] - unlearned).max() > 1e-3
        np.testing.assert_array_equal(model.predict(whole, verbose=0)["mood"], before)


def test_mixed_precision_keeps_heads_in_float32():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        fields = {"features": FIELDS["columns"], "logmel": FIELDS["frames"]}
        model = assemble(MOOD, fields, trunks.get("fusion"), {}).model
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.output["mood"].dtype == "float32"
    assert model.get_layer(REPRESENTATION).compute_dtype == "float16"


def test_a_trunk_refuses_what_it_cannot_read():
    with pytest.raises(KerasfeatError, match="model 'recurrent' can't read input 'features'"):
        assemble(
            MOOD,
            {"features": FIELDS["columns"]},
            trunks.get("recurrent"),
            {},
        )
    with pytest.raises(KerasfeatError, match="reads one input, not features, logmel"):
        trunks.get("tabular").check({"features": FIELDS["columns"], "logmel": FIELDS["frames"]})


def test_default_trunks():
    assert default_trunk(["features"]) == "tabular"
    assert default_trunk(["logmel"]) == "convolutional"
    assert default_trunk(["waveform"]) == "waveform_convolutional"
    assert default_trunk(["features", "logmel"]) == "fusion"
    assert default_trunk(["yamnet"]) == "embeddings"
    assert default_trunk(["vggish_patches"]) == "finetuned"


def test_of_few_songs_frames_are_read_by_their_statistics():
    assert default_trunk(["logmel"], songs=199) == "statistics"
    assert default_trunk(["logmel"], songs=200) == "convolutional"
    assert default_trunk(["waveform"], songs=9) == "waveform_convolutional"


def test_an_axis_of_ones_own_says_which_trunks_read_it():
    hands = Axis("hands", default_trunk="recurrent", few_songs_trunk="statistics")
    fields = {"claps": Field("claps", (9, 5), (hands, BINS))}
    assert (default_for(hands), default_for(hands, 9)) == ("recurrent", "statistics")
    for name in ("recurrent", "statistics", "fusion"):
        trunks.get(name).check(fields)
    for name in ("convolutional", "tabular"):
        with pytest.raises(KerasfeatError, match=r"can't read input 'claps' \[hands, bins\]"):
            trunks.get(name).check(fields)
    with pytest.raises(KerasfeatError, match="no model reads an input whose first axis is 'feet'"):
        default_for(Axis("feet"))


def test_waveforms_and_a_backbones_patches_keep_their_scale():
    for axis, kept in ((SAMPLES, True), (SPECTROGRAMS, True), (FRAMES, False)):
        field = Field("x", (40, 6), (axis, BINS))
        x = field.keras_input()
        assert (encode_input(x, field, "encoded", name="own") is x) == kept


@pytest.mark.parametrize("pooling", POOLINGS)
def test_each_pooling_hears_every_patch(pooling):
    fields = {"vggish": FIELDS["patches"]}
    model = assemble(MOOD, fields, trunks.get("embeddings"), {"pooling": pooling}).model
    whole = batch(fields)
    before = model.predict(whole, verbose=0)["mood"]
    for patch in range(7):
        whole["vggish"][:, patch] += 1.0
        after = model.predict(whole, verbose=0)["mood"]
        assert np.abs(after - before).max(axis=1).min() > 1e-6
        before = after


def test_an_unknown_pooling_is_refused():
    with pytest.raises(KerasfeatError, match="unknown pooling 'maen'. Did you mean mean"):
        assemble(
            MOOD,
            {"vggish": FIELDS["patches"]},
            trunks.get("embeddings"),
            {"pooling": "maen"},
        )


@pytest.mark.parametrize("several", [False, True])
def test_finetuning_moves_the_layers_from_the_named_one_up_and_no_other(several):
    fields = {
        field.name: field
        for field in [FIELDS["spectrograms"], *([FIELDS["columns"]] if several else [])]
    }
    trunk = trunks.get("fusion" if several else "finetuned")
    model = assemble(MOOD, fields, trunk, {"trainable_from": "layer13"}).model
    backbone = model.get_layer("yamnet")
    before = [[np.asarray(w) for w in layer.weights] for layer in backbone.layers]
    compile_model(model, MOOD, Training(learning_rate=1e-2), steps=1, truth=TRUTH)
    model.fit(batch(fields), {"mood": TRUTH}, epochs=2, verbose=0)
    for layer, old in zip(backbone.layers, before, strict=True):
        moved = any(
            np.abs(np.asarray(w) - o).max() > 0 for w, o in zip(layer.weights, old, strict=True)
        )
        assert moved == layer.name.startswith(("layer13", "layer14")), layer.name
