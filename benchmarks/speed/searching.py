"""A search of 20 trials by two workers, beside the same fits as processes, two at a time."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.speed import data
from benchmarks.speed.measured import Against, Measured, Point, Setting, alternate, command
from kerasfeat.pipeline.parallel import cores

if TYPE_CHECKING:
    from tuning.plan import Request

VALUES = "values.json"
PROCESSES = "each trial a process, as many at a time"
EPOCHS = 10
SEARCH = """
import sys
from benchmarks.speed.searching import search
search(*sys.argv[1:])
"""
TRIAL = """
import sys
from benchmarks.speed.searching import trial
trial(*sys.argv[1:])
"""


def search(table: str, out: str, trials: str) -> None:
    """Run a search, and write the values that it tried."""
    from kerasfeat.progress import be_quiet
    from tuning.search import search

    be_quiet(True)
    found = search(_request(table, out, int(trials)))
    assert found  # None in a worker of a chief elsewhere
    values = [{name: row[name] for name in found.plan.space} for row in found.rows]
    Path(out, VALUES).write_text(json.dumps(values), encoding="utf-8")


def trial(table: str, out: str, number: str) -> None:
    """Train and score what one trial of a search did."""
    from kerasfeat.progress import be_quiet
    from tuning.plan import make_plan
    from tuning.trials import Bounds, Trainer

    be_quiet(True)
    values = json.loads(Path(out, VALUES).read_text(encoding="utf-8"))[int(number)]
    folder = Path(out, f"alone-{number}")
    folder.mkdir()
    Trainer(make_plan(_request(table, out, 1)), folder).run("0", values, Bounds())


def _request(table: str, out: str, trials: int) -> "Request":
    from kerasfeat.experiment.spec import Spec
    from tuning.plan import Request

    short = {"epochs": str(EPOCHS), "patience": str(EPOCHS)}
    spec = Spec(
        task="mood", data=table, inputs=("features",), model="tabular", hyperparameters=short
    )
    return Request(spec, tuner="random", max_trials=trials, workers=cores(), out=out)


def measure(setting: Setting) -> list[Measured]:
    """The row."""
    table = data.table(setting, data.MOODS, setting.count(data.TABLES[data.MOODS], 120))
    trials = setting.count(20, 2)
    out = setting.work / "search"
    times = alternate(
        {
            "ours": lambda: _search(table, out, trials),
            PROCESSES: lambda: _processes(table, out, trials),
        },
        repeats=1,
        warm=False,
    )
    sizes = setting.sizes(16)
    growth = tuple(_search(table, setting.work / "search", size) for size in sizes)
    return [
        Measured(
            f"search of {trials} trials",
            f"{cores()} workers, {EPOCHS} epochs a trial, moods.csv, once",
            times["ours"],
            (Against(PROCESSES, times[PROCESSES], least=1.3),),
            unit="trials",
            growth=growth,
        )
    ]


def _search(table: Path, out: Path, trials: int) -> Point:
    """A search that starts from nothing."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    return command(["-c", SEARCH, table, out, trials], trials)


def _processes(table: Path, out: Path, trials: int) -> None:
    """The trials of the last search, each in a process."""
    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(lambda number: command(["-c", TRIAL, table, out, number]), range(trials)))
