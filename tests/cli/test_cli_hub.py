"""Backbones on the command line: their cache, training on what they hear, and naming it."""

import csv
import json

import numpy as np
import pytest
import soundfile
import stand_in

import hub_models

NAMES = ["--set", "epochs=2", "--set", "clip_s=3"]


@pytest.fixture
def few(tmp_path):
    """A folder of 24 sounds of two kinds, high tones and low ones, by 12 artists."""
    folder, rng = tmp_path / "few", np.random.default_rng(8)
    folder.mkdir()
    with (folder / "tracks.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["track_id", "artist", "audio", "mood"])
        for number in range(24):
            high = number % 2
            hz = rng.uniform(2000, 3000) if high else rng.uniform(100, 200)
            tone = 0.3 * np.sin(2 * np.pi * hz * np.arange(3 * 16_000) / 16_000) + rng.normal(
                0, 0.01, 3 * 16_000
            )
            soundfile.write(folder / f"{number}.wav", tone, 16_000)
            writer.writerow(
                [f"t{number}", f"artist {number // 2}", f"{number}.wav", "happy" if high else "sad"]
            )
    return folder


def test_the_cache_is_filled_and_listed(kerasfeat, tmp_path):
    listed = kerasfeat("hub", "list").out
    assert "not here" in listed and "yamnet is not on this machine: it gives 521 sounds" in listed
    weights = tmp_path / "mine.npz"
    np.savez(weights, **stand_in.random_yamnet())
    ended = kerasfeat("hub", "add", "yamnet", weights)
    assert ended.code == 0 and ended.out.startswith("yamnet: ")
    (line,) = (
        line for line in kerasfeat("hub", "list").out.splitlines() if line.startswith("yamnet")
    )  # and no other that offers it
    assert "MB" in line and "weights.npz" in line and "https://tfhub.dev/google/yamnet/1" in line


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("hub add yamnet nothing.npz", "nothing.npz is not there"),
        ("hub add yamnet broken.npz", "broken.npz: it is damaged"),
        ("hub add yamnet broken.h5", "broken.h5: it is damaged"),
        ("hub add yamnet vggish.npz", "layer1/conv"),
    ],
)
def test_weights_that_do_not_fit_are_refused_in_one_line(
    kerasfeat, tmp_path, monkeypatch, words, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 no archive")
    (tmp_path / "broken.h5").write_bytes(b"")
    np.savez(
        tmp_path / "vggish.npz", **{"vggish/conv1/weights": np.zeros((3, 3, 1, 64), "float32")}
    )
    ended = kerasfeat(*words.split())
    assert ended.code == 1 and "Traceback" not in ended.err
    assert message in ended.err.splitlines()[-1]
    assert "not here" in kerasfeat("hub", "list").out


def test_a_model_on_yamnet_trains_predicts_and_refuses_other_weights(
    kerasfeat, backbones, few, tmp_path, monkeypatch
):
    run = tmp_path / "run"
    yamnet = ["--members", "network", "--inputs", "yamnet"]
    assert (
        kerasfeat("fit", "--task", "mood", "--data", few, "--out", run, *yamnet, *NAMES).code == 0
    )
    state = json.loads((run / "run.json").read_text())
    assert len(state["weights"]["yamnet"]) == 64
    ended = kerasfeat(
        "predict", run, few / "3.wav", few / "nothing.wav", "--sounds", "4", "--format", "json"
    )
    good, bad = json.loads(ended.out)
    assert len(good["sounds"]) == 4 and list(good["sounds"].values()) == sorted(
        good["sounds"].values(), reverse=True
    )
    tags = {*hub_models.class_names("musicnn_msd"), *hub_models.class_names("musicnn_mtt")}
    assert all(name in tags or name.startswith("Sound, number ") for name in good["sounds"])
    assert bad["error"] == "no such file."
    first, second = list(good["sounds"])[:2]
    table = kerasfeat("predict", run, few / "3.wav", "--sounds", "2").out
    assert first.split()[0] in table and second.split()[0] in table

    monkeypatch.setenv("KERASFEAT_CACHE", str(tmp_path / "other"))
    ended = kerasfeat("predict", run, few / "3.wav")
    assert ended.code == 1 and "kerasfeat hub fetch yamnet" in ended.err
    np.savez(tmp_path / "other.npz", **stand_in.random_yamnet(5))
    assert kerasfeat("hub", "add", "yamnet", tmp_path / "other.npz").code == 0
    ended = kerasfeat("predict", run, few / "3.wav")
    assert ended.code == 1 and "was trained on yamnet with other weights" in ended.err


def test_both_of_musicnn_read_audio_by_default_window_by_window(
    kerasfeat, backbones, few, tmp_path
):
    run = tmp_path / "run"
    ended = kerasfeat(
        "fit", "--task", "mood", "--members", "linear", "--data", few, "--out", run, *NAMES
    )
    assert ended.code == 0 and "audio is read as musicnn_msd, musicnn_mtt, mfcc." in ended.err
    state = json.loads((run / "run.json").read_text())
    assert state["inputs"] == ["musicnn_msd", "musicnn_mtt", "mfcc"]
    assert sorted(state["weights"]) == ["musicnn_msd", "musicnn_mtt"]
    ended = kerasfeat("predict", run, few / "3.wav", "--timeline", "--format", "json")
    (song,) = json.loads(ended.out)
    assert [window["end_s"] for window in song["timeline"]] == [3.0]


@pytest.mark.slow
@pytest.mark.parametrize("layer", ["yamnet:layer14", "musicnn_mtt:dense"])
def test_a_finetuned_backbone_needs_no_cache_to_predict(
    kerasfeat, backbones, few, tmp_path, monkeypatch, layer
):
    run = tmp_path / "run"
    ended = kerasfeat(
        "fit", "--task", "mood", "--data", few, "--finetune", layer, "--out", run, *NAMES
    )
    assert ended.code == 0
    hyperparameters = json.loads((run / "run.json").read_text())["hyperparameters"]
    assert (
        hyperparameters["trainable_from"] == layer.split(":")[1]
        and hyperparameters["learning_rate"] == 1e-4
    )
    monkeypatch.setenv("KERASFEAT_CACHE", str(tmp_path / "empty"))
    (record,) = json.loads(kerasfeat("predict", run, few / "4.wav", "--format", "json").out)
    assert set(record["probabilities"]) == {"happy", "sad"}


def test_musicnn_is_fetched_with_pip_and_its_licence_told(
    kerasfeat, musicnn_wheel, few, monkeypatch
):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(musicnn_wheel.parent))
    ended = kerasfeat("hub", "fetch", "musicnn_msd")
    assert ended.code == 0 and ended.out.startswith("musicnn_msd: ")
    (told,) = (line for line in ended.err.splitlines() if "fetched" in line)
    assert "musicnn==0.1.0" in told and "50 tags" in told and told.endswith("Licence: ISC.")
    listed = kerasfeat("hub", "list").out
    assert "musicnn_msd is not" not in listed and "kerasfeat hub fetch musicnn_mtt" in listed
