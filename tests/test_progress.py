"""What long work says where there is no terminal; with one, that its bar works there."""

import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from kerasfeat import progress

CODE = """
from kerasfeat.progress import progress

with progress("counting", "sheep") as advance:
    advance(3, 13, "Dolly")
    advance(13, 13, "Molly [live] [/skit]")
"""


def test_plain_lines_tell_count_rate_and_time_left(capsys, monkeypatch):
    monkeypatch.setattr(progress, "PLAIN_INTERVAL_S", 0)
    with progress.progress("counting", "sheep") as advance:
        advance(3, 13, "Dolly")
        advance(7, 13)
    out, err = capsys.readouterr()
    assert out == ""
    first, second = err.splitlines()  # none of them twice
    assert re.fullmatch(r"counting: 3/13 sheep, \S+/s, \d+ s left, Dolly", first)
    assert re.fullmatch(r"counting: 7/13 sheep, \S+/s, \d+ s left", second)


def test_the_time_left_counts_what_was_done_now(capsys, monkeypatch):
    monkeypatch.setattr(progress, "PLAIN_INTERVAL_S", 0)
    clock = SimpleNamespace(monotonic=lambda: 100.0)
    monkeypatch.setattr(progress, "time", clock)
    with progress.progress("training", "epochs", begun=8) as advance:
        clock.monotonic = lambda: 120.0
        advance(9, 20)
    assert capsys.readouterr().err.splitlines()[0] == "training: 9/20 epochs, 0.05/s, 220 s left"


def test_the_time_left_is_by_the_rate_of_late(capsys, monkeypatch):
    """Files of the store are quick, and the first waits for networks: the others are neither."""
    monkeypatch.setattr(progress, "PLAIN_INTERVAL_S", 0)
    clock = SimpleNamespace(monotonic=lambda: 0.0)
    monkeypatch.setattr(progress, "time", clock)
    with progress.progress("describing", "songs") as advance:
        for second, done in ((20, 1), (25, 600), (35, 610), (65, 640), (75, 700)):
            clock.monotonic = lambda second=second: float(second)
            advance(done, 700)
    lines = capsys.readouterr().err.splitlines()
    assert lines[3] == "describing: 640/700 songs, 1/s, 60 s left"
    assert lines[4] == "describing: 700/700 songs, 9.33/s"  # of all


def test_work_in_between_is_silent_but_the_last_line_is_always_printed(capsys):
    with progress.progress("counting", "sheep") as advance:
        for done in range(1, 1001):
            advance(done, 1000, f"number {done}")
    (line,) = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"counting: 1000/1000 sheep, \S+/s, number 1000", line)


def test_nothing_done_says_nothing(capsys):
    with progress.progress("counting", "sheep"):
        pass
    assert capsys.readouterr() == ("", "")


def test_an_error_passes_through(capsys):
    with pytest.raises(ZeroDivisionError), progress.progress("counting", "sheep") as advance:
        advance(1, 5)
        raise ZeroDivisionError


def test_lines_go_to_stderr_of_a_process_without_a_terminal():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout == "" and "\r" not in done.stderr and "\x1b" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("counting: 13/13 sheep")


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_a_terminal_gets_a_bar_on_stderr():
    import pty

    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
    )
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.returncode == 0 and done.stdout == b""
    assert "counting" in shown and "13/13" in shown and "Molly [live] [/skit]" in shown


def test_work_inside_of_other_work_says_nothing(capsys):
    with progress.progress("outer", "songs") as outer:
        with progress.progress("inner", "files") as inner:
            inner(1, 2)
        outer(3, 3)
    said = capsys.readouterr().err
    assert "outer: 3/3 songs" in said and "inner" not in said
    with progress.progress("inner", "files") as inner:
        inner(2, 2)
    assert "inner: 2/2 files" in capsys.readouterr().err
