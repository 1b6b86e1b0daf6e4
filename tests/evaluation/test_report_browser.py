"""The report in a real browser: nothing on the console, nothing asked for, nothing too wide, and
all text legible.
"""

import json

import numpy as np
import pandas as pd
import pytest
from browser import look

from kerasfeat.evaluation import permutation_importance, timeline
from kerasfeat.evaluation.report import write_report


def write_what_training_adds(run, kind):
    """permutation_importance.json and timelines.json of made-up figures."""
    rng, state = np.random.default_rng(5), json.loads((run / "run.json").read_text())
    columns, inputs = [f"a column with a long name {n}" for n in range(23)], state["inputs"]
    scores = {
        name: rng.normal(0.1, 0.3, (1 + 25, 173))
        for name in (("accuracy", "log_loss") if kind == "classes" else ("mae",))
    }
    songs = pd.DataFrame({"artist": [f"Artist {n % 31}" for n in range(173)]})
    (run / permutation_importance.FILE).write_text(
        json.dumps({"repeats": 5, **permutation_importance.summary(columns, inputs, scores, songs)})
    )
    names = state["labels"] or state["targets"]
    answer = (
        {"true": names[0], "predicted": names[1]}
        if kind == "classes"
        else {"true": [0.3, None, 0.7], "predicted": [0.1, 0.2, 0.3]}
    )
    song = {
        "track_id": "t1",
        "title": "A very long title of a song " * 3,
        "artist": "Artist",
        "audio": None,
        **answer,
    }
    song |= {
        "edges": [0, 2.5, 5, 6.25],
        "lines": {name: rng.random(3).tolist() for name in names},
        "outline": rng.random(600).tolist(),
    }
    (run / timeline.FILE).write_text(
        json.dumps([{**song, "why": why} for why in ("best", "worst", "changing")])
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("classes", {"songs": 173}),
        ("values", {"songs": 173}),
        ("classes", {"songs": 173, "labels": [f"genre {n}" for n in range(23)]}),
    ],
)
def test_report(write_run, browser, screens, tmp_path, kind, options):
    run = write_run(tmp_path / "run", kind, **options)
    table, songs = pd.read_csv(run / "predictions.csv"), options["songs"]
    (tmp_path / "song.wav").write_bytes(b"RIFF")
    table["audio"] = str(tmp_path / "song.wav")
    table["title"] = [f"A {'very ' * (n % 13)}long title of song {n}" for n in range(songs)]
    table["artist_songs"], table["year"] = np.arange(songs) % 29 + 1, 1980 + np.arange(songs) % 41
    table["genre"] = [f"genre of {n % 17} words" for n in range(songs)]
    table["loudness"], table["duration_ms"] = (
        -np.linspace(3, 50, songs),
        np.linspace(31e3, 700e3, songs),
    )
    table.to_csv(run / "predictions.csv", index=False)
    metrics = json.loads((run / "metrics.json").read_text())
    main = "accuracy" if kind == "classes" else "mae"
    value = metrics["test"][main]
    metrics["learning_curve"] = [
        {"songs": 87 * 2**n, "value": value * (0.7 + n / 10), "interval": None} for n in range(4)
    ]
    (run / "metrics.json").write_text(json.dumps(metrics))
    write_what_training_adds(run, kind)
    look(browser, screens, write_report(run), f"report-{kind}-{len(options)}")
