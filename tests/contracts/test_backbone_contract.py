"""The contract of every backbone of hub_models, with random weights.

That it computes what the published one does is in tests/hub_models.
"""

import numpy as np
import pytest

import hub_models
from kerasfeat.audio.frontends import frontends

every_backbone = pytest.mark.parametrize(
    "backbone", list(hub_models.backbones), ids=lambda backbone: backbone.name
)


@every_backbone
def test_it_says_where_it_comes_from(backbone):
    assert backbone.handle.startswith("https://") and backbone.licence and backbone.reference
    rows = [row.name for row in backbone.rows]
    assert len(set(rows)) == len(rows)
    assert {output.row for output in backbone.outputs.values()} <= set(rows)
    assert "embedding" in backbone.outputs and bool(backbone.scores) == bool(backbone.classes)
    assert backbone.name in hub_models.offer(backbone.name) and backbone.gives
    if backbone.class_names:
        assert len(set(backbone.class_names)) == backbone.classes


@every_backbone
def test_its_patches_are_as_many_as_it_says(backbone):
    front_end = backbone.front_end
    least = front_end.min_samples
    for samples in (least - 1, least, least + 1, least + 3 * front_end.patch_hop_samples + 5):
        patches = hub_models.log_mel_patches(np.zeros((2, samples), np.float32), front_end)
        expected = (2, front_end.patches(samples), front_end.patch_frames, front_end.mels)
        assert patches.shape == expected


@every_backbone
def test_its_network_reads_waveforms_and_patches_alike(backbone, backbones):
    samples = backbone.front_end.min_samples + 2 * backbone.front_end.patch_hop_samples
    waveforms = np.random.default_rng(7).uniform(-0.5, 0.5, (2, samples)).astype(np.float32)
    outputs = tuple(backbone.outputs)
    found = hub_models.build(backbone.name, outputs=outputs)(waveforms)
    for output in outputs:
        shape = (2, backbone.front_end.patches(samples), backbone.outputs[output].size)
        assert found[output].shape == shape and np.isfinite(found[output]).all()
    patches = hub_models.log_mel_patches(waveforms, backbone.front_end)
    again = hub_models.build(backbone.name, inputs="patches")(patches)["embedding"]
    np.testing.assert_allclose(again, found["embedding"], rtol=1e-3, atol=1e-3)


@every_backbone
def test_it_trains_from_a_layer_on_or_not_at_all(backbone):
    whole = hub_models.build(backbone.name, trainable_from=backbone.groups[0], weights=None)
    learning = {layer.name for layer in whole.layers if layer.trainable_weights}
    assert learning == {layer.name for layer in whole.layers if layer.weights}
    for layer in whole.layers:
        layer.trainable = False
    frozen = hub_models.build(backbone.name, weights=None)
    assert frozen.trainable_weights == [] and frozen.count_params() == whole.count_params()


@every_backbone
def test_it_is_an_input_and_so_are_its_patches(backbone):
    assert {backbone.name, f"{backbone.name}_patches"} <= set(frontends.names())
    assert len(hub_models.listing()) == len(hub_models.names())
