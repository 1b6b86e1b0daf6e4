import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from kerasfeat.experiment import learning_curve
from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.folds import Split
from kerasfeat.experiment.spec import Spec
from kerasfeat.experiment.training import Experiment
from kerasfeat.targets import Multiclass


@pytest.mark.slow
def test_learning_curve_ends_with_the_runs_own_score(songs, tmp_path):
    small = {"epochs": "2", "units": "8", "blocks": "1"}
    run = fit(
        Spec(
            members=("network",),
            task="mood",
            data=str(songs),
            inputs=("features",),
            hyperparameters=small,
            learning_curve=True,
        ),
        out=str(tmp_path / "run"),
    )
    metrics = json.loads((run / "metrics.json").read_text())
    rows, trained = metrics["learning_curve"], metrics["split"]["sizes"]["train"]
    # An eighth of these songs is too few.
    assert [row["songs"] for row in rows] == [
        trained // share for share in (8, 4, 2, 1) if trained // share >= 10
    ]
    assert (
        rows[-1]["value"] == metrics["test"]["accuracy"]
        and rows[-1]["interval"] == metrics["test"]["ci95"]["accuracy"]
    )
    assert "Would more songs help?" in (run / "report.html").read_text()
    assert {"artist_songs", "loudness", "genre"} <= set(pd.read_csv(run / "predictions.csv"))


def test_parts_of_the_songs_lie_within_each_other_and_keep_the_labels():
    y = np.repeat([0, 1, 2], [40, 20, 4])
    dataset = SimpleNamespace(y=y, target=Multiclass("mood", ("calm", "happy", "sad")))
    split = Split("1", np.array((["train"] * 7 + ["test"]) * 8))
    order = learning_curve._order(Experiment(None, dataset, None, None, seed=3), split)
    assert sorted(order) == sorted(split.of("train"))
    for share in (8, 4, 2):
        counts = np.bincount(y[order[: len(order) // share]], minlength=3)
        assert counts == pytest.approx(np.bincount(y[order]) / share, abs=1)
