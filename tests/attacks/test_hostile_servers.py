"""`kerasfeat predict --server` and servers that answer anything: the attack's own modes."""

import hostile_servers
import pytest

from kerasfeat.serving import rest


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(rest, "TIMEOUT_S", 0.5)
    monkeypatch.setattr(rest, "BACKOFF_S", 0.01)


@pytest.mark.parametrize("name", hostile_servers.MODES)
def test_a_hostile_answer_is_one_message(tmp_path, name):
    words = hostile_servers.write_song(tmp_path)
    assert hostile_servers.fault_of(hostile_servers.MODES[name], words) == ""


@pytest.mark.parametrize("name", hostile_servers.HEADS)
def test_a_head_of_no_answer_is_refused_at_once(tmp_path, monkeypatch, name):
    monkeypatch.setattr(rest, "TIMEOUT_S", 60)
    words = hostile_servers.write_song(tmp_path)
    assert hostile_servers.fault_of(hostile_servers.HEADS[name], words) == ""


def test_right_answers_are_printed(tmp_path, capsys):
    words = hostile_servers.write_song(tmp_path)
    right = hostile_servers.values([0.25, 0.75])
    with hostile_servers.serving(right) as url:
        hostile_servers.cli.main([*words, "--server", url], standalone_mode=False)
    assert capsys.readouterr().out.splitlines()[1].split() == ["line", "2", "sad", "0.250", "0.750"]


def test_songs_go_to_nobody_who_was_not_named(tmp_path):
    tally = hostile_servers.Tally("redirects")
    hostile_servers.redirects(tally, hostile_servers.write_song(tmp_path))
    assert tally.tried == 1 and not tally.fallen
