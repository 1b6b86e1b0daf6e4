import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hub_models


def test_backbones_describe_themselves():
    assert {"musicnn_msd", "musicnn_mtt", "vggish", "yamnet"} <= set(hub_models.names())
    yamnet, vggish = hub_models.get("yamnet"), hub_models.get("vggish")
    assert (yamnet.patch_hop_s, yamnet.embedding_size, yamnet.classes) == (0.48, 1024, 521)
    assert (vggish.patch_hop_s, vggish.embedding_size, vggish.classes) == (0.96, 128, 0)
    for backbone in (yamnet, vggish):
        assert (backbone.sample_rate_hz, backbone.patch_s) == (16000, 0.96)
        assert backbone.handle.startswith("https://tfhub.dev/google/")
        assert backbone.licence == "Apache-2.0"
        assert "1609.09430" in backbone.reference


def test_musicnn_names_its_tags_and_outputs_without_weights():
    for name, known in (("musicnn_msd", "female vocalists"), ("musicnn_mtt", "no vocals")):
        backbone = hub_models.get(name)
        sizes = {output: its.size for output, its in backbone.outputs.items()}
        assert sizes["penultimate"] == 200 and sizes["max_pool"] == sizes["mean_pool"] == 753
        assert backbone.scores == "tags" and sizes["tags"] == backbone.classes == 50
        assert known in hub_models.class_names(name) and backbone.licence == "ISC"
        offer = hub_models.offer(name)
        assert f"kerasfeat hub fetch {name}" in offer and "50 tags" in offer and "ISC" in offer


def test_unknown_backbone_names_the_nearest():
    with pytest.raises(
        hub_models.HubError, match="unknown backbone 'yamnett'.*Did you mean yamnet"
    ):
        hub_models.get("yamnett")


@pytest.mark.parametrize("name", ["yamnet", "vggish"])
def test_front_end_counts_follow_from_the_published_seconds(name):
    front_end = hub_models.get(name).front_end
    assert (front_end.window_samples, front_end.hop_samples, front_end.fft_samples) == (
        400,
        160,
        512,
    )
    assert (front_end.patch_frames, front_end.mels, front_end.min_samples) == (96, 64, 15600)


@pytest.mark.parametrize(
    ("name", "samples", "patches"),
    [
        *(("vggish", 48000, 3), ("vggish", 15599, 0), ("vggish", 15600, 1), ("yamnet", 1, 1)),
        # 187 frames a patch; a rest of 19 is one more
        *(("musicnn_msd", 1, 1), ("musicnn_msd", 47_616, 1), ("musicnn_msd", 52_479, 1)),
        *(("musicnn_mtt", 52_480, 2), ("musicnn_mtt", 480_000, 10), ("musicnn_mtt", 80_000, 2)),
    ],
)
def test_patch_counts(name, samples, patches):
    assert hub_models.get(name).front_end.patches(samples) == patches


@given(samples=st.integers(0, 2_000_000))
def test_yamnet_padding_is_the_least_that_gives_whole_hops(samples):
    front_end = hub_models.get("yamnet").front_end
    padding = front_end.padding_samples(samples)
    assert (samples + padding - 15600) % 7680 == 0
    assert 0 <= padding < (7680 if samples > 15600 else 15601)
    assert front_end.patches(samples) == 1 + (samples + padding - 15600) // 7680


def test_descriptions_need_no_tensorflow():
    code = (
        "import sys, hub_models; hub_models.get('yamnet'); hub_models.listing(); "
        "print({'tensorflow', 'keras'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
