"""Trainings beside the one that is kept learn nothing of the test songs either."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from kerasfeat.inference.predict import Predictor
from kerasfeat.targets.member_weights import by_squared_error

ONE = (
    *("--inputs", "features", "--set", "epochs=2", "--set", "batch_size=16"),
    *("--set", "units=6", "--set", "blocks=1", "--set", "submodels=1"),
)


def with_other(songs: pd.DataFrame, part: str) -> pd.DataFrame:
    """The table with other numbers and labels of the songs of a part."""
    chosen = songs["split"] == part
    other = songs.copy()
    other.loc[chosen, "energy"] = 1 - songs.loc[chosen, "energy"]
    other.loc[chosen, "loudness"] = -30.5
    other.loc[chosen, "mood"] = songs.loc[chosen, "mood"].map(
        {"calm": "sad", "happy": "calm", "sad": "happy"}
    )
    return other


def test_a_learning_curve_learns_of_no_test_song(
    table: pd.DataFrame, fit: Callable[..., Path]
) -> None:
    losses = {}
    for part in ("none", "test"):
        run = fit(with_other(table, part), part, "--task", "mood", *ONE, "--learning-curve")
        (logs,) = (run / "tensorboard").glob("learning-*/train")  # the half of 27 songs
        events = EventAccumulator(str(logs)).Reload()
        points = events.Tensors("loss/total")
        losses[part] = [float(make_ndarray(point.tensor_proto)) for point in points]
    assert len(losses["none"]) == 2
    assert losses["test"] == losses["none"]


def test_the_weights_of_a_stack_are_learnt_of_validation_songs_alone(
    table: pd.DataFrame,
    fit: Callable[..., Path],
    ended: Callable[..., Any],
    tmp_path: Path,
) -> None:
    learns = ("--task", "mood", *ONE, "--set", "epochs=12", "--set", "learning_rate=0.03")
    members = [fit(table, name, *learns, "--columns", name) for name in ("energy", "valence")]
    end = ended("combine", *members, "--by", "stack", "--out", tmp_path / "stack")
    told = re.search(r"weights for mood, by (\d+) validation songs: .* (\S+), .* (\S+)", end.err)
    checked = table[table["split"] == "validation"]
    answers = np.stack([Predictor(run).predict(checked).values for run in members])
    has = (checked["mood"].to_numpy()[:, None] == ["calm", "happy", "sad"]).astype(float)
    expected = by_squared_error(answers, has)
    assert told and int(told[1]) == len(checked)
    assert [float(told[2]), float(told[3])] == pytest.approx(expected.tolist(), abs=0.006)
