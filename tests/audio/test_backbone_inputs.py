"""What YAMNet and VGGish hear, as inputs."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import stand_in

import hub_models
from kerasfeat import KerasfeatError
from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.frontends.backbones import default_audio, finetuning
from kerasfeat.fields import DIMS, PATCHES
from kerasfeat.pipeline.store import Store

NOISE = (
    np.random.default_rng(11).uniform(-0.5, 0.5, (3, 41_000)).astype("float32")
)  # at 2.5625 s: 5 patches of YAMNet, 2 of VGGish


@pytest.mark.parametrize(
    ("name", "backbone", "output"),
    [("yamnet", "yamnet", "embedding"), ("yamnet_scores", "yamnet", "scores")],
)
def test_the_input_is_what_the_backbone_says_of_each_clip(backbones, name, backbone, output):
    frontend = replace(frontends.get(name), clip_s=2.5625)
    assert frontend.field.axes == (PATCHES, DIMS) and frontend.patches == 5
    expected = hub_models.build(backbone, outputs=(output,))(NOISE)[output]
    np.testing.assert_allclose(frontend(NOISE), expected, atol=1e-4)


def test_patches_are_what_the_backbone_reads(backbones):
    heard, read = (
        replace(frontends.get("vggish"), clip_s=2.5625),
        replace(frontends.get("vggish_patches"), clip_s=2.5625),
    )
    assert read.field.shape == (2, 96, 64)
    network = hub_models.build("vggish", inputs="patches")
    np.testing.assert_allclose(
        network(read(NOISE))["embedding"], heard(NOISE), rtol=1e-3, atol=1e-3
    )


@pytest.mark.parametrize(
    ("name", "parameters", "told"),
    [
        ("yamnet", {"sample_rate_hz": 22_050}, "16000 Hz, not 22050"),
        ("vggish", {"clip_s": 0.97}, "at least 0.975 s, not 0.97"),
        ("vggish_patches", {"clip_s": 0.5}, "at least 0.975 s"),
    ],
)
def test_what_a_backbone_can_not_read_is_refused(name, parameters, told):
    with pytest.raises(KerasfeatError, match=told):
        replace(frontends.get(name), **parameters)


def test_without_weights_the_error_says_how_to_get_them():
    with pytest.raises(KerasfeatError, match="kerasfeat hub fetch yamnet"):
        frontends.get("yamnet")(NOISE)


def test_results_of_other_weights_are_kept_apart(tmp_path, monkeypatch):
    store, frontend = Store(tmp_path / "store"), replace(frontends.get("yamnet"), clip_s=2.5625)
    folders, sounds = set(), []
    for seed in (1, 2):
        np.savez(tmp_path / f"{seed}.npz", **stand_in.random_yamnet(seed))
        hub_models.add("yamnet", tmp_path / f"{seed}.npz")
        folders.add(store.folder(frontend))
        sounds.append(frontend(NOISE).numpy())
    assert len(folders) == 2
    assert np.abs(sounds[0] - sounds[1]).max() > 1e-3


def test_audio_is_read_by_the_best_backbones_that_are_here(
    backbones, capsys, tmp_path, monkeypatch
):
    monkeypatch.setenv("KERASFEAT_CACHE", str(tmp_path))
    for added, chosen, offered in (
        (None, ("logmel",), ("musicnn_msd", "musicnn_mtt")),
        ("yamnet", ("yamnet",), ("musicnn_msd", "musicnn_mtt")),
        ("musicnn_msd", ("musicnn_msd",), ("musicnn_mtt",)),
        ("musicnn_mtt", ("musicnn_msd", "musicnn_mtt", "mfcc"), ()),
    ):
        if added:
            shutil.copytree(backbones / "hub" / added, tmp_path / "hub" / added)
        assert default_audio(few_songs=True) == chosen
        told = capsys.readouterr().err
        assert told.startswith(f"audio is read as {', '.join(chosen)}.")
        assert told.count("\n") == 1 and told.count("kerasfeat hub") == len(offered)
        for name in offered:
            assert f"{name} is not on this machine: it gives 50 tags" in told
            assert f"kerasfeat hub fetch {name}" in told
    assert default_audio(few_songs=False) == ("musicnn_msd", "musicnn_mtt")


def test_finetuning_names_a_backbone_and_one_of_its_layers():
    assert finetuning("yamnet:layer13") == ("yamnet_patches", "layer13")
    assert finetuning("vggish:fc2") == ("vggish_patches", "fc2")
    for text, told in [
        ("yamnett:layer1", "unknown backbone 'yamnett'. Did you mean yamnet"),
        ("yamnet:layer15", "unknown layer of yamnet to train from 'layer15'. Did you mean layer"),
        ("yamnet", "Known: layer1, layer10"),
        ("yamnet:dense", "unknown layer"),  # the classes' own layer, which embeddings don't pass
        ("", "unknown backbone ''"),
    ]:
        with pytest.raises(KerasfeatError, match=told):
            finetuning(text)
