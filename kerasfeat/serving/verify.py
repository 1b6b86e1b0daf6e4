"""Whether a version answers as the Keras model it was made of: the check in a process of its own,
and what it found in words.
"""

import json
import subprocess
import sys
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.serving import alone

TIMEOUT_S = 1800


def verify(path):
    """Check one version.

    Returns:
        dict with "ops" (how many), "signatures", and "records" (each with signature, rows, output,
        difference).

    Raises:
        KerasfeatError: it can't be loaded, answers otherwise than recorded, or has operations that
            a stock server lacks.
    """
    command = [sys.executable, str(Path(alone.__file__).parent), str(Path(path).absolute())]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise KerasfeatError(
            f"{path} does not answer its warm-up requests within {TIMEOUT_S} s."
        ) from error
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"it ended with {done.returncode}"]
        raise KerasfeatError(
            f"{path} can't be loaded and run without Keras and kerasfeat: {last[0]}"
        )
    found = json.loads(done.stdout.splitlines()[-1])
    problems = list(_problems(found))
    if problems:
        raise KerasfeatError(
            f"{path} is not what a server can run in the Keras model's place:\n  "
            + "\n  ".join(problems)
        )
    return found


def _problems(found):
    if found["strange_ops"]:
        yield f"operations that a stock TensorFlow does not have: {', '.join(found['strange_ops'])}"
    if found["without_record"]:
        yield f"no warm-up request for the signatures {', '.join(found['without_record'])}"
    for record in found["records"]:
        asked = f"{record['signature']} with {record['rows']} rows"
        if "error" in record:
            yield f"{asked}: {record['error']}"
        elif record["difference"] == "infinite" or record["difference"] > found["tolerance"]:
            yield (
                f"{asked}: {record['output']} differs by {record['difference']}, at most "
                f"{found['tolerance']} is allowed"
            )


def versions(path):
    """The versions in a folder: itself, a model's, or all models'.

    Raises:
        KerasfeatError: there is none.
    """
    path = Path(path)
    for pattern in ("saved_model.pb", "*/saved_model.pb", "*/*/saved_model.pb"):
        found = [
            file.parent
            for file in sorted(path.glob(pattern))
            if not file.parent.name.startswith(".")
        ]
        if found:
            return found
    raise KerasfeatError(
        f"{path} holds no exported model: no saved_model.pb lies in it. `kerasfeat export "
        f"RUN {path}` writes one."
    )
