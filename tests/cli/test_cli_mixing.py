import pandas as pd
import pytest


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("fit", ()),
        pytest.param("tune", ("--over", "dropout", "--max-trials", "1"), marks=pytest.mark.slow),
    ],
)
def test_features_of_two_sources_are_refused_unless_told(
    kerasfeat, songs, tmp_path, command, options
):
    table = pd.read_csv(songs / "tracks.csv").drop(columns="audio")
    table.loc[:30, "source"] = "reccobeats"
    table.to_csv(tmp_path / "songs.csv", index=False)
    small = [word for pair in ("epochs=1", "units=8", "blocks=1") for word in ("--set", pair)]
    words = [
        command,
        "--task",
        "mood",
        "--data",
        tmp_path / "songs.csv",
        *small,
        *options,
        "--out",
        tmp_path / "out",
    ]
    refused = kerasfeat(*words)
    assert (
        refused.code == 1
        and "synthesised (39 songs), reccobeats (31 songs)" in refused.err
        and not (tmp_path / "out").exists()
    )
    assert kerasfeat(*words, "--mix-sources").code == 0
