import pandas as pd


def test_fit_refuses_features_of_two_sources_unless_told(kerasfeat, songs, tmp_path):
    table = pd.read_csv(songs / "tracks.csv").drop(columns="audio")
    table.loc[:30, "source"] = "reccobeats"
    table.to_csv(tmp_path / "songs.csv", index=False)
    words = ["fit", "--task", "mood", "--data", tmp_path / "songs.csv", "--set", "epochs=1", "--set", "units=8", "--set", "blocks=1"]
    refused = kerasfeat(*words, "--out", tmp_path / "run")
    assert refused.code == 1 and "synthesised (39 songs), reccobeats (31 songs)" in refused.err and not (tmp_path / "run").exists()
    assert kerasfeat(*words, "--out", tmp_path / "run", "--mix-sources").code == 0
