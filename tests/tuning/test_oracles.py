"""keras-tuner's oracles with a trial that takes no time: what the search's trials are is asked of
them, what they score does not matter.
"""

import json
import math
import shutil

import pytest
from keras_tuner.engine.trial import TrialStatus

from kerasfeat.choices import TUNERS
from kerasfeat.search_ranges import Choices
from tuning import durable
from tuning.spaces import Dimension


def score(values):
    return abs(math.log10(values["rate"]) + 2) + values["units"] / 100


def end(oracle, trial, status=TrialStatus.COMPLETED):
    if status == TrialStatus.COMPLETED:
        oracle.update_trial(trial.trial_id, {"log_loss": score(trial.hyperparameters.values)})
    trial.status = status
    oracle.end_trial(trial)


def run(oracle, tuner_id="one"):
    """Run a search to its end; returns the trials' ids in order."""
    seen = []
    while (trial := oracle.create_trial(tuner_id)).status != TrialStatus.STOPPED:
        seen.append(trial.trial_id)
        end(oracle, trial)
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("tuner", TUNERS)
def test_after_a_kill_at_any_write_the_search_ends_with_every_trial_once(
    tuner, oracle_in, tmp_path, monkeypatch
):
    kills = []
    write = durable.write_json

    def write_and_remember(path, value):
        write(path, value)
        kills.append(shutil.copytree(tmp_path / "search", tmp_path / "kills" / str(len(kills))))

    monkeypatch.setattr(durable, "write_json", write_and_remember)
    whole = oracle_in(tuner, tmp_path / "search", max_trials=4)
    run(whole)
    monkeypatch.setattr(durable, "write_json", write)
    assert len(kills) >= 4 * 5
    # A Gaussian process takes a second.
    for folder in kills[:: 12 if tuner == "bayesian" else 1]:
        oracle = oracle_in(tuner, folder, max_trials=4)
        done = {name for name in oracle.end_order}
        again = run(oracle)
        assert not done & set(again) and len(again) == len(set(again))
        assert sorted(oracle.end_order) == sorted(whole.end_order) == sorted(oracle.trials)
        for trial in oracle.trials.values():
            (observation,) = trial.metrics.get_history("log_loss")
            assert trial.status == "COMPLETED" and observation.value == [
                score(trial.hyperparameters.values)
            ]


@pytest.mark.parametrize("tuner", TUNERS)
def test_the_first_trial_has_the_defaults_and_no_values_are_tried_twice(tuner, oracle_in, tmp_path):
    oracle = oracle_in(tuner, tmp_path / "search", max_trials=5)
    run(oracle)
    tried = [
        {k: v for k, v in t.hyperparameters.values.items() if "/" not in k}
        for t in oracle.trials.values()
    ]
    assert tried[0] == {"units": 8, "rate": 1e-3, "kind": "a"}
    fresh = [
        values
        for values, t in zip(tried, oracle.trials.values(), strict=True)
        if not t.hyperparameters.values.get("tuner/trial_id")
    ]
    assert len({json.dumps(values) for values in fresh}) == len(fresh)


def test_a_grid_has_every_combination_once_and_its_workers_need_not_wait(oracle_in, tmp_path):
    space = {
        "rate": Dimension(Choices((0.1, 0.2, 0.4)), 0.2),
        "units": Dimension(Choices((5, 7)), 7),
    }
    oracle = oracle_in("grid", tmp_path / "search", max_trials=None, space=space)
    running = [oracle.create_trial(f"worker{i}") for i in range(4)]
    assert [trial.status for trial in running] == ["RUNNING"] * 4
    for trial in running:
        end(oracle, trial)
    run(oracle)
    found = [
        tuple(trial.hyperparameters.values[name] for name in space)
        for trial in oracle.trials.values()
    ]
    assert found == [(0.2, 7), (0.2, 5), (0.1, 7), (0.1, 5), (0.4, 7), (0.4, 5)]


def test_three_failures_in_a_row_stop_the_search_and_it_can_go_on(oracle_in, tmp_path):
    oracle = oracle_in("random", tmp_path / "search")
    for status in ("COMPLETED", "FAILED", "FAILED", "COMPLETED", "FAILED", "FAILED"):
        end(oracle, oracle.create_trial("one"), status)
    assert oracle.stopped is None
    end(oracle, oracle.create_trial("one"), "FAILED")
    assert oracle.stopped == "failures" and oracle.create_trial("one").status == "STOPPED"
    again = oracle_in("random", tmp_path / "search", max_trials=9)
    assert run(again) == ["7", "8"]
    assert [again.trials[name].status for name in sorted(again.trials)].count("FAILED") == 5


def test_a_lost_workers_trial_has_failed_and_what_it_reports_later_counts_for_nothing(
    oracle_in, tmp_path
):
    oracle = oracle_in("bayesian", tmp_path / "search", max_trials=3)
    ended = []
    oracle.on_end = lambda trial: ended.append((trial.trial_id, trial.status))
    slow, quick = oracle.create_trial("slow"), oracle.create_trial("quick")
    oracle.lose("slow", "its process died (signal 9)")
    end(oracle, quick)
    slow.status = "COMPLETED"
    oracle.end_trial(slow)
    run(oracle)
    assert ended == [
        ("0", "FAILED"),
        ("1", "COMPLETED"),
        ("2", "COMPLETED"),
    ] and oracle.end_order == ["0", "1", "2"]
    assert oracle.tuner_ids == {"quick"} and not oracle.ongoing_trials
    assert (
        oracle_in("bayesian", tmp_path / "search", max_trials=3).trials["0"].message
        == "its process died (signal 9)"
    )


def test_a_trial_in_which_the_process_dies_again_and_again_is_given_up(oracle_in, tmp_path):
    for _ in range(durable.ATTEMPTS):
        oracle = oracle_in("random", tmp_path / "search", max_trials=2)
        assert oracle.create_trial("one").trial_id == "0"
    oracle = oracle_in("random", tmp_path / "search", max_trials=2)
    assert (
        oracle.trials["0"].status == "FAILED" and "died in it 3 times" in oracle.trials["0"].message
    )
    assert run(oracle) == ["1"]


def test_an_interrupted_trial_is_not_to_blame(oracle_in, tmp_path):
    for _ in range(durable.ATTEMPTS + 1):
        oracle = oracle_in("random", tmp_path / "search", max_trials=2)
        assert oracle.create_trial("one").trial_id == "0"
        oracle.interrupted()
    assert run(oracle_in("random", tmp_path / "search", max_trials=2)) == ["0", "1"]


def test_no_trial_starts_after_the_deadline_but_a_running_one_ends(oracle_in, tmp_path):
    oracle = oracle_in("random", tmp_path / "search")
    trial = oracle.create_trial("one")
    oracle.deadline = 0.0
    end(oracle, trial)
    assert run(oracle) == [] and oracle.stopped == "time" and oracle.end_order == ["0"]
    assert len(run(oracle_in("random", tmp_path / "search"))) == 6


def test_what_an_attempt_reported_before_a_kill_does_not_count(oracle_in, tmp_path):
    oracle = oracle_in("random", tmp_path / "search")
    trial = oracle.create_trial("one")
    oracle.update_trial(trial.trial_id, {"log_loss": 91.0})
    again = oracle_in("random", tmp_path / "search")
    trial = again.create_trial("one")
    end(again, trial)
    (observation,) = again.trials[trial.trial_id].metrics.get_history("log_loss")
    assert observation.value == [score(trial.hyperparameters.values)]
