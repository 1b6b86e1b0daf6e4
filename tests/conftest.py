"""What every test shares: real data where it lies beside the project, a cache of its own, and no
network.
"""

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import pytest
import stand_in
from browser import Browser, program

import hub_models
from kerasfeat.cli import main
from kerasfeat.datasets import demo
from kerasfeat.songs.problems import describe

QUICK = {"epochs": "3", "patience": "2", "clip_s": "3", "logmel.mels": "24"}
ROWS = """track_id,title,artist,danceability,energy,key,mode,tempo,duration_ms,mood
a1,One,Ann,0.5,0.9,0,1,120,200000,happy
b2,Two,Bob,0.25,0.1,11,0,90.5,4000,sad
c3,Three,"Tyler, The Creator",1,0,5,1,60,300000,calm
"""
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real data that lies beside the project; its users skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("needs the real data in ../shared/data, which is not on this machine")
    return SHARED


@pytest.fixture(autouse=True)
def own_cache(monkeypatch):
    """No test reads or fills the user's cache, or TensorFlow Hub's, or leaves one behind."""
    with tempfile.TemporaryDirectory(prefix="kerasfeat-test-") as cache:
        monkeypatch.setenv("TFHUB_CACHE_DIR", str(Path(cache) / "tfhub"))
        monkeypatch.setenv("KERASFEAT_CACHE", str(Path(cache) / "kerasfeat"))
        yield


@pytest.fixture(scope="session")
def hub_cache(tmp_path_factory):
    """A cache that holds every backbone with random weights."""
    cache = tmp_path_factory.mktemp("hub_cache")
    for backbone in hub_models.backbones:
        stand_in.write_random_weights(cache / "hub" / backbone.name, backbone)
    return cache


@pytest.fixture
def backbones(hub_cache, monkeypatch):
    """Runs the test with that cache."""
    monkeypatch.setenv("KERASFEAT_CACHE", str(hub_cache))
    return hub_cache


@pytest.fixture
def rows():
    """A clean table of three songs, as the text of a CSV file."""
    return ROWS


@pytest.fixture
def table(tmp_path):
    """A function that writes a table and gives its path."""

    def write(content, name="songs.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def told():
    """A function that gives what is told about a table's problems."""
    return lambda tracks: "\n".join(describe(tracks.problems))


@pytest.fixture(scope="session")
def musicnn_wheel(tmp_path_factory):
    """The published wheel of musicnn, which pip fetches once; its users skip where it can't."""
    from hub_models import packages

    backbone = hub_models.get("musicnn_msd")
    try:
        return packages.download(backbone, backbone.package, tmp_path_factory.mktemp("wheel"))
    except hub_models.HubError as error:
        pytest.skip(f"needs musicnn's published weights: {error}")


@pytest.fixture(scope="session")
def songs(tmp_path_factory):
    """A small synthesised corpus: 70 songs with audio, features, and every label."""
    return demo.render(tmp_path_factory.mktemp("songs") / "demo", seed=5, songs=70)


@pytest.fixture(scope="session")
def fused(songs, tmp_path_factory):
    """A finished run on features and audio; its cache lies beside it."""
    from kerasfeat.experiment.fit import fit
    from kerasfeat.experiment.spec import Spec

    folder = tmp_path_factory.mktemp("fused")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASFEAT_CACHE", str(folder / "cache"))
        return fit(
            Spec(members=("network",), task="mood", data=str(songs), hyperparameters=QUICK),
            out=str(folder / "run"),
        )


@pytest.fixture(scope="session")
def tabular(songs, tmp_path_factory):
    """A finished run on features alone, of two targets."""
    from kerasfeat.experiment.fit import fit
    from kerasfeat.experiment.spec import Spec

    small = {"epochs": "2", "units": "8", "blocks": "1"}
    out = str(tmp_path_factory.mktemp("tabular") / "run")
    return fit(
        Spec(
            members=("network",),
            task="attributes",
            targets=("energy", "valence"),
            data=str(songs),
            inputs=("features",),
            hyperparameters=small,
        ),
        out=out,
    )


@pytest.fixture(scope="session")
def labelled(songs, tmp_path_factory):
    """A finished run on features and audio that gives a song any number of genres; its cache lies
    beside it.
    """
    from kerasfeat.experiment.fit import fit
    from kerasfeat.experiment.spec import Spec

    folder = tmp_path_factory.mktemp("labelled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASFEAT_CACHE", str(folder / "cache"))
        return fit(
            Spec(members=("network",), task="genres", data=str(songs), hyperparameters=QUICK),
            out=str(folder / "run"),
        )


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A headless Chromium."""
    if program() is None:
        pytest.skip("needs Chromium, which is not on this machine")
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="session")
def screens(tmp_path_factory):
    """Where screenshots go; KERASFEAT_SCREENSHOTS keeps them."""
    path = Path(os.environ.get("KERASFEAT_SCREENSHOTS") or tmp_path_factory.mktemp("screens"))
    path.mkdir(parents=True, exist_ok=True)
    return path


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def kerasfeat(capfd, monkeypatch):
    """A function that runs the console script in this process with the words of a command line."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["kerasfeat", *map(str, words)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        captured = capfd.readouterr()
        return Ended(end.value.code or 0, captured.out, captured.err)

    return run


@pytest.fixture
def run(fused, monkeypatch):
    """The finished run on features and audio, with the cache that holds its audio inputs."""
    monkeypatch.setenv("KERASFEAT_CACHE", str(fused.path.parent / "cache"))
    return fused


def pytest_collection_modifyitems(items):
    if os.environ.get("KERASFEAT_NETWORK_TESTS") == "1":
        return
    for item in items:
        if "network" in item.keywords:
            item.add_marker(
                pytest.mark.skip(
                    reason="reaches the network; set KERASFEAT_NETWORK_TESTS=1 to run it"
                )
            )
