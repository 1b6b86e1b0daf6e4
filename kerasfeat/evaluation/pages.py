"""What all pages share: their templates, the names of scores, and the addresses of audio files."""

import os
from pathlib import Path
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from kerasfeat.evaluation import numbers
from kerasfeat.evaluation.summary import LEAKS, UNITS
from kerasfeat.evaluation.wording import as_text
from kerasfeat.targets import LOWER_IS_BETTER
from kerasfeat.text import count, words

SCORES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "roc_auc": "ROC AUC",
    "average_precision": "Average precision",
    "macro_f1": "Macro F1",
    "micro_f1": "Micro F1",
    "log_loss": "Log loss",
    "ece": "Calibration error",
    "mae": "MAE",
    "mse": "MSE",
    "rmse": "RMSE",
    "r2": "R²",
    "pearson": "Pearson",
    "spearman": "Spearman",
}


def environment(*folders: Path) -> jinja2.Environment:
    """The Jinja environment of kerasfeat's pages; everything is escaped but plots.

    Args:
        folders: with further templates.
    """
    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader([Path(__file__).parent / "templates", *folders]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {
        "number": numbers.number,
        "duration": numbers.duration,
        "words": words,
        "count": count,
        "svg": Markup,
        "as_text": as_text,
    }
    pages.globals |= {
        "SCORES": SCORES,
        "LEAKS": LEAKS,
        "UNITS": UNITS,
        "LOWER_IS_BETTER": LOWER_IS_BETTER,
    }
    return pages


def score_title(metric: str) -> str:
    """The title of a plot of scores, such as "Accuracy (higher is better)"."""
    return f"{SCORES[metric]} ({'lower' if metric in LOWER_IS_BETTER else 'higher'} is better)"


def address(audio: str | Path | None, folder: Path) -> str | None:
    """Where a page in `folder` finds an audio file, or None where there is no file."""
    if not audio or not Path(audio).is_file():
        return None
    try:
        # So that the page still finds it when both are moved together.
        return quote(os.fsencode(Path(os.path.relpath(audio, folder)).as_posix()))
    except ValueError:  # on another drive
        return Path(audio).as_uri()
