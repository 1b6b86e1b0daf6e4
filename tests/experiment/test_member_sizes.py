"""How large the default model may be."""

import json

from kerasfeat.experiment import ensemble
from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.spec import Spec


def test_the_largest_members_are_left_out_and_told(songs, tmp_path, monkeypatch, capsys):
    given = Spec(task="valence", data=str(songs), inputs=("features",), members=("linear", "trees"))
    whole = fit(given, out=tmp_path / "whole")
    members = json.loads((whole / "metrics.json").read_text())["members"]
    assert members["extra trees"]["weight"] > 0
    monkeypatch.setattr(ensemble, "MOST_BYTES", 2e5)
    capsys.readouterr()
    small = fit(given, out=tmp_path / "small")
    assert "extra trees is left out: it would take" in capsys.readouterr().err
    members = json.loads((small / "metrics.json").read_text())["members"]
    assert members["extra trees"]["weight"] == 0
    sizes = [(run / "model.keras").stat().st_size for run in (whole, small)]
    assert sizes[1] < sizes[0]
