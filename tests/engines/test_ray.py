"""Ray gives what one process gives, and nothing less where a machine is lost."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.measures.input import Measures
from kerasfeat.engines import LOCAL, Engine
from kerasfeat.pipeline.extraction import Extracting, Extraction, together
from kerasfeat.pipeline.store import Store
from kerasfeat.ray_engine import Ray

pytestmark = pytest.mark.slow
LOGMEL = replace(frontends.get("logmel"), clip_s=0.7, n_fft=512, hop_samples=200, mels=13)
FRONTENDS = (LOGMEL, Measures())


def extracted(
    engine: Engine, clips: list[Path], store: Store, told: Callable[..., None], block: int = 3
) -> Extraction:
    """What became of the files."""
    work = Extracting(FRONTENDS, store, block=block)
    return together(engine.run(work, list(map(str, clips)), told))


def silent(*progress: object) -> None:
    """No progress."""


def test_stored_and_refused_are_what_one_process_gives(
    clips: list[Path], cluster: Any, tmp_path: Path
) -> None:
    alone, others = Store(tmp_path / "alone"), Store(tmp_path / "others")
    expected = extracted(LOCAL, clips, alone, silent)
    done: list[int] = []
    engine = Ray(cluster.address, workers=2, worker_cpus=0.5)
    result = extracted(engine, clips, others, lambda count, *rest: done.append(count))
    assert result == expected and result.extracted == 17
    assert len(result.failures) == 3 and "empty file" in str(result.failures)
    assert done == sorted(done) and done[-1] == len(clips) and len(done) > 5
    for frontend in FRONTENDS:
        for key in result.keys.values():
            np.testing.assert_array_equal(others.read(frontend, key), alone.read(frontend, key))
    again = extracted(engine, clips, others, silent)
    assert (again.extracted, again.cached) == (0, 17) and again.failures == expected.failures


def test_what_a_killed_node_had_is_done_by_another_once(
    clips: list[Path], cluster: Any, tmp_path: Path
) -> None:
    store, lost = Store(tmp_path / "store"), list(cluster.worker_nodes)

    def kill(done: int, *rest: object) -> None:
        if done >= 4 and lost:
            cluster.remove_node(lost.pop(), allow_graceful=False)

    result = extracted(Ray(cluster.address), clips, store, kill, block=1)
    assert not lost and len(result.keys) == 17 and len(result.failures) == 3
    for frontend in FRONTENDS:
        indexes = store.folder(frontend).glob("*.json")
        stored = [key for index in indexes for key in json.loads(index.read_text())["records"]]
        assert sorted(stored) == sorted(result.keys.values())
