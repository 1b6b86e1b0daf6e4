"""Several processes at one search: keras-tuner's chief, which owns the oracle, and its workers,
here or on other machines.
"""

import contextlib
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import grpc

from kerasfeat import KerasfeatError
from kerasfeat.pipeline.parallel import cores
from kerasfeat.progress import say
from tuning import worker
from tuning.durable import Durable
from tuning.keras_tuner_internals import OracleServicer, add_servicer
from tuning.plan import Request
from tuning.roles import SignsOfLife

SILENCE_S = 60.0  # after which a worker on another machine is given up
LOOK_S = 0.1
LOG_LINES = 15


def _guarded(name: str) -> Callable[["_Servicer", Any, Any], Any]:
    """A call of the chief's service that keeps its exception: keras-tuner would hold its lock and
    hang.
    """

    def call(self: "_Servicer", request: Any, context: Any) -> Any:
        try:
            return getattr(OracleServicer, name)(self, request, context)
        except Exception as error:
            self.error = error
            raise

    return call


class _Servicer(OracleServicer):
    """keras-tuner's service, which remembers who asked and what went wrong.

    Attributes:
        error: what a call ended with.
        asked: ids of the workers that asked for a trial.
    """

    error: Exception | None = None
    UpdateTrial, EndTrial = _guarded("UpdateTrial"), _guarded("EndTrial")

    def __init__(self, oracle: Durable) -> None:
        super().__init__(oracle)
        self.asked: set[str] = set()

    def CreateTrial(self, request: Any, context: Any) -> Any:
        self.asked.add(request.tuner_id)
        return _guarded("CreateTrial")(self, request, context)


@contextlib.contextmanager
def _served(oracle: Durable, address: str) -> Iterator[tuple[_Servicer, int]]:
    """Yields (servicer, port) of the oracle, answering at `address` until the end of the block."""
    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    servicer = _Servicer(oracle)
    add_servicer(servicer, server)
    try:
        port = server.add_insecure_port(address)
    except RuntimeError as error:
        raise KerasfeatError(
            f"the chief can't listen at {address}: {error}. Choose another KERASTUNER_ORACLE_PORT."
        ) from error
    server.start()
    try:
        yield servicer, port
    finally:
        server.stop(grace=1).wait()


def lead(oracle: Durable, folder: Path) -> None:
    """Be the chief of workers on other machines, until there are no trials left and every worker
    knows it.

    Args:
        oracle: of the search.
        folder: the search's directory, which the workers see too.

    Raises:
        KerasfeatError: the address can't be listened at, or whatever an answer ended with.
    """
    address = f"{os.environ['KERASTUNER_ORACLE_IP']}:{os.environ['KERASTUNER_ORACLE_PORT']}"
    signs = SignsOfLife()
    with _served(oracle, address) as (servicer, _):
        say(f"chief at {address}, waiting for workers")
        while not (servicer.stop_triggered and not oracle.ongoing_trials and not oracle.tuner_ids):
            time.sleep(LOOK_S)
            if servicer.error:
                raise servicer.error
            for name in list(oracle.tuner_ids):
                beat = folder / "workers" / name
                if beat.exists() and signs.seconds_since(beat) > SILENCE_S:
                    oracle.lose(name, f"its worker {name} gave no sign of life for {SILENCE_S:g} s")


def lead_local(oracle: Durable, folder: Path, request: Request) -> None:
    """Be the chief of `request.workers` processes on this machine; one that dies is replaced, and
    its trial has failed.

    Args:
        oracle: of the search.
        folder: the search's directory.
        request: of the search.

    Raises:
        KerasfeatError: a worker died before its first trial, or whatever an answer ended with.
    """
    with _served(oracle, "127.0.0.1:0") as (servicer, port), contextlib.ExitStack() as stack:
        running: dict[str, BaseProcess] = {}
        started = 0
        while started == 0 or running:
            while (
                not oracle.stopped
                and not servicer.stop_triggered
                and len(running) < request.workers
            ):
                started += 1
                name = f"worker{started}"
                running[name] = _start(name, port, folder, request)
                stack.callback(_end, running[name])
            time.sleep(LOOK_S)
            if servicer.error:
                raise servicer.error
            for name, process in list(running.items()):
                if not process.is_alive():
                    del running[name]
                    if process.exitcode:
                        if name not in servicer.asked:
                            raise _died_early(folder, name)
                        oracle.lose(name, f"its process died ({_cause(process.exitcode)})")


def _log(folder: Path, name: str) -> Path:
    return folder / "workers" / f"{name}.log"


def _died_early(folder: Path, name: str) -> KerasfeatError:
    lines = _log(folder, name).read_text(errors="replace").splitlines()
    return KerasfeatError(
        "a worker died before its first trial. It said:\n" + "\n".join(lines[-LOG_LINES:])
    )


def _cause(exit_code: int) -> str:
    return f"signal {-exit_code}; out of memory?" if exit_code < 0 else f"exit code {exit_code}"


def _start(name: str, port: int, folder: Path, request: Request) -> BaseProcess:
    log = _log(folder, name)
    log.parent.mkdir(exist_ok=True)
    threads = str(max(1, cores() // request.workers))
    environment = {
        "KERASTUNER_TUNER_ID": name,
        "KERASTUNER_ORACLE_IP": "127.0.0.1",
        "KERASTUNER_ORACLE_PORT": str(port),
        # Workers share the cores, and the memory of a GPU.
        "TF_NUM_INTRAOP_THREADS": os.environ.get("TF_NUM_INTRAOP_THREADS", threads),
        "TF_NUM_INTEROP_THREADS": os.environ.get("TF_NUM_INTEROP_THREADS", threads),
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    }
    arguments = (json.dumps(request.to_json()), str(folder), environment, str(log))
    process = multiprocessing.get_context("spawn").Process(
        target=worker.main, args=arguments, name=name
    )
    process.start()
    return process


def _end(process: BaseProcess) -> None:
    if process.is_alive():
        process.terminate()
        process.join(5)
    if process.is_alive():
        process.kill()
        process.join()
