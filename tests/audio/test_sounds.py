"""The words for what is heard: YAMNet's sounds and musicnn's tags."""

import shutil

import numpy as np
import pytest

import hub_models
from kerasfeat import KerasfeatError
from kerasfeat.audio.sounds import hear, naming_inputs

NOISE = np.random.default_rng(19).uniform(-0.5, 0.5, 80_000).astype("float32")  # 5 s


def heard_by(name: str) -> dict[str, float]:
    """What one backbone says of the noise, by its network."""
    output = hub_models.get(name).scores
    scores = hub_models.build(name, outputs=(output,))(NOISE[np.newaxis])[output]
    return dict(zip(hub_models.class_names(name), np.mean(scores[0], axis=0), strict=True))


def test_every_backbone_that_is_here_says_its_words(backbones):
    heard = hear(NOISE)
    msd, mtt, yamnet = (heard_by(name) for name in ("musicnn_msd", "musicnn_mtt", "yamnet"))
    assert heard.keys() == msd.keys() | mtt.keys() | yamnet.keys()
    assert list(heard.values()) == sorted(heard.values(), reverse=True)
    assert heard["happy"] == pytest.approx(msd["happy"], abs=1e-4)
    assert heard["sitar"] == pytest.approx(mtt["sitar"], abs=1e-4)
    assert heard["Sound, number 99"] == pytest.approx(yamnet["Sound, number 99"], abs=1e-4)
    assert heard["rock"] == pytest.approx((msd["rock"] + mtt["rock"]) / 2, abs=1e-4)


def test_one_backbone_alone_is_enough_and_none_is_told(backbones, tmp_path, monkeypatch):
    monkeypatch.setenv("KERASFEAT_CACHE", str(tmp_path))
    with pytest.raises(KerasfeatError, match="names what it hears") as error:
        hear(NOISE)
    for name in ("yamnet", "musicnn_msd", "musicnn_mtt"):
        assert f"kerasfeat hub fetch {name}" in str(error.value)
    shutil.copytree(backbones / "hub" / "musicnn_mtt", tmp_path / "hub" / "musicnn_mtt")
    assert list(naming_inputs()) == ["musicnn_mtt_tags"]
    assert set(hear(NOISE[:1_000])) == set(hub_models.class_names("musicnn_mtt"))
