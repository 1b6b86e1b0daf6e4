import shutil

import pytest

from kerasfeat.data import demo
from kerasfeat.training.fit import Settings, fit

QUICK = {"epochs": "3", "patience": "2", "clip_s": "3", "logmel.mels": "24"}


@pytest.fixture(scope="session")
def songs(tmp_path_factory):
    """A small synthesised corpus: 70 songs with audio, features, and every label."""
    return demo.render(tmp_path_factory.mktemp("songs") / "demo", seed=5, songs=70)


@pytest.fixture(scope="session")
def fused(songs, tmp_path_factory):
    """A finished run on features and audio."""
    folder = tmp_path_factory.mktemp("fused")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASFEAT_CACHE", str(folder / "cache"))
        return fit(Settings(task="mood", data=str(songs), overrides=QUICK, out=str(folder / "run")))


@pytest.fixture
def copied(songs, tmp_path):
    """The corpus to be damaged."""
    return shutil.copytree(songs, tmp_path / "copy")
