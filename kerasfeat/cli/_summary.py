"""What commands print about a run on stdout."""

import json
import shlex
import sys

from kerasfeat.cli._options import print_json
from kerasfeat.evaluation.summary import count
from kerasfeat.targets import of_run


def score_rows(metrics, names):
    """The header and rows of model, its members if it has some, and baselines: the model's metrics
    with their intervals.
    """
    test, ci95 = metrics["test"], metrics["test"]["ci95"]

    def value(scores, name):
        return "undefined" if scores[name] is None else f"{scores[name]:.3f}"

    def interval(name):
        return (
            f" [{ci95[name][0]:.3f}, {ci95[name][1]:.3f}]"
            if ci95.get(name) and ci95[name][0] is not None
            else ""
        )

    rows = [["this model", *(value(test, name) + interval(name) for name in names)]]
    rows += [
        [member, *(value(scores, name) for name in names)]
        for member, scores in metrics.get("members", {}).items()
    ]
    rows += [
        [baseline.replace("_", " "), *(value(scores, name) for name in names)]
        for baseline, scores in metrics["baselines"].items()
    ]
    return ["", *names], rows


def print_table(header, rows):
    """A rich table on a terminal, aligned plain text elsewhere."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False)
        # As Text: brackets in songs' names are not markup.
        for i, name in enumerate(header):
            table.add_column(
                Text(str(name)),
                justify="left" if i == 0 else "right",
                style="bold" if i == 0 else None,
            )
        for row in rows:
            table.add_row(*(Text(str(cell)) for cell in row))
        Console().print(table)
        return
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        print(
            "  ".join(
                str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)
            ).rstrip()
        )


def over(result):
    """What the intervals of scores are over."""
    return f"95 % intervals over {count(result['units'], result['resampled'])}"


def print_scores(result, target):
    """The table of `score_rows` with what the target shows."""
    print_table(*score_rows(result, target.shown_metrics))


def _metrics(run):
    return json.loads((run / "metrics.json").read_text(encoding="utf-8"))


def fit_result(run):
    """What `fit` found, for machines: metrics.json, and where the run and its report lie."""
    return {"run": run.path, "report": run / "report.html", **_metrics(run)}


def print_run(run, as_json):
    """Ends a command that makes a run: `fit_result` for machines, `fit_summary` for people."""
    if as_json:
        print_json(fit_result(run))
    else:
        fit_summary(run)


def fit_summary(run):
    """Scores beside baselines, where the report is, and what to do next."""
    state, metrics = run.read(), _metrics(run)
    sizes = metrics["split"]["sizes"]
    tested = (
        f"{state['folds']}-fold cross-validation over {metrics['data']['rows']} songs"
        if state["folds"]
        else f"{sizes['test']} test songs"
    )
    print(
        f"{state['task']} from {' + '.join(state['inputs'])}, on "
        f"{metrics['data']['source']} data: {tested}, {over(metrics)}"
    )
    print_scores(metrics, of_run(state))
    print(f"report: {run / 'report.html'}")
    print(f"next:   kerasfeat predict {shlex.quote(str(run.path))} PATH...")


def print_checked(path, found):
    """What the check of an export found: each signature, its requests, and how far the answers lie
    from the Keras model's.
    """
    print(f"{path}: {found['ops']} operations, all of stock TensorFlow")
    rows = []
    for name in found["signatures"]:
        records = [record for record in found["records"] if record["signature"] == name]
        sizes = ", ".join(str(record["rows"]) for record in records)
        rows.append([name, sizes, f"{max(record['difference'] for record in records):.1e}"])
    print_table(["signature", "batches", "largest difference"], rows)


def tune_result(tuned):
    """What `tune` found, for machines: the best trials, and what `fit` tells of the refit."""
    from tuning.report import TOP
    from tuning.results import best

    plan = tuned.search.plan
    top = best(tuned.search.rows, plan, TOP)
    trials = [
        {name: found[name] for name in ("trial", plan.objective, "low", "high", *plan.space)}
        for found in top
    ]
    where = {
        "search": tuned.search.folder,
        "report": tuned.report,
        "hyperparameters": tuned.search.folder / "best.json",
    }
    return {
        **where,
        "objective": plan.objective,
        "trials": len(tuned.search.rows),
        "best": trials,
        "final": fit_result(tuned.final),
    }


def tune_summary(tuned):
    """The end of `tune`: the best trials, the refit's test scores, and what to do next."""
    from tuning.report import TOP, fit_command
    from tuning.results import best

    plan, folder = tuned.search.plan, tuned.search.folder

    def row(found):
        score = f"{found[plan.objective]:.4f} [{found['low']:.4f}, {found['high']:.4f}]"
        values = (found[name] for name in plan.space)
        return [
            found["trial"],
            score,
            *(f"{value:.3g}" if isinstance(value, float) else str(value) for value in values),
        ]

    songs = "in inner folds" if plan.folds else "on validation songs"
    print(f"best of {len(tuned.search.rows)} trials by {plan.objective} {songs}, 95 % intervals")
    print_table(
        ["trial", plan.objective, *plan.space],
        [row(found) for found in best(tuned.search.rows, plan, TOP)],
    )
    print(
        "the best one refitted on training and validation songs, and scored on the test "
        "songs, which no trial has seen:"
    )
    fit_summary(tuned.final)
    print(f"search: {tuned.report}")
    print(f"or:     {fit_command(tuned.search.request, folder / 'best.json')}")
