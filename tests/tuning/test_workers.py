"""The chief of workers on other machines, asked over the network by keras-tuner's own client."""

import os
import socket
import threading
import time

import grpc
import pytest
from keras_tuner.src.distribute.oracle_client import OracleClient

from kerasfeat import KerasfeatError
from tuning import roles, workers


@pytest.fixture
def address(monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    monkeypatch.setenv("KERASTUNER_ORACLE_PORT", str(port))


class Lead(threading.Thread):
    """A chief beside the test; `error` is what it ended with."""

    error = None

    def __init__(self, oracle, folder):
        super().__init__(daemon=True)
        self.arguments = oracle, folder

    def run(self):
        try:
            workers.lead(*self.arguments)
        except KerasfeatError as error:
            self.error = error


def client(oracle, monkeypatch, name):
    monkeypatch.setenv("KERASTUNER_TUNER_ID", name)
    return OracleClient(oracle)


def test_a_chief_gives_up_a_silent_worker_and_ends_when_the_others_know_that_all_is_done(
    oracle_in, tmp_path, monkeypatch, address
):
    monkeypatch.setattr(workers, "SILENCE_S", 0.7)
    oracle = oracle_in("random", tmp_path / "search", max_trials=3)
    lead = Lead(oracle, tmp_path / "search")
    lead.start()
    silent, steady = (client(oracle, monkeypatch, name) for name in ("silent", "steady"))
    assert silent.create_trial("silent").trial_id == "0"
    beat = tmp_path / "search" / "workers" / "silent"
    beat.parent.mkdir(parents=True)
    beat.touch()
    os.utime(beat, (time.time() + 3e7,) * 2)  # a clock has been set back since
    while (trial := steady.create_trial("steady")).status != "STOPPED":
        steady.update_trial(trial.trial_id, {"log_loss": 0.25})
        trial.status = "COMPLETED"
        steady.end_trial(trial)
    lead.join(30)
    assert not lead.is_alive() and lead.error is None
    assert [oracle.trials[name].status for name in "012"] == ["FAILED", "COMPLETED", "COMPLETED"]
    assert "gave no sign of life" in oracle.trials["0"].message


def test_an_error_at_the_chiefs_ends_it(oracle_in, tmp_path, monkeypatch, address):
    oracle = oracle_in("random", tmp_path / "search", max_trials=3)

    def no_space(trial):
        raise KerasfeatError("can't write trials.csv: No space left on device.")

    oracle.on_end = no_space
    lead = Lead(oracle, tmp_path / "search")
    lead.start()
    worker = client(oracle, monkeypatch, "worker1")
    trial = worker.create_trial("worker1")
    trial.status = "FAILED"
    with pytest.raises(grpc.RpcError):
        worker.end_trial(trial)
    lead.join(30)
    assert not lead.is_alive() and "No space left" in str(lead.error)


@pytest.mark.parametrize(("name", "role"), [("chief", roles.CHIEF), ("worker1", roles.WORKER)])
def test_the_environment_says_who_one_is(monkeypatch, address, name, role):
    monkeypatch.setenv("KERASTUNER_TUNER_ID", name)
    assert roles.role() == role


def test_half_an_environment_is_told(monkeypatch, address):
    monkeypatch.delenv("KERASTUNER_TUNER_ID", raising=False)
    with pytest.raises(KerasfeatError, match='"KERASTUNER_TUNER_ID" was not'):
        roles.role()


def test_without_the_environment_there_is_no_role(monkeypatch):
    monkeypatch.delenv("KERASTUNER_ORACLE_IP", raising=False)
    assert roles.role() is None
