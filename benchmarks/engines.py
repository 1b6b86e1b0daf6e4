"""How many clips a second `kerasfeat extract` reads: in one process, and with Ray's workers.

    python benchmarks/engines.py [--clips N] [--clip-s S] [--input NAME]

`core s` is this process's processor time a clip, which other programs disturb less; of Ray's
workers it is not known. Clips are synthesised noise in Ogg Vorbis, which takes about as long to
decode as MP3. Ray's start (its processes, TensorFlow in each worker) is told apart: it is paid once
for however many songs.
With "a node killed" two nodes of one CPU begin, and one is killed after a quarter of the clips.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Two cores may be slow to start it, and its workers are no less than this process.
os.environ.update(RAY_raylet_start_wait_time_s="120", RAY_worker_niceness="0")

import numpy as np
import soundfile
from ray.cluster_utils import Cluster

from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.measures.input import Measures
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.engines import Engine, Local
from kerasfeat.pipeline.extraction import Extracting, together
from kerasfeat.pipeline.store import Store
from kerasfeat.ray_engine import Ray

RATE_HZ = 44_100
NODE = {"num_cpus": 1, "object_store_memory": 100_000_000}


def write_clips(folder: Path, count: int, clip_s: float) -> list[str]:
    """Clips of noise; each is its own content."""
    paths = []
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (round(clip_s * RATE_HZ), 2))
    for clip in range(count):
        path = folder / f"{clip:05}.ogg"
        soundfile.write(path, np.roll(noise, 1000 * clip, axis=0), RATE_HZ)
        paths.append(str(path))
    return paths


class Watch:
    """Clips done and when; the first block's end is the end of the start.

    Args:
        cluster: whose second node is killed after a quarter of the clips; None to kill none.
    """

    def __init__(self, cluster: Cluster | None = None) -> None:
        self.begun_s = time.perf_counter()
        self.used_s = _processor_s()
        self.first: tuple[float, int] | None = None
        self._cluster = cluster

    def __call__(self, done: int, total: int, note: object = "") -> None:
        """Progress."""
        self.first = self.first or (time.perf_counter(), done)
        if self._cluster and done >= total / 4:
            cluster, self._cluster = self._cluster, None
            cluster.remove_node(list(cluster.worker_nodes)[0], allow_graceful=False)


def measure(
    name: str, engine: Engine, clips: Sequence[str], frontend: FrontEnd, watch: Watch
) -> None:
    """Extract into an empty store, and print a row."""
    with tempfile.TemporaryDirectory() as folder:
        work = Extracting((frontend,), Store(folder), block=max(1, len(clips) // 40))
        result = together(engine.run(work, clips, watch))
        whole_s = time.perf_counter() - watch.begun_s
        assert result.extracted == len(clips), result
        assert len(Store(folder).keys(frontend)) == len(clips)
    assert watch.first
    first_s, first = watch.first[0] - watch.begun_s, watch.first[1]
    rate = (len(clips) - first) / (whole_s - first_s)
    core_s = (_processor_s() - watch.used_s) / len(clips)
    core = f"{core_s:.3f}" if isinstance(engine, Local) else ""
    print(f"{name:<32}{rate:>10.2f}{first_s:>12.1f}{whole_s:>10.1f}{core:>10}", flush=True)


def _processor_s() -> float:
    """Processor time of this process."""
    used = os.times()
    return used.user + used.system


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=400)
    parser.add_argument("--clip-s", type=float, default=30.0)
    parser.add_argument("--input", default="logmel", help="a front-end, or measures")
    arguments = parser.parse_args()
    frontend = Measures() if arguments.input == "measures" else frontends.get(arguments.input)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("KERASFEAT_CACHE", folder)
        clips = write_clips(Path(folder), arguments.clips, arguments.clip_s)
        print(f"{len(clips)} clips of {arguments.clip_s:g} s, {arguments.input}")
        print(f"{'':<32}{'clips/s':>10}{'start s':>12}{'whole s':>10}{'core s':>10}")
        for workers in (1, 2):
            measure(f"one process, -j {workers}", Local(workers), clips, frontend, Watch())
        for workers in (1, 2):
            measure(f"Ray, {workers} workers", Ray(workers=workers), clips, frontend, Watch())
        cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
        try:
            cluster.add_node(**NODE)
            engine = Ray(cluster.address, workers=2)
            measure("Ray, 2 nodes, one killed", engine, clips, frontend, Watch(cluster))
        finally:
            cluster.shutdown()


if __name__ == "__main__":
    main()
