"""Work on many songs by Ray: blocks of items go to actors, which hold what reads them.

Ray Data gives each block to an actor of a pool. Where an actor or its machine is lost, its blocks
are given to others. Paths are the items, so every machine must see the same files and the same
cache.
"""

import logging
import math
import os
import socket
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasfeat import KerasfeatError, __version__
from kerasfeat.cache import cache_dir
from kerasfeat.engines import Items, Result, Work
from kerasfeat.progress import Advance, detail, say_nothing
from kerasfeat.silence import held_back

# Of Ray's memory for objects, which hold names of files and rows alone.
OBJECT_STORE_BYTES = 200 * 2**20
# So that the last block does not make the others wait long.
BLOCKS_PER_WORKER = 4
# The one that an actor works on, and the next.
BLOCKS_IN_FLIGHT = 2
CONNECT_S = 10.0
# What an actor must have as its caller has it.
HANDED_ON = ("KERASFEAT_CACHE", "TFHUB_CACHE_DIR")


@dataclass(frozen=True)
class Failed:
    """Why the work on a block can't be done.

    Attributes:
        reason: as a KerasfeatError tells it.
    """

    reason: str


@dataclass(frozen=True)
class _Block:
    """Items, or their result, as one cell, which Ray leaves as it is.

    Attributes:
        content: of the cell.
    """

    content: Any


@dataclass(frozen=True)
class Ray:
    """Ray's actors.

    Attributes:
        address: of a cluster, "HOST:PORT", "auto" or "ray://HOST:PORT"; None to start Ray here.
        workers: how many actors; as many as the CPUs allow by default.
        worker_cpus: how many CPUs an actor takes, which may be a part of one.
        worker_gpus: how many GPUs an actor takes, likewise; without, it sees none.
    """

    address: str | None = None
    workers: int | None = None
    worker_cpus: float = 1.0
    worker_gpus: float = 0.0

    def run(self, work: Work[Result], items: Items, advance: Advance) -> Iterator[Result]:
        """See kerasfeat.engines.Engine."""
        if not len(items):
            return
        with _started(self) as cpus, _marked() as mark:
            workers = self.workers or max(1, int(cpus / self.worker_cpus))
            blocks = _blocks(items, work.block, workers)
            detail(f"Ray: {len(blocks)} blocks, {workers} workers of {self.worker_cpus:g} CPUs")
            done = 0
            for place, result in enumerate(self._results(work, blocks, workers, mark)):
                if isinstance(result, Failed):
                    raise KerasfeatError(result.reason)
                done += len(blocks[place])
                advance(done, len(items))
                yield result

    def _results(
        self, work: Work[Any], blocks: Sequence[Any], workers: int, mark: Path
    ) -> Iterator[Any]:
        """What the actors give of each block, in order."""
        import ray.data

        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.preserve_order = True
        rows = ray.data.from_items(
            [{"block": _Block(block)} for block in blocks], override_num_blocks=len(blocks)
        )
        results = rows.map_batches(
            _Worker,
            fn_constructor_kwargs={"work": work, "mark": mark},
            batch_size=1,
            batch_format="numpy",
            compute=ray.data.ActorPoolStrategy(
                # One may be all that is left, and must be let go where another machine is lost.
                min_size=1,
                initial_size=min(workers, len(blocks)),
                max_size=min(workers, len(blocks)),
                max_tasks_in_flight_per_actor=BLOCKS_IN_FLIGHT,
            ),
            num_cpus=self.worker_cpus,
            num_gpus=self.worker_gpus,
        )
        for row in results.iter_rows():
            yield row["result"].content


class _Worker:
    """An actor: it holds the work, with its decoder, front-ends and networks, between blocks."""

    def __init__(self, work: Work[Any], mark: Path) -> None:
        self._work, self._mark = work, mark

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        """{"result": [of the one block]} of {"block": [one]}."""
        (block,) = batch["block"]
        return {"result": [_Block(self._result(block.content))]}

    def _result(self, items: Any) -> Any:
        try:
            _require_same(self._mark)
            return self._work(items, 1, say_nothing)
        except KerasfeatError as error:
            # As a value, since Ray would wrap an exception in its own, and try again.
            return Failed(f"{socket.gethostname()}: {error}")


def _require_same(mark: Path) -> None:
    """Refuse to work on a machine that would compute something else, or keep it elsewhere.

    Raises:
        KerasfeatError: it has another cache, or another version of kerasfeat.
    """
    try:
        version = mark.read_text(encoding="utf-8")
    except OSError:
        raise KerasfeatError(
            f"this machine does not see the cache {mark.parent}: name a folder that all machines "
            "share in the environment variable KERASFEAT_CACHE."
        ) from None
    if version != __version__:
        raise KerasfeatError(
            f"this machine has kerasfeat {__version__}, and {version} is asked for: install that."
        )


def _blocks(items: Items, most: int, workers: int) -> list[Any]:
    size = min(most, math.ceil(len(items) / (workers * BLOCKS_PER_WORKER)))
    return [items[start : start + size] for start in range(0, len(items), size)]


@contextmanager
def _started(engine: Ray) -> Iterator[float]:
    """Ray, connected; gives how many CPUs it has.

    Raises:
        KerasfeatError: it is not installed, or there is none at the address.
    """
    ray = _ray()
    options: dict[str, Any] = {
        "log_to_driver": False,
        "logging_level": "ERROR",
        "runtime_env": {"env_vars": _variables(engine)},
    }
    if engine.address is None:
        options |= {
            "num_cpus": math.ceil(engine.workers * engine.worker_cpus) if engine.workers else None,
            "object_store_memory": OBJECT_STORE_BYTES,
            "include_dashboard": False,
            "_node_ip_address": "127.0.0.1",
        }
    try:
        _require_answer(engine.address)
        with held_back():
            ray.init(address=engine.address or "local", **options)
    except Exception as error:
        # Of any class: a machine so busy that Ray's own processes take 15 s to start is a bare
        # Exception (https://github.com/ray-project/ray/issues/65983).
        ray.shutdown()
        raise KerasfeatError(
            f"Ray can't be reached at {engine.address or 'this machine'}: {error} Give the "
            "--address that `ray start --head` has told, or none to start Ray here; on a busy "
            "machine try again."
        ) from error
    try:
        yield ray.cluster_resources().get("CPU", 1.0)
    finally:
        ray.shutdown()


def _require_answer(address: str | None) -> None:
    """See that something listens at an address; Ray itself would wait for it for many minutes.

    Raises:
        OSError: nothing does.
    """
    host, colon, port = (address or "").removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_S).close()


def _variables(engine: Ray) -> dict[str, str]:
    """The environment of an actor."""
    handed_on = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
    # One thread, since there are as many actors as CPUs; and TensorFlow would take all of a GPU.
    alone = {"TF_NUM_INTRAOP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    if engine.worker_gpus:
        return {**handed_on, **alone, "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    return {**handed_on, **alone, "CUDA_VISIBLE_DEVICES": "-1"}


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # or it tells its makers of each start
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # what it survives is told by progress
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise KerasfeatError(
            "--engine ray needs Ray, which is not installed: pip install 'kerasfeat[ray]', here "
            "and on every machine of the cluster."
        ) from error
    logging.getLogger("ray").setLevel(logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    return ray


@contextmanager
def _marked() -> Iterator[Path]:
    """A file in the cache, by which others see that they have the same one, and which version."""
    folder = cache_dir()
    mark = folder / f"ray-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        mark.write_text(__version__, encoding="utf-8")
    except OSError as error:
        raise KerasfeatError(
            f"the cache {folder} can't be written ({error.strerror}): name another folder in the "
            "environment variable KERASFEAT_CACHE."
        ) from error
    try:
        yield mark
    finally:
        mark.unlink(missing_ok=True)
