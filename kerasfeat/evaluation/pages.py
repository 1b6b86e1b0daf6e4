"""What all pages share: their templates, and how they write numbers and addresses."""

import os
from pathlib import Path
from urllib.parse import quote

import jinja2
import numpy as np
from markupsafe import Markup

from kerasfeat.evaluation import summary
from kerasfeat.evaluation.wording import told
from kerasfeat.targets import LOWER_IS_BETTER

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


def environment():
    """The Jinja environment of kerasfeat's pages; everything is escaped but plots."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "number": number,
        "words": summary.words,
        "count": summary.count,
        "duration": duration,
        "svg": Markup,
        "told": told,
    }
    found.globals |= {
        "SCORES": SCORES,
        "LEAKS": summary.LEAKS,
        "LOWER_IS_BETTER": LOWER_IS_BETTER,
    }
    return found


def number(value, digits=3):
    """A number for reading: 14,273, 0.784, −0.120; None is undefined."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "undefined"
    text = f"{value:,}" if isinstance(value, (int, np.integer)) else f"{value:,.{digits}f}"
    return text.replace("-", "\N{MINUS SIGN}")


def duration(seconds):
    """Seconds for reading: 3.1 s, 4 min 20 s, 1 h 5 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, hours = round(seconds) // 60, round(seconds) // 3600
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min {round(seconds) % 60} s"


def address(audio, folder):
    """Where a page in `folder` finds an audio file, or None where there is no file."""
    if not audio or not Path(audio).is_file():
        return None
    try:
        # So that the page still finds it when both are moved together.
        return quote(os.fsencode(Path(os.path.relpath(audio, folder)).as_posix()))
    except ValueError:  # on another drive
        return Path(audio).as_uri()
