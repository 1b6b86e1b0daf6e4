"""The process of one local worker; imports nothing heavy before its environment is set."""

import json
import multiprocessing
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path


def main(request: str, folder: str, environment: Mapping[str, str], log: str) -> None:
    """Run trials for the chief that started this process, and end with it.

    Args:
        request: a tuning.plan.Request as JSON.
        folder: the search's directory.
        environment: variables to set.
        log: file that takes what the worker says.
    """
    os.environ.update(environment)
    with Path(log).open("ab", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from kerasfeat.silence import import_tensorflow

    import_tensorflow()
    from tuning.plan import Request, make_plan
    from tuning.tuner import work

    try:
        work(make_plan(Request.from_json(json.loads(request))), Path(folder))
    except KeyboardInterrupt:
        sys.exit(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
    os._exit(1)
