"""An export of a model that hears through YAMNet or musicnn with the published weights."""

import json

import pytest
from serving_stand_in import StandIn

from kerasfeat.audio.decode import audio_files
from kerasfeat.datasets import demo


@pytest.fixture
def weights(request):
    """Where the published weights of the backbone `request.param` are."""
    if request.param == "yamnet":
        shared = request.getfixturevalue("shared_data")
        return request.param, shared / "yamnet" / "yamnet_dequantised.npz"
    return request.param, request.getfixturevalue("musicnn_wheel")


@pytest.mark.slow
@pytest.mark.parametrize("weights", ["yamnet", "musicnn_mtt"], indirect=True)
def test_a_model_of_a_backbone_is_exported_with_its_weights(
    weights, kerasfeat, tmp_path, monkeypatch
):
    monkeypatch.setenv("KERASFEAT_CACHE", str(tmp_path / "cache"))
    backbone, source = weights
    assert kerasfeat("hub", "add", backbone, source).code == 0
    songs = demo.render(tmp_path / "demo", seed=8, songs=22)
    small = [word for name in ("epochs=2", "clip_s=2") for word in ("--set", name)]
    fitted = kerasfeat(
        "fit",
        "--members",
        "network",
        "--task",
        "popularity",
        "--inputs",
        backbone,
        "--data",
        songs,
        "--out",
        tmp_path / "run",
        *small,
    )
    assert fitted.code == 0, fitted.err
    exported = kerasfeat("export", tmp_path / "run", tmp_path / "exports", "--name", "plays")
    assert exported.code == 0 and "wav_bytes" in exported.out, exported.err
    schema = json.loads(
        (tmp_path / "exports" / "plays" / "1" / "assets" / "schema.json").read_text()
    )
    assert (
        schema["sample_rate_hz"] == 16_000
        and schema["alone"] == ["audio"]
        and schema["outputs"] == ["popularity"]
    )
    files = audio_files(songs)[:3]
    wanted = json.loads(kerasfeat("predict", tmp_path / "run", *files, "--format", "json").out)
    server = StandIn(tmp_path / "exports")
    try:
        for there in (
            ["--server", f"{server.rest}/v1/models/plays"],
            ["--grpc", server.grpc, "--name", "plays"],
        ):
            got = json.loads(kerasfeat("predict", *there, *files, "--format", "json").out)
            # From 0 to 100: one part in 100,000 of the range.
            assert [song["popularity"] for song in got] == pytest.approx(
                [song["popularity"] for song in wanted], abs=1e-3
            )
    finally:
        server.close()
