import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from tenacity import retry, stop_after_attempt

RATE_HZ = 22_050
NODE = {"num_cpus": 1, "object_store_memory": 80_000_000}


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    """17 sounds of unlike lengths, and three files that are none; some have unusual names."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for clip in range(17):
        noise = np.random.default_rng(clip).uniform(-0.5, 0.5, RATE_HZ * (clip % 5 + 2) // 3)
        soundfile.write(folder / f"clip{clip:02}.flac", noise, RATE_HZ)
    (folder / "clip03.flac").rename(folder / os.fsdecode(b"cl\xefp, 3.flac"))
    (folder / "empty.mp3").touch()
    (folder / "page.mp3").write_text("<!DOCTYPE html> not what was asked for")
    (folder / "noise.ogg").write_bytes(np.random.default_rng(5).bytes(2345))
    return sorted(folder.iterdir())


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Ray with two nodes of one CPU on this machine."""
    pytest.importorskip("ray", reason="needs Ray: pip install 'kerasfeat[ray]'")
    # A busy machine may be slow, and would let Ray's workers wait for all else.
    os.environ.update(RAY_raylet_start_wait_time_s="120", RAY_worker_niceness="0")
    cluster = started()
    yield cluster
    cluster.shutdown()


@retry(stop=stop_after_attempt(3), reraise=True)
def started() -> Any:
    """Two nodes; again where Ray's own processes were too slow for each other (ray#65983)."""
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    try:
        cluster.add_node(**NODE, **ports(), include_dashboard=False)
        cluster.add_node(**NODE, **ports())
    except BaseException:
        cluster.shutdown()
        raise
    return cluster


def ports() -> dict[str, int]:
    """Free ports for what a node otherwise waits 15 s to be told, and then ends:
    https://github.com/ray-project/ray/issues/65983.
    """
    names = (
        "metrics_agent_port",
        "metrics_export_port",
        "dashboard_agent_listen_port",
        "runtime_env_agent_port",
    )
    with ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(socket.socket()) for _ in names]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        numbers = [each.getsockname()[1] for each in sockets]
    return dict(zip(names, numbers, strict=True))
