"""report.html of a search: one page without scripts or outside files."""

import shlex
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kerasfeat import __version__
from kerasfeat.evaluation.pages import SCORES, environment
from kerasfeat.evaluation.plots import Plot, render
from kerasfeat.evaluation.run_files import load_metrics
from kerasfeat.experiment.run_directory import RunDirectory
from kerasfeat.experiment.spec import Spec
from kerasfeat.files import write_text
from kerasfeat.targets import of_run
from tuning import plots
from tuning.importance import Importance, importance
from tuning.plan import Plan, Request
from tuning.results import Row, best
from tuning.search import Search

TOP = 10
# Parts of a Spec -> options of `fit` that are called otherwise.
SPELT = {"targets": "target", "hyperparameters": "set", "reused": "from"}
REPEATED = ("targets", "reused")
INCH = 1.15  # of the parallel coordinates' width for each axis


def write_report(search: Search, final: RunDirectory) -> Path:
    """Write SEARCH/report.html and SEARCH/plots/*.png.

    Args:
        search: with at least one completed trial.
        final: the refit's run.

    Returns:
        The page's path.
    """
    plan, rows, folder = search.plan, search.rows, search.folder
    pages = environment(Path(__file__).parent / "templates")
    top = best(rows, plan, TOP)
    mattered = importance(rows, plan.space, plan.objective)
    default = next((row for row in rows if _is_default(row, plan)), None)
    metrics = load_metrics(final.path, of_run(final.read()))
    page = pages.get_template("search.html").render(
        plan=plan,
        rows=rows,
        top=top,
        first=default,
        better=_better(top[0], default, plan) if default else "",
        failed=[row for row in rows if row["status"] != "COMPLETED"],
        noise=noise(rows),
        importance=mattered,
        complete=search.complete,
        metrics=metrics,
        final=final.path.name,
        again=fit_command(search.request, "best.json"),
        refits=len(list(folder.glob("final-*/metrics.json"))),
        plots=_plots(search, top, mattered, folder / "plots"),
        score=SCORES[plan.objective],
        version=__version__,
    )
    write_text(folder / "report.html", page)
    return folder / "report.html"


def fit_command(request: Request, file: Path | str) -> str:
    """The command that trains what was searched.

    Args:
        request: of the search.
        file: with hyperparameters, such as best.json.
    """
    words = ["kerasfeat", "fit"]
    asked = {**vars(request.spec), "strict": request.strict, "mix_sources": request.mix_sources}
    for name, value in asked.items():
        option = f"--{SPELT.get(name, name).replace('_', '-')}"
        if value == getattr(Spec(), name, False):
            continue
        if value is True:
            words.append(option)
        elif name == "ranges":
            low, high = next(iter(value.values()))  # the command line has one for all targets
            words += ["--range", str(low), str(high)]
        elif name == "hyperparameters":
            words += [word for key, given in value.items() for word in (option, f"{key}={given}")]
        elif name in REPEATED:
            words += [word for given in value for word in (option, given)]
        else:
            words += [option, ",".join(value) if isinstance(value, tuple) else str(value)]
    return shlex.join([*words, "--hyperparameters", str(file)])


def noise(rows: Sequence[Row]) -> float | None:
    """How far the objective of one and the same trial moves with the seed: the standard deviation
    pooled over trials, or None.
    """
    deviations = [row["deviation"] for row in rows if row["deviation"] is not None]
    return float(np.sqrt(np.mean(np.square(deviations)))) if deviations else None


def _better(best: Row, default: Row, plan: Plan) -> str:
    """Whether the best trial is better than the defaults, as far as their intervals tell."""
    lower, higher = (best, default) if plan.direction == "min" else (default, best)
    if lower["high"] < higher["low"]:
        return "The best trial is clearly better than the defaults: their 95% intervals are apart."
    return (
        "The best trial is not clearly better than the defaults: their 95% intervals overlap. Use "
        "them, unless more songs or --folds tell."
    )


def _is_default(row: Row, plan: Plan) -> bool:
    return row["status"] == "COMPLETED" and all(
        row[name] == dimension.default for name, dimension in plan.space.items()
    )


def _plots(
    search: Search, top: Sequence[Row], mattered: Importance | None, folder: Path
) -> dict[str, Plot]:
    plan, rows = search.plan, search.rows
    folder.mkdir(exist_ok=True)
    name = plan.objective.replace("_", " ")
    drawn = {
        "progress": render(
            "progress",
            "Trial by trial",
            f"{name} of {len(rows)} trials with 95 % intervals; the best has "
            f"{top[0][plan.objective]:.3f}.",
            plots.progress(rows, plan.objective, plan.direction),
            folder,
        ),
        "parallel": render(
            "parallel",
            "Every trial's values",
            f"Parallel coordinates of {', '.join(plan.space)} and {name}; the same values "
            "are in trials.csv.",
            plots.parallel(rows, plan.space, plan.objective, plan.direction, top),
            folder,
            size=(max(5.0, INCH * (len(plan.space) + 1)), 3.6),
        ),
    }
    return drawn | ({"importance": _importance_plot(mattered, folder)} if mattered else {})


def _importance_plot(mattered: Importance, folder: Path) -> Plot:
    words = ", ".join(
        f"{key.replace('_', ' ')} {100 * share:.0f}%" for key, (share, _) in mattered.shares.items()
    )
    return render(
        "importance",
        "What mattered",
        f"Shares of the importance: {words}.",
        plots.shares(mattered),
        folder,
    )
