"""Our YAMNet network in use: gradients, fine-tuning, mixed precision, saving, export."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hub_assertions import assert_close
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
from tensorflow.python.framework import op_def_registry

import hub_models


def test_gradient_reaches_the_waveform(network, clips):
    waveform = tf.Variable(clips)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(network(waveform)["scores"])
    gradient = tape.gradient(total, waveform).numpy()
    assert np.isfinite(gradient).all()
    assert (np.abs(gradient).max(axis=1) > 0).all()


def test_fine_tuning_changes_the_rows_from_the_named_one_only(yamnet_saved_model, clips):
    backbone = hub_models.build(
        "yamnet", weights=yamnet_saved_model, trainable_from="layer12", samples=20800
    )
    head = keras.layers.Dense(2)(
        keras.layers.GlobalAveragePooling1D()(backbone.output["embedding"])
    )
    model = keras.Model(backbone.input, head)
    before = {layer.name: layer.get_weights() for layer in backbone.layers}
    model.compile("sgd", "mse")
    model.fit(clips, np.ones((3, 2)), epochs=1, verbose=0)
    pairs = {
        layer.name: zip(before[layer.name], layer.get_weights(), strict=True)
        for layer in backbone.layers
    }
    changed = {
        name for name, weights in pairs.items() if any((old != new).any() for old, new in weights)
    }
    assert changed == {
        f"layer{number}_{part}"
        for number in (12, 13, 14)
        for part in ("depthwise_conv", "pointwise_conv")
    }


def test_an_unknown_row_or_output_lists_the_known_ones():
    with pytest.raises(hub_models.HubError, match="unknown row 'layer99'.*layer14, dense"):
        hub_models.build("yamnet", weights=None, trainable_from="layer99")
    with pytest.raises(
        hub_models.HubError, match="unknown output .*'postprocessed'.*embedding, scores"
    ):
        hub_models.build("yamnet", weights=None, outputs=("postprocessed",))


def test_mixed_precision_stays_close_and_gives_float32(network, yamnet_saved_model, clips):
    mixed = hub_models.build(
        "yamnet",
        weights=yamnet_saved_model,
        outputs=("embedding", "scores"),
        dtype="mixed_bfloat16",
    )
    assert mixed.get_layer("layer7_pointwise_conv").compute_dtype == "bfloat16"
    got, wanted = mixed.predict(clips, verbose=0), network.predict(clips, verbose=0)
    assert got["embedding"].dtype == got["scores"].dtype == np.float32
    assert_close(got, wanted, rtol=0.05)  # 27 layers in 8 bits of mantissa


def test_saved_model_file_reloads_in_safe_mode(network, clips, tmp_path):
    network.save(tmp_path / "network.keras")
    reloaded = keras.saving.load_model(tmp_path / "network.keras", safe_mode=True)
    assert_close(reloaded.predict(clips, verbose=0), network.predict(clips, verbose=0), rtol=1e-6)


def test_export_uses_stock_operations_only(network, clips, tmp_path):
    network.export(tmp_path / "export", verbose=False)
    stored = (
        SavedModel.FromString((tmp_path / "export" / "saved_model.pb").read_bytes())
        .meta_graphs[0]
        .graph_def
    )
    functions = {function.signature.name for function in stored.library.function}
    used = {
        node.op
        for nodes in (stored.node, *(f.node_def for f in stored.library.function))
        for node in nodes
    } - functions
    assert {"RFFT", "Conv2D", "DepthwiseConv2dNative"} <= used
    assert not used & {"PyFunc", "EagerPyFunc", "PyFuncStateless"}
    assert [name for name in used if op_def_registry.get(name) is None] == []
    reloaded = tf.saved_model.load(str(tmp_path / "export"))
    assert_close(reloaded.serve(clips), network.predict(clips, verbose=0), rtol=1e-5)


def test_parameter_count():
    assert hub_models.build("yamnet", weights=None, outputs=("scores",)).count_params() == 3_729_481


def test_extractor_gives_what_the_network_gives(network, clips):
    assert_close(hub_models.Extractor(network)(clips), network.predict(clips, verbose=0), rtol=1e-5)
