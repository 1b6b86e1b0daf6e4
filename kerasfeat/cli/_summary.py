"""What commands print about a run on stdout."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasfeat.cli._options import print_json
from kerasfeat.evaluation.score_table import score_table
from kerasfeat.evaluation.summary import UNITS, cautions, headline, told_leads, verdict
from kerasfeat.targets import Target
from kerasfeat.text import count, printable

if TYPE_CHECKING:
    from kerasfeat.api.run import Run
    from tuning.finish import Tuned

Row = list[str]
WIDEST_UNWRAPPED = 12  # characters


def print_table(header: Sequence[Any], rows: Sequence[Sequence[Any]]) -> None:
    """A rich table on a terminal, aligned plain text elsewhere; control characters as escapes."""
    header, *rows = ([printable(str(cell)) for cell in row] for row in [header, *rows])
    if sys.stdout.isatty():
        _print_rich(header, rows)
        return
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _print_rich(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    # As Text: brackets in songs' names are not markup.
    for i, name in enumerate(header):
        longest = max((len(row[i]) for row in rows), default=0)
        if i == 0:
            table.add_column(Text(name), overflow="fold", style="bold")
        elif longest <= WIDEST_UNWRAPPED:
            # What little room there is goes to texts: numbers stay whole, below two lines of head.
            head = name.replace("_", "_\n") if len(name) > longest else name
            table.add_column(Text(head), justify="right", no_wrap=True)
        else:
            table.add_column(Text(name), overflow="fold", justify="right")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)


def over(result: Mapping[str, Any]) -> str:
    """What the intervals of scores are over."""
    return f"95 % intervals over {count(result['units'], UNITS[result['resampled']])}"


def print_scores(result: Mapping[str, Any], target: Target) -> None:
    """The scores that the target shows, beside those of simple models."""
    table = score_table(result, target.shown_metrics)
    rows = [[name, *scores] for name, scores in zip(table.index, table.to_numpy(), strict=True)]
    print_table(["", *table.columns], rows)


def fit_result(run: "Run") -> dict[str, Any]:
    """What `fit` found, for machines: metrics.json, and where the run and its report lie."""
    return {"run": run.path, "report": run.report, **run.metrics}


def print_run(run: "Run", as_json: bool) -> None:
    """The end of a command that makes a run, for machines or for people."""
    if as_json:
        print_json(fit_result(run))
    else:
        fit_summary(run)


def fit_summary(run: "Run") -> None:
    """Scores beside baselines, where the report is, and what to do next."""
    metrics, folds = run.metrics, run.spec.folds
    tested = f"{metrics['split']['sizes']['test']} test songs"
    if folds:
        tested = f"{folds}-fold cross-validation over {metrics['data']['rows']} songs"
    print(f"{run.title}: {tested}, {over(metrics)}")
    print_scores(metrics, run.target)
    lead = told_leads(verdict(run.target, metrics))
    if lead:
        print(f"this model {lead}")
    print(f"report: {run.report}")
    print(f"next:   kerasfeat predict {shlex.quote(str(run.path))} PATH...")
    print(f"{headline(verdict(run.target, metrics))}.")
    for caution in cautions(metrics):
        print(caution)


def print_checked(path: str | Path, findings: Mapping[str, Any]) -> None:
    """What the check of an export found.

    Each signature, its requests, how far the answers lie from the Keras model's, and how long the
    smallest request takes.

    Args:
        path: of the export's version.
        findings: as of kerasfeat.serving.verify.
    """
    size = findings["bytes"] / 1e6
    print(f"{path}: {size:.1f} MB, {findings['ops']} operations, all of stock TensorFlow")
    rows = []
    for name in findings["signatures"]:
        records = [record for record in findings["records"] if record["signature"] == name]
        sizes = ", ".join(str(record["rows"]) for record in records)
        largest = max(record["difference"] for record in records)
        smallest = min(records, key=lambda record: record["rows"])
        rows.append([name, sizes, f"{largest:.1e}", f"{smallest['ms']:.1f}"])
    print_table(["signature", "batches", "largest difference", "ms of the smallest"], rows)


def tune_result(tuned: "Tuned") -> dict[str, Any]:
    """What `tune` found, for machines: the best trials, and what `fit` tells of the refit."""
    from kerasfeat.api.run import Run
    from tuning.report import TOP
    from tuning.results import best

    plan = tuned.search.plan
    top = best(tuned.search.rows, plan, TOP)
    trials = [
        {name: trial[name] for name in ("trial", plan.objective, "low", "high", *plan.space)}
        for trial in top
    ]
    return {
        "search": tuned.search.folder,
        "report": tuned.report,
        "hyperparameters": tuned.search.folder / "best.json",
        "objective": plan.objective,
        "trials": len(tuned.search.rows),
        "best": trials,
        "final": fit_result(Run(tuned.final.path)),
    }


def tune_summary(tuned: "Tuned") -> None:
    """The end of `tune`: the best trials, the refit's test scores, and what to do next."""
    from kerasfeat.api.run import Run
    from tuning.report import TOP, fit_command
    from tuning.results import best

    plan, folder = tuned.search.plan, tuned.search.folder

    def row(trial: Mapping[str, Any]) -> Row:
        score = f"{trial[plan.objective]:.4f} [{trial['low']:.4f}, {trial['high']:.4f}]"
        values = (trial[name] for name in plan.space)
        cells = (f"{value:.3g}" if isinstance(value, float) else str(value) for value in values)
        return [trial["trial"], score, *cells]

    songs = "in inner folds" if plan.folds else "on validation songs"
    print(f"best of {len(tuned.search.rows)} trials by {plan.objective} {songs}, 95 % intervals")
    rows = [row(trial) for trial in best(tuned.search.rows, plan, TOP)]
    print_table(["trial", plan.objective, *plan.space], rows)
    print(
        "the best one refitted on training and validation songs, and scored on the test "
        "songs, which no trial has seen:"
    )
    fit_summary(Run(tuned.final.path))
    print(f"search: {tuned.report}")
    print(f"or:     {fit_command(tuned.search.request, folder / 'best.json')}")
