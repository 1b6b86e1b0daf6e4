"""Whether a version answers as the Keras model it was made of: the check in a process of its own,
and what it found in words.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypedDict

from kerasfeat import KerasfeatError
from kerasfeat.serving import alone

TIMEOUT_S = 1800


class Record(TypedDict, total=False):
    """How one warm-up request went.

    Attributes:
        signature: that was asked.
        rows: of the request.
        output: the one that lies farthest from what the Keras model gives.
        difference: of that output.
        ms: that the same request takes when it comes again, milliseconds.
        error: why there is no answer, in place of the three before.
    """

    signature: str
    rows: int
    output: str
    difference: float | Literal["infinite"]
    ms: float
    error: str


class Findings(TypedDict):
    """What the check found.

    Attributes:
        bytes: of the graph and its variables.
        ops: how many operations the version uses.
        strange_ops: those of them that a stock server lacks.
        signatures: names.
        without_record: signatures that no warm-up request asks.
        records: of each warm-up request.
        tolerance: largest difference that is allowed.
    """

    bytes: int
    ops: int
    strange_ops: list[str]
    signatures: list[str]
    without_record: list[str]
    records: list[Record]
    tolerance: float


def verify(path: Path | str) -> Findings:
    """Check one version.

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
    findings: Findings = json.loads(done.stdout.splitlines()[-1])
    problems = list(_problems(findings))
    if problems:
        raise KerasfeatError(
            f"{path} is not what a server can run in the Keras model's place:\n  "
            + "\n  ".join(problems)
        )
    return findings


def _problems(findings: Findings) -> Iterator[str]:
    if findings["strange_ops"]:
        names = ", ".join(findings["strange_ops"])
        yield f"operations that a stock TensorFlow does not have: {names}"
    if findings["without_record"]:
        yield f"no warm-up request for the signatures {', '.join(findings['without_record'])}"
    for record in findings["records"]:
        asked = f"{record['signature']} with {record['rows']} rows"
        if "error" in record:
            yield f"{asked}: {record['error']}"
        elif record["difference"] == "infinite" or record["difference"] > findings["tolerance"]:
            yield (
                f"{asked}: {record['output']} differs by {record['difference']}, at most "
                f"{findings['tolerance']} is allowed"
            )


def versions(path: Path | str) -> list[Path]:
    """The versions in a folder: itself, a model's, or all models'.

    Raises:
        KerasfeatError: there is none.
    """
    path = Path(path)
    for pattern in ("saved_model.pb", "*/saved_model.pb", "*/*/saved_model.pb"):
        folders = [file.parent for file in sorted(path.glob(pattern))]
        published = [folder for folder in folders if not folder.name.startswith(".")]
        if published:
            return published
    raise KerasfeatError(
        f"{path} holds no exported model: no saved_model.pb lies in it. `kerasfeat export "
        f"RUN {path} --name NAME` writes one."
    )
