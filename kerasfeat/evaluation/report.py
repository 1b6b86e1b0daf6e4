"""report.html of a run: one page without scripts or outside files.

It is made from what lies in the run directory.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from kerasfeat.evaluation import (
    permutation_importance,
    report_plots,
    report_rows,
    summary,
    timeline,
)
from kerasfeat.evaluation.pages import environment
from kerasfeat.evaluation.predictions import TestPredictions, read_predictions
from kerasfeat.evaluation.run_files import load_json
from kerasfeat.evaluation.sentences import calibration, sentences
from kerasfeat.evaluation.target_plots import target_plots
from kerasfeat.evaluation.wording import wording
from kerasfeat.files import write_text
from kerasfeat.targets import Target, of_run

FAILURES = 50
# What run.json need not say, because there was nothing of it.
DEFAULTS: dict[str, Any] = {
    "recipe": "default",
    "folds": None,
    "columns": [],
    "hyperparameters": {},
    "data_problems": [],
    "audio_failures": {},
    "imputed": {},
    "seconds": {},
    "versions": {},
}


def write_report(run_dir: Path | str) -> Path:
    """Write RUN/report.html and RUN/plots/*.png.

    Reads run.json and metrics.json, and where they exist history.csv, predictions.csv, splits.csv,
    permutation_importance.json, and timelines.json; a section whose file is missing is left out.

    Returns:
        Path of the page.

    Raises:
        KerasfeatError: `run_dir` is not the directory of a finished run.
    """
    run_dir = Path(run_dir)
    run, metrics = DEFAULTS | load_json(run_dir, "run.json"), load_json(run_dir, "metrics.json")
    target, folder = of_run(run), run_dir / "plots"
    predictions, history = read_predictions(run_dir, target), _history(run_dir)
    folder.mkdir(exist_ok=True)
    verdict = summary.verdict(target, metrics)
    drawn = report_plots.run_plots(run, metrics, verdict, history, folder)
    page = environment().get_template("report.html")
    text = page.render(
        run=run,
        target=target,
        wording=wording(target),
        metrics=metrics,
        verdict=verdict,
        headline=summary.headline(verdict),
        calibration=calibration(metrics),
        sentences=sentences(target, run, metrics, verdict, predictions),
        few_songs=summary.few_songs(metrics),
        leaks=summary.leaks(metrics["split"]),
        scores=report_rows.score_rows(metrics),
        fold_sizes=report_rows.fold_sizes(run_dir / "splits.csv") if run["folds"] else [],
        failures=list(run["audio_failures"].items())[:FAILURES],
        problems=run["data_problems"][:FAILURES],
        learning=metrics.get("learning_curve", []),
        **_song_sections(target, predictions, run_dir),
        importance=permutation_importance.section(run_dir),
        timelines=timeline.section(target, run_dir),
        plots=drawn | target_plots(target, metrics["test"], predictions, folder),
    )
    path = run_dir / "report.html"
    write_text(path, text)
    return path


def _song_sections(
    target: Target, predictions: TestPredictions | None, run_dir: Path
) -> dict[str, Any]:
    """The sections that tell single songs apart; empty where there are none."""
    if predictions is None:
        return {"errors": [], "slices": None}
    return {
        "errors": report_rows.wrong_answers(target, predictions, run_dir),
        "slices": report_plots.slice_section(target, predictions, run_dir / "plots"),
    }


def _history(run_dir: Path) -> pd.DataFrame | None:
    """history.csv of a run; None where it has none."""
    path = run_dir / "history.csv"
    return pd.read_csv(path) if path.exists() else None
