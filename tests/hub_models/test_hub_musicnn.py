"""Our musicnn networks with the published weights, against the published graph."""

import json
import zipfile

import librosa
import numpy as np
import pytest
import soundfile
import soxr
import tensorflow as tf
from hub_assertions import assert_close

import hub_models

NAMES = ("musicnn_msd", "musicnn_mtt")
OUTPUTS = ("penultimate", "max_pool", "mean_pool", "tags")
# Where the published graph has them; the tags before their sigmoid.
IN_GRAPH = {
    "penultimate": "model/batch_normalization_10/batchnorm/add_1",
    "max_pool": "model/Max",
    "mean_pool": "model/moments/mean",
    "tags": "model/dense_1/BiasAdd",
}
PATCHES, IS_TRAINING = "model/Placeholder", "model/Placeholder_2"
both = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def unpacked(musicnn_wheel, tmp_path_factory):
    """The unpacked wheel."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(musicnn_wheel) as wheel:
        wheel.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def networks(musicnn_wheel, tmp_path_factory):
    """name -> our network with all outputs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASFEAT_CACHE", str(tmp_path_factory.mktemp("musicnn")))
        paths = {name: hub_models.add(name, musicnn_wheel) for name in NAMES}
    return {
        name: hub_models.build(name, weights=path, outputs=OUTPUTS) for name, path in paths.items()
    }


@pytest.fixture(scope="module")
def songs():
    """Two clips of 7.1 s, one of them loud: float32 [2, 113600], 444 frames."""
    draw, seconds = np.random.default_rng(23), np.arange(113_600) / 16_000
    chord = sum(np.sin(2 * np.pi * hz * seconds) for hz in (220, 277.2, 329.6, 1760))
    beat = np.exp(-20 * (seconds % 0.5)) * draw.normal(0, 1, len(seconds))
    quiet = 0.05 * chord * np.minimum(1, seconds) + 0.02 * beat
    return np.stack([quiet, 0.4 * chord + 0.8 * beat]).astype(np.float32)


def _patches(song):
    """[patches, 187, 96] of a song by librosa, the last one shifted back to end with it."""
    power = librosa.feature.melspectrogram(
        y=song, sr=16000, n_fft=512, hop_length=256, n_mels=96, pad_mode="constant"
    )
    frames = np.log10(1 + 10000 * power.T)  # [frames, 96]
    starts = [*range(0, len(frames) - 186, 187)]
    starts += [len(frames) - 187] if len(frames) - starts[-1] - 187 >= 19 else []
    return np.stack([frames[start : start + 187] for start in starts]).astype(np.float32)


def _run_published(folder, patches):
    """What the published graph makes of patches: its own operations, with its variables fed."""
    v1 = tf.compat.v1
    meta = v1.MetaGraphDef.FromString((folder / ".meta").read_bytes())
    for node in meta.graph_def.node:
        node.attr.pop("_output_shapes", None)
    graph_def = v1.graph_util.extract_sub_graph(meta.graph_def, list(IN_GRAPH.values()))
    for file in (".index", ".data-00000-of-00001"):
        (folder / f"model{file}").write_bytes((folder / file).read_bytes())
    variables = tf.train.load_checkpoint(str(folder / "model"))
    feeds = {f"{PATCHES}:0": patches, f"{IS_TRAINING}:0": False}
    for node in graph_def.node:
        if node.op == "VariableV2":
            feeds[f"{node.name}:0"] = variables.get_tensor(node.name)
    with v1.Graph().as_default() as graph, v1.Session(graph=graph) as session:
        tf.import_graph_def(graph_def, name="")
        found = session.run({name: f"{node}:0" for name, node in IN_GRAPH.items()}, feeds)
    found["tags"] = 1 / (1 + np.exp(-found["tags"]))
    return {name: values.reshape(len(patches), -1) for name, values in found.items()}


@both
def test_the_network_equals_the_published_graph(name, networks, unpacked, songs):
    ours = networks[name].predict(songs, verbose=0)
    folder = unpacked / hub_models.get(name).package.folder
    for number, song in enumerate(songs):
        published = _run_published(folder, _patches(song))
        assert published["tags"].shape == (3, 50) and np.ptp(published["tags"]) > 0.1
        assert_close({key: values[number] for key, values in ours.items()}, published, rtol=1e-5)


@both
def test_the_goldens_are_reached(name, networks, shared_data):
    path = shared_data.parent / "reference" / "musicnn_goldens.json"
    if not path.is_file():
        pytest.skip(f"needs {path.name}, which is not on this machine")
    seconds = np.arange(48_000) / 16_000
    stereo, rate = soundfile.read(shared_data / "emotify" / "audio" / "004.mp3", always_2d=True)
    signals = {
        "sine_440": 0.5 * np.sin(2 * np.pi * 440 * seconds),
        "noise_seed7": np.random.default_rng(7).normal(0, 0.1, 48_000),
        "silence": np.zeros(48_000),
        "emotify_004_first_9s": soxr.resample(stereo.mean(axis=1), rate, 16_000)[:144_000],
    }
    goldens = json.loads(path.read_text())
    for signal, waveform in signals.items():
        golden = goldens[signal][name.replace("musicnn_", "").upper() + "_musicnn"]
        ours = networks[name].predict(waveform[np.newaxis].astype(np.float32), verbose=0)
        found = {
            "tags_mean": ours["tags"][0].mean(axis=0),
            "logits_first_patch": np.log(ours["tags"][0, 0] / (1 - ours["tags"][0, 0])),
            "penultimate_mean_first5": ours["penultimate"][0].mean(axis=0)[:5],
            "max_pool_first5": ours["max_pool"][0, 0, :5],
            "mean_pool_first5": ours["mean_pool"][0, 0, :5],
        }
        assert len(ours["tags"][0]) == golden["patches"]
        for output, values in found.items():
            # A probability near 0 or 1 tells its logit less exactly.
            atol = 5e-4 if output.startswith("logits") else 1e-5
            np.testing.assert_allclose(values, golden[output], atol=atol, err_msg=output)


@both
def test_a_clip_does_not_depend_on_its_batch_mates_nor_on_how_it_is_run(name, networks, songs):
    network = networks[name]
    together = network.predict(songs, verbose=0)
    assert_close(hub_models.Extractor(network)(songs), together, rtol=1e-5)
    for number, song in enumerate(songs):
        alone = {key: values[0] for key, values in network(song[np.newaxis]).items()}
        assert_close(alone, {key: values[number] for key, values in together.items()}, rtol=1e-5)


def test_mixed_precision_stays_close(musicnn_wheel, networks, songs):
    placed = hub_models.add("musicnn_msd", musicnn_wheel)
    exact = networks["musicnn_msd"].predict(songs, verbose=0)
    for policy, tolerance in (("mixed_float16", 0.005), ("mixed_bfloat16", 0.05)):
        mixed = hub_models.build(
            "musicnn_msd", weights=placed, outputs=OUTPUTS, dtype=policy
        ).predict(songs, verbose=0)
        assert {values.dtype for values in mixed.values()} == {np.dtype("float32")}
        assert_close(mixed, exact, tolerance)


def test_an_export_answers_as_the_network(networks, songs, tmp_path):
    network = networks["musicnn_mtt"]
    network.export(tmp_path / "export", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "export"))
    assert_close(exported.serve(songs), network.predict(songs, verbose=0), rtol=1e-5)


def test_fine_tuning_has_the_published_number_of_parameters():
    network = hub_models.build("musicnn_msd", weights=None, outputs=("tags",))
    # 792,079 as published, of which each of 2460 normalised channels has 4 and here 2.
    assert network.count_params() == 792_079 - 2 * 2460
    tuned = hub_models.build("musicnn_msd", weights=None, trainable_from="dense")
    assert [layer.name for layer in tuned.layers if layer.trainable_weights] == [
        "dense",
        "batch_normalization_10",
    ]
