"""What a search learns from: its trials are scored on validation songs, never on test songs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

SMALL = ("epochs=1", "batch_size=16", "units=6", "blocks=1", "submodels=1")
SETS = [word for value in SMALL for word in ("--set", value)]
MOODS = {"calm": "sad", "happy": "calm", "sad": "happy"}


@pytest.mark.parametrize(
    "words",
    [
        ("--max-trials", "1"),
        pytest.param(("--max-trials", "3", "--folds", "2"), marks=pytest.mark.slow),
        pytest.param(("--max-trials", "3", "--tuner", "bayesian"), marks=pytest.mark.slow),
    ],
)
def test_trials_are_scored_on_validation_songs_alone(
    words: tuple[str, ...],
    table: pd.DataFrame,
    ended: Callable[..., Any],
    weights_of: Callable[[Path], dict[str, np.ndarray]],
    tmp_path: Path,
) -> None:
    def searched(name: str, chosen: pd.Series) -> tuple[pd.DataFrame, dict, dict[str, np.ndarray]]:
        other = table.copy()
        other.loc[chosen, "mood"] = table.loc[chosen, "mood"].map(MOODS)
        other.loc[chosen, "energy"] = 1 - table.loc[chosen, "energy"]
        other.loc[chosen, "tempo"] = 61.5
        out = tmp_path / name
        out.mkdir()
        other.to_csv(out / "songs.csv", index=False)
        given = ["tune", "--task", "mood", "--data", out / "songs.csv", "--split", "table"]
        given += ["--inputs", "features", "--over", "learning_rate,dropout", "--out", out]
        ended(*given, "--tuner", "random", *words, *SETS)
        (best,) = out.glob("*/best.json")
        (final,) = best.parent.glob("final-*")
        trials = pd.read_csv(best.parent / "trials.csv").drop(columns="seconds")
        return trials, json.loads(best.read_text()), weights_of(final)

    part = table["split"]
    trials, best, learnt = searched("as_it_is", part == "none")
    assert set(trials["status"]) == {"COMPLETED"}
    same_trials, same_best, same_learnt = searched("tested", part == "test")
    pd.testing.assert_frame_equal(same_trials, trials)
    assert same_best == best
    for name, weights in learnt.items():
        np.testing.assert_array_equal(same_learnt[name], weights, name)
    other_trials, *_ = searched("validated", part == "validation")
    assert (other_trials["log_loss"] != trials["log_loss"]).all()
