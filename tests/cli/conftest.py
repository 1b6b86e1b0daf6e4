"""The command as its users meet it: what it prints on both streams, and its exit code."""

import sys
from dataclasses import dataclass

import pytest

from kerasfeat.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def kerasfeat(capfd, monkeypatch):
    """A function that runs the console script in this process with the words of a command line."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["kerasfeat", *map(str, words)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        captured = capfd.readouterr()
        return Ended(end.value.code or 0, captured.out, captured.err)

    return run


@pytest.fixture
def run(fused, monkeypatch):
    """The finished run on features and audio, with the cache in which its songs' audio inputs lie."""
    monkeypatch.setenv("KERASFEAT_CACHE", str(fused.path.parent / "cache"))
    return fused
