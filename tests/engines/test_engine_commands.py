"""Commands say the same whichever engine does the work."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest


def test_without_ray_it_says_what_to_install(
    kerasfeat: Any, clips: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    ended = kerasfeat("extract", clips[0].parent, "--engine", "ray")
    assert ended.code == 1 and "pip install 'kerasfeat[ray]'" in ended.err


@pytest.mark.parametrize("option", ["--address=127.0.0.1:6379", "--worker-cpus=0.5"])
def test_options_of_ray_are_refused_without_it(kerasfeat: Any, option: str) -> None:
    ended = kerasfeat("describe", "nowhere", option)
    assert ended.code == 2 and "belong to --engine ray" in ended.err


@pytest.mark.slow
def test_descriptions_and_predictions_are_those_of_one_process(
    kerasfeat: Any, clips: list[Path], cluster: Any, run: Any
) -> None:
    ray = ("--engine", "ray", "--address", cluster.address, "--json")
    for command in (("predict", run.path), ("describe", "--run", run.path)):
        alone = kerasfeat(*command, clips[0].parent, "--json")
        other = kerasfeat(*command, clips[0].parent, *ray)
        rows, others = json.loads(alone.out), json.loads(other.out)
        assert len(rows) == len(others) == len(clips)
        for one, two in zip(rows, others, strict=True):
            assert one.keys() == two.keys()
            for name, value in one.items():
                wanted = pytest.approx(value, abs=1e-5) if isinstance(value, float) else value
                assert name == "probabilities" or two[name] == wanted


@pytest.mark.slow
def test_an_address_without_ray_is_refused(kerasfeat: Any, clips: list[Path]) -> None:
    pytest.importorskip("ray", reason="needs Ray: pip install 'kerasfeat[ray]'")
    ended = kerasfeat("extract", clips[0].parent, "--engine", "ray", "--address", "127.0.0.1:1")
    assert ended.code == 1 and "Ray can't be reached at 127.0.0.1:1" in ended.err
