"""Runs that benchmarks train, and the tables that they write into pages."""

import json
import time
from pathlib import Path

from kerasfeat.silence import import_tensorflow

import_tensorflow()

from kerasfeat.experiment.fit import fit  # noqa: E402  after TensorFlow is quiet
from kerasfeat.experiment.spec import Spec  # noqa: E402

SECONDS = "seconds.txt"  # of a run that was not stopped meanwhile


def trained(spec: Spec, path: Path) -> Path:
    """A finished run, trained where it is not there yet; one that was stopped goes on."""
    if is_complete(path):
        return path
    begun, start = path.exists(), time.monotonic()
    fit(spec, out=path, resume=begun)
    if not begun:
        (path / SECONDS).write_text(str(time.monotonic() - start), encoding="utf-8")
    return path


def is_complete(path: Path) -> bool:
    """Whether a run is there and finished."""
    state = path / "run.json"
    return state.exists() and json.loads(state.read_text(encoding="utf-8"))["status"] == "complete"


def write_table(page: Path, script: str, text: str) -> None:
    """Put a table between the two marks that a script has on a page."""
    start, end = f"<!-- {script}: table -->", f"<!-- {script}: end -->"
    content = page.read_text(encoding="utf-8")
    before, after = content.split(start)[0], content.split(end)[1]
    page.write_text(f"{before}{start}\n{text.rstrip()}\n{end}{after}", encoding="utf-8")
