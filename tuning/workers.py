"""Several processes at one search: keras-tuner's chief, which owns the oracle, and its workers,
here or on other machines.
"""

import contextlib
import json
import multiprocessing
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import grpc
from keras_tuner.src import protos
from keras_tuner.src.distribute.oracle_chief import OracleServicer
from keras_tuner.src.distribute.utils import has_chief_oracle, is_chief_oracle

from kerasfeat import KerasfeatError
from kerasfeat.pipeline.parallel import cores
from kerasfeat.progress import say
from tuning import worker

CHIEF, WORKER = "chief", "worker"
BEAT_S = 5.0
SILENCE_S = 60.0  # after which a worker on another machine is given up
LOOK_S = 0.1
LOG_LINES = 15


def role():
    """CHIEF or WORKER as keras-tuner's environment variables say, None without them."""
    try:
        return None if not has_chief_oracle() else CHIEF if is_chief_oracle() else WORKER
    except RuntimeError as error:
        raise KerasfeatError(
            f"{error} A chief has an id with 'chief' in it; the others are workers."
        ) from None


def _guarded(name):
    """A call of the chief's service that keeps its exception: keras-tuner would hold its lock and
    hang.
    """

    def call(self, request, context):
        try:
            return getattr(OracleServicer, name)(self, request, context)
        except Exception as error:
            self.error = error
            raise

    return call


class _Servicer(OracleServicer):
    """keras-tuner's service, which remembers who asked and what went wrong."""

    error = None
    UpdateTrial, EndTrial = _guarded("UpdateTrial"), _guarded("EndTrial")

    def __init__(self, oracle):
        super().__init__(oracle)
        self.asked = set()

    def CreateTrial(self, request, context):
        self.asked.add(request.tuner_id)
        return _guarded("CreateTrial")(self, request, context)


@contextlib.contextmanager
def _served(oracle, address):
    """Yields (servicer, port) of the oracle, answering at `address` until the end of the block."""
    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    servicer = _Servicer(oracle)
    protos.get_service_grpc().add_OracleServicer_to_server(servicer, server)
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


def lead(oracle, folder):
    """Be the chief of workers on other machines, until there are no trials left and every worker
    knows it.
    """
    address = f"{os.environ['KERASTUNER_ORACLE_IP']}:{os.environ['KERASTUNER_ORACLE_PORT']}"
    with alive(folder / "workers" / CHIEF) as clock, _served(oracle, address) as (servicer, _):
        say(f"chief at {address}, waiting for workers")
        while not (servicer.stop_triggered and not oracle.ongoing_trials and not oracle.tuner_ids):
            time.sleep(LOOK_S)
            if servicer.error:
                raise servicer.error
            for name in list(oracle.tuner_ids):
                beat = clock.with_name(name)
                # Both times are the file server's, so that clocks may differ.
                if beat.exists() and clock.stat().st_mtime - beat.stat().st_mtime > SILENCE_S:
                    oracle.lose(name, f"its worker {name} gave no sign of life for {SILENCE_S:g} s")


def lead_local(oracle, folder, request):
    """Be the chief of `request.workers` processes on this machine; one that dies is replaced, and
    its trial has failed.
    """
    with _served(oracle, "127.0.0.1:0") as (servicer, port), contextlib.ExitStack() as stack:
        crew, number = {}, 0
        while number == 0 or crew:
            while (
                not oracle.stopped and not servicer.stop_triggered and len(crew) < request.workers
            ):
                number += 1
                crew[f"worker{number}"] = _start(f"worker{number}", port, folder, request)
                stack.callback(_end, crew[f"worker{number}"])
            time.sleep(LOOK_S)
            if servicer.error:
                raise servicer.error
            for name, process in list(crew.items()):
                if not process.is_alive():
                    del crew[name]
                    if process.exitcode:
                        _bury(oracle, name, process, folder, name in servicer.asked)


def _bury(oracle, name, process, folder, asked):
    log = (folder / "workers" / f"{name}.log").read_text(errors="replace").splitlines()
    if not asked:
        raise KerasfeatError(
            "a worker died before its first trial. It said:\n" + "\n".join(log[-LOG_LINES:])
        )
    cause = (
        f"signal {-process.exitcode}; out of memory?"
        if process.exitcode < 0
        else f"exit code {process.exitcode}"
    )
    oracle.lose(name, f"its process died ({cause})")


def _start(name, port, folder, request):
    (folder / "workers").mkdir(exist_ok=True)
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
    arguments = (
        json.dumps(asdict(request)),
        str(folder),
        environment,
        str(folder / "workers" / f"{name}.log"),
    )
    process = multiprocessing.get_context("spawn").Process(
        target=worker.main, args=arguments, name=name
    )
    process.start()
    return process


def _end(process):
    if process.is_alive():
        process.terminate()
        process.join(5)
    if process.is_alive():
        process.kill()
        process.join()


@contextlib.contextmanager
def alive(beat):
    """Touch the file `beat` every few seconds until the end of the block; yields it."""
    beat.parent.mkdir(parents=True, exist_ok=True)
    beat.touch()
    over = threading.Event()

    def touch():
        while not over.wait(BEAT_S):
            beat.touch()

    threading.Thread(target=touch, daemon=True).start()
    try:
        yield beat
    finally:
        over.set()
