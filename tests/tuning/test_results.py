import json
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.evaluation.plots import render
from kerasfeat.search_ranges import Between, Choices
from tuning import plots
from tuning.importance import LEAST, importance, position
from tuning.report import noise
from tuning.results import best, reason
from tuning.results import rows as table
from tuning.spaces import Dimension
from tuning.trials import RESULT

SPACE = {
    "units": Dimension(Choices((16, 32, 64)), 32),
    "rate": Dimension(Between(1e-4, 1e-2, log=True), 1e-3),
    "share": Dimension(Between(0.0, 0.8), 0.2),
    "kind": Dimension(Choices(("a", "b")), "a"),
}


@pytest.fixture(scope="module")
def rows():
    """Forty trials whose loss depends on the rate alone, one of which failed."""
    draw = np.random.default_rng(1)
    found = []
    for trial in range(40):
        values = {
            "units": int(draw.choice((16, 32, 64))),
            "rate": float(10 ** draw.uniform(-4, -2)),
            "share": float(draw.uniform(0, 0.8)),
            "kind": str(draw.choice(("a", "b"))),
        }
        loss = (np.log10(values["rate"]) + 3) ** 2
        found.append(
            {
                "trial": f"{trial:02}",
                "status": "COMPLETED",
                "log_loss": loss,
                "low": loss - 0.1,
                "high": loss + 0.1,
                **values,
            }
        )
    found[7] |= {"status": "FAILED", "log_loss": None}
    return found


def test_what_mattered_is_found(rows):
    found = importance(rows, SPACE, "log_loss")
    assert list(found.shares)[0] == "rate" and found.shares["rate"][0] > 0.9
    assert sum(share for share, _ in found.shares.values()) == pytest.approx(1)
    assert 0.5 < found.explained < 1


def test_noise_is_said_to_explain_nothing(rows):
    draw = np.random.default_rng(2)
    noisy = [{**row, "log_loss": float(draw.normal())} for row in rows]
    assert importance(noisy, SPACE, "log_loss").explained < 0.2


def test_few_trials_or_equal_ones_say_nothing(rows):
    assert importance(rows[: LEAST - 1], SPACE, "log_loss") is None
    assert importance([{**row, "log_loss": 0.5} for row in rows], SPACE, "log_loss") is None


def test_the_position_of_a_value_within_its_range():
    assert [position(SPACE["units"], value) for value in (16, 32, 64)] == [0, 0.5, 1]
    assert [position(SPACE["rate"], value) for value in (1e-4, 1e-3, 1e-2)] == pytest.approx(
        [0, 0.5, 1]
    )
    assert position(SPACE["share"], 0.2) == pytest.approx(0.25)


def test_every_value_of_every_plot_is_drawn(rows, tmp_path):
    best = sorted(
        (row for row in rows if row["status"] == "COMPLETED"), key=lambda row: row["log_loss"]
    )[:10]
    parallel = render(
        "parallel", "title", "alt", plots.parallel(rows, SPACE, "log_loss", "min", best), tmp_path
    )
    assert all(
        f">{text}<" in parallel.svg
        for text in (
            "units",
            "rate",
            "kind",
            "log loss",
            "16",
            "64",
            "a",
            "b",
            f"{best[0]['log_loss']:.3f}",
        )
    )
    progress = render("progress", "title", "alt", plots.progress(rows, "log_loss", "min"), tmp_path)
    assert "best so far" in progress.svg
    shares = render(
        "importance", "title", "alt", plots.shares(importance(rows, SPACE, "log_loss")), tmp_path
    )
    assert "share of the importance" in shares.svg
    assert {path.name for path in tmp_path.iterdir()} == {
        "parallel.png",
        "progress.png",
        "importance.png",
    }


def test_the_noise_of_the_seed_is_pooled_over_trials():
    assert noise([{"deviation": 3.0}, {"deviation": 4.0}, {"deviation": None}]) == pytest.approx(
        np.sqrt(12.5)
    )
    assert noise([{"deviation": None}]) is None


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MemoryError(), "out of memory: MemoryError."),
        (
            tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor\nmore"),
            "out of memory: OOM when allocating tensor.",
        ),
        (
            KerasfeatError("training diverged in epoch 2: no number. Try less."),
            "training diverged in epoch 2: no number.",
        ),
        (ValueError(), "ValueError."),
    ],
)
def test_the_reason_of_a_failure_is_one_sentence(error, text):
    assert reason(error) == text


def test_the_best_trials_come_first_and_failed_ones_never(rows):
    done = sorted((row for row in rows if row["log_loss"] is not None), key=lambda row: row["low"])
    lowest = best(rows, SimpleNamespace(objective="log_loss", direction="min"), 3)
    assert lowest == done[:3]
    highest = best(rows, SimpleNamespace(objective="log_loss", direction="max"), 2)
    assert highest == done[:-3:-1]


def test_the_deviation_of_repeats_is_that_of_a_sample(oracle_in, tmp_path):
    oracle = oracle_in("random", tmp_path)
    trial = oracle.create_trial("one")
    result = {"value": 0.5, "values": [0.25, 0.75], "interval": [0, 1], "epochs": {"": 3}}
    (tmp_path / f"trial_{trial.trial_id}" / RESULT).write_text(json.dumps(result))
    oracle.update_trial(trial.trial_id, {"log_loss": 0.5})
    trial.status = "COMPLETED"
    oracle.end_trial(trial)
    plan = SimpleNamespace(objective="log_loss", tuner="random", space={})
    (row,) = table(oracle, plan, tmp_path)
    assert row["deviation"] == pytest.approx(0.125**0.5)
