"""What commands print about a run on stdout."""

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from kerasfeat.cli._options import print_json
from kerasfeat.targets import Target, of_run
from kerasfeat.text import count

if TYPE_CHECKING:
    from kerasfeat.experiment.run_directory import RunDirectory
    from kerasfeat.serving.verify import Findings
    from tuning.finish import Tuned
    from tuning.plan import Plan
    from tuning.results import Row

Metrics: TypeAlias = Mapping[str, Any]  # the contents of metrics.json, or scores by name


def print_scores(metrics: Metrics, target: Target) -> None:
    """The model's scores with their intervals, then those of its members if it has some, and of
    the baselines.
    """
    names = target.shown_metrics
    test, members = metrics["test"], metrics.get("members", {})
    baselines = {name.replace("_", " "): own for name, own in metrics["baselines"].items()}
    rows = [["this model", *(_score(test, name) + _interval(test, name) for name in names)]]
    for others in (members, baselines):
        for called, scores in others.items():
            rows.append([called, *(_score(scores, name) for name in names)])
    print_table(["", *names], rows)


def _score(scores: Metrics, name: str) -> str:
    return "undefined" if scores[name] is None else f"{scores[name]:.3f}"


def _interval(scores: Metrics, name: str) -> str:
    low, high = scores["ci95"].get(name) or (None, None)
    return "" if low is None else f" [{low:.3f}, {high:.3f}]"


def print_table(header: Sequence[object], rows: Sequence[Sequence[object]]) -> None:
    """A rich table on a terminal, aligned plain text elsewhere."""
    texts = [[str(cell) for cell in row] for row in rows]
    names = [str(name) for name in header]
    if sys.stdout.isatty():
        _print_rich(names, texts)
    else:
        _print_plain([names, *texts])


def _print_rich(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    # As Text: brackets in songs' names are not markup.
    first, *others = header
    table.add_column(Text(first), justify="left", style="bold")
    for name in others:
        table.add_column(Text(name), justify="right")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)


def _print_plain(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def over(result: Metrics) -> str:
    """What the intervals of scores are over."""
    return f"95 % intervals over {count(result['units'], result['resampled'])}"


def _metrics(run: "RunDirectory") -> dict[str, Any]:
    return json.loads((run / "metrics.json").read_text(encoding="utf-8"))


def fit_result(run: "RunDirectory") -> dict[str, Any]:
    """What `fit` found, for machines: metrics.json, and where the run and its report lie."""
    return {"run": run.path, "report": run / "report.html", **_metrics(run)}


def print_run(run: "RunDirectory", as_json: bool) -> None:
    """Ends a command that makes a run: `fit_result` for machines, `fit_summary` for people."""
    if as_json:
        print_json(fit_result(run))
    else:
        fit_summary(run)


def fit_summary(run: "RunDirectory") -> None:
    """Scores beside baselines, where the report is, and what to do next."""
    state, metrics = run.read(), _metrics(run)
    data = metrics["data"]
    tested = (
        f"{state['folds']}-fold cross-validation over {data['rows']} songs"
        if state["folds"]
        else f"{metrics['split']['sizes']['test']} test songs"
    )
    inputs = " + ".join(state["inputs"])
    print(f"{state['task']} from {inputs}, on {data['source']} data: {tested}, {over(metrics)}")
    print_scores(metrics, of_run(state))
    print(f"report: {run / 'report.html'}")
    print(f"next:   kerasfeat predict {shlex.quote(str(run.path))} PATH...")


def print_checked(path: Path, findings: "Findings") -> None:
    """What the check of an export found: each signature, its requests, and how far the answers lie
    from the Keras model's.
    """
    print(f"{path}: {findings['ops']} operations, all of stock TensorFlow")
    rows = []
    for signature in findings["signatures"]:
        records = [record for record in findings["records"] if record["signature"] == signature]
        sizes = ", ".join(str(record["rows"]) for record in records)
        # `verify` refuses a version with an infinite difference.
        largest = max(float(record["difference"]) for record in records)
        rows.append([signature, sizes, f"{largest:.1e}"])
    print_table(["signature", "batches", "largest difference"], rows)


def tune_result(tuned: "Tuned") -> dict[str, Any]:
    """What `tune` found, for machines: the best trials, and what `fit` tells of the refit."""
    search, plan = tuned.search, tuned.search.plan
    names = ("trial", plan.objective, "low", "high", *plan.space)
    return {
        "search": search.folder,
        "report": tuned.report,
        "hyperparameters": search.folder / "best.json",
        "objective": plan.objective,
        "trials": len(search.rows),
        "best": [{name: row[name] for name in names} for row in _best_trials(tuned)],
        "final": fit_result(tuned.final),
    }


def tune_summary(tuned: "Tuned") -> None:
    """The end of `tune`: the best trials, the refit's test scores, and what to do next."""
    from tuning.report import fit_command

    search, plan = tuned.search, tuned.search.plan
    songs = "in inner folds" if plan.folds else "on validation songs"
    print(f"best of {len(search.rows)} trials by {plan.objective} {songs}, 95 % intervals")
    trials = [_trial_cells(row, plan) for row in _best_trials(tuned)]
    print_table(["trial", plan.objective, *plan.space], trials)
    print(
        "the best one refitted on training and validation songs, and scored on the test "
        "songs, which no trial has seen:"
    )
    fit_summary(tuned.final)
    print(f"search: {tuned.report}")
    print(f"or:     {fit_command(plan.setup.asked, search.folder / 'best.json')}")


def _best_trials(tuned: "Tuned") -> "list[Row]":
    from tuning.report import TOP
    from tuning.results import best

    return best(tuned.search.rows, tuned.search.plan, TOP)


def _trial_cells(row: "Row", plan: "Plan") -> list[str]:
    """A line of the table of trials."""
    values = (row[name] for name in plan.space)
    return [
        row["trial"],
        f"{row[plan.objective]:.4f} [{row['low']:.4f}, {row['high']:.4f}]",
        *(f"{value:.3g}" if isinstance(value, float) else str(value) for value in values),
    ]
