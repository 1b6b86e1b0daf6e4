"""Weights out of a wheel: made here in the published layout, and asked of the real pip offline."""

import zipfile

import numpy as np
import pytest
import tensorflow as tf

import hub_models

MSD = hub_models.get("musicnn_msd")


@pytest.fixture
def arrays(hub_cache):
    """Random weights under the published names."""
    with np.load(hub_cache / "hub" / "musicnn_msd" / "weights.npz") as stored:
        return dict(stored)


@pytest.fixture
def unpacked(arrays, tmp_path):
    """An unpacked wheel: a checkpoint whose files have no stem, slots of its optimiser in it."""
    folder = tmp_path / "unpacked" / MSD.package.folder
    folder.mkdir(parents=True)
    slots = {f"{name}/Adam": array for name, array in arrays.items()}
    stored = {**arrays, **slots, "beta1_power": np.float32(0.9)}
    tf.raw_ops.SaveV2(
        prefix=str(tmp_path / "saved"),
        tensor_names=list(stored),
        shape_and_slices=[""] * len(stored),
        tensors=list(stored.values()),
    )
    for file in (".index", ".data-00000-of-00001"):
        (tmp_path / f"saved{file}").rename(folder / file)
    info = tmp_path / "unpacked" / "musicnn-0.1.0.dist-info"
    info.mkdir()
    (info / "LICENSE.md").write_text("ISC, of nobody")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: musicnn\nVersion: 0.1.0\n")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    (info / "RECORD").write_text("")
    return tmp_path / "unpacked"


@pytest.fixture
def wheel(unpacked, tmp_path):
    """The wheel of it, with a file that would like to lie elsewhere."""
    path = tmp_path / "links" / MSD.package.wheel
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as file:
        for each in sorted(unpacked.rglob("*")):
            if each.is_file():
                file.write(each, each.relative_to(unpacked))
        file.writestr(f"{MSD.package.folder}/../../../evil.index", b"not here")
    return path


@pytest.fixture
def pip_offline(monkeypatch, tmp_path):
    """pip looks for packages in the folder of the wheel alone."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "links"))


def test_a_wheel_its_folder_a_checkpoint_and_an_npz_are_the_same_weights(
    arrays, wheel, unpacked, tmp_path
):
    checkpoint = tmp_path / "elsewhere"
    checkpoint.mkdir()
    for file in (unpacked / MSD.package.folder).iterdir():
        (checkpoint / f"mine.ckpt{file.name}").write_bytes(file.read_bytes())
    np.savez(tmp_path / "mine.npz", **arrays)
    prints = set()
    for source in (
        *(wheel, unpacked, unpacked / "musicnn", unpacked / MSD.package.folder),
        *(checkpoint / "mine.ckpt", checkpoint / "mine.ckpt.index"),
    ):
        placed = hub_models.add("musicnn_msd", source)
        with np.load(placed) as stored:
            assert set(stored) == set(arrays)  # no slots
            for name, array in arrays.items():
                np.testing.assert_array_equal(stored[name], array)
        prints.add(hub_models.fingerprint("musicnn_msd"))
    assert len(prints) == 1 and not list(tmp_path.rglob("evil*"))
    assert (placed.parent / "LICENSE.md").read_text() == "ISC, of nobody"
    assert hub_models.add("musicnn_msd", tmp_path / "mine.npz") == placed
    waveform = np.random.default_rng(3).uniform(-0.3, 0.3, (1, 50_000)).astype(np.float32)
    tags = hub_models.build("musicnn_msd", outputs=("tags",))(waveform)["tags"]
    assert tags.shape == (1, 1, 50)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda path: path.write_bytes(b"no zip"), "is damaged, or incomplete"),
        (lambda path: path.unlink(), "is not a file with weights of musicnn_msd"),
        (lambda path: zipfile.ZipFile(path, "w").close(), "holds no checkpoint of musicnn_msd"),
    ],
)
def test_what_holds_no_weights_is_refused(wheel, damage, told):
    damage(wheel)
    with pytest.raises(hub_models.HubError, match=f"{wheel.name} {told}|{wheel.name}: it {told}"):
        hub_models.add("musicnn_msd", wheel)
    assert not hub_models.is_cached("musicnn_msd")


def test_a_checkpoint_of_another_network_is_refused(unpacked):
    wrong = np.zeros((7, 38, 1, 3), np.float32)
    tf.raw_ops.SaveV2(
        prefix=str(unpacked / "other"),
        tensor_names=["conv2d/kernel"],
        shape_and_slices=[""],
        tensors=[wrong],
    )
    with pytest.raises(hub_models.HubError, match="no variable 'batch_normalization/beta'"):
        hub_models.add("musicnn_msd", unpacked / "other")


def test_pip_is_asked_and_another_wheel_of_that_name_is_refused(wheel, pip_offline):
    with pytest.raises(hub_models.HubError, match="SHA-256 .* and the published one f38a4890"):
        hub_models.fetch("musicnn_msd")
    assert not hub_models.is_cached("musicnn_msd")


def test_where_pip_cannot_the_error_says_so_and_what_to_do(pip_offline, tmp_path):
    with pytest.raises(hub_models.HubError, match=r"pip could not .*musicnn==0\.1\.0") as error:
        hub_models.fetch("musicnn_mtt")
    assert f"kerasfeat hub add musicnn_mtt {MSD.package.wheel}" in str(error.value)


def test_the_published_wheel_is_fetched_by_its_users_pip(musicnn_wheel, pip_offline, monkeypatch):
    monkeypatch.setenv("PIP_FIND_LINKS", str(musicnn_wheel.parent))
    placed = hub_models.fetch("musicnn_mtt")
    assert placed.stat().st_size < 4e6
    assert "Universitat Pompeu Fabra" in (placed.parent / "LICENSE.md").read_text()
    assert {entry.name for entry in hub_models.listing() if entry.path} == {"musicnn_mtt"}
