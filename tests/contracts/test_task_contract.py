"""The contract of every task, on the example that it brings: read, encoded, learnt, and scored."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kerasfeat.experiment.hyperparameters import Training
from kerasfeat.experiment.stages import compile_model
from kerasfeat.fields import COLUMNS, Field
from kerasfeat.networks.assembly import assemble
from kerasfeat.networks.trunks import trunks
from kerasfeat.songs import loading
from kerasfeat.targets import Target
from kerasfeat.tasks import Task, tasks

every_task = pytest.mark.parametrize("task", list(tasks), ids=lambda task: task.name)


# Of each song of an example: a label of several needs ten songs.
COPIES = 10


def songs_of(task: Task) -> int:
    return COPIES * len(next(iter(task.example.values())))


def read(task: Task, folder: Path) -> pd.DataFrame:
    """The songs of a table that holds the example, and one that has nothing of it."""
    songs = [*zip(*task.example.values(), strict=True)] * COPIES
    rows = [dict(zip(task.example, values, strict=True)) for values in songs]
    with (folder / "tracks.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["track_id", "tempo", *task.example])
        writer.writeheader()
        writer.writerows(
            {"track_id": f"s{n}", "tempo": 90 + n, **row} for n, row in enumerate(rows)
        )
        writer.writerow({"track_id": "without", "tempo": 97})
    return loading.load_songs(folder, task=task).frame


def learnt(task: Task, frame: pd.DataFrame) -> Target:
    """What is learnt of these songs."""
    return task.target.with_table(frame)[0].with_songs(frame)


@every_task
def test_songs_that_have_the_target_are_read_and_others_left_out(task, tmp_path):
    assert list(read(task, tmp_path)["track_id"]) == [f"s{n}" for n in range(songs_of(task))]
    assert task.description and "\n" not in task.description
    assert set(task.target.columns) <= set(task.example)


@every_task
def test_the_truth_has_no_error_and_comes_back_from_its_columns(task, tmp_path):
    frame = read(task, tmp_path)
    target = learnt(task, frame)
    truth = target.encode(frame)
    assert len(truth) == songs_of(task) and target.known(truth).all()
    perfect = np.eye(len(target.outputs))[truth] if truth.ndim == 1 else truth.astype(float)
    assert perfect.min() >= 0 and perfect.max() <= 1  # the example lies within the task's range
    np.testing.assert_allclose(target.song_error(truth, perfect), 0, atol=1e-6)
    again, predicted = target.from_columns(target.to_columns(truth, perfect))
    np.testing.assert_allclose(again.astype(float), truth.astype(float), atol=1e-6)
    np.testing.assert_allclose(predicted, perfect, atol=1e-6)
    assert type(target).from_json({**target.to_json(), "task": task.name}) == target


@every_task
def test_a_network_learns_it_from_other_columns(task, tmp_path):
    frame = read(task, tmp_path)
    target = learnt(task, frame)
    truth = target.encode(frame)
    fields = {"features": Field("features", (2,), (COLUMNS,), columns=("tempo", "loudness"))}
    model = assemble(target, fields, trunks.get("tabular"), {"units": 8, "blocks": 1}).model
    assert sorted(model.output) == sorted(target.heads)
    compile_model(model, target, Training(), steps=1, truth=truth)
    x = {"features": np.random.default_rng(3).normal(size=(len(truth), 2)).astype("float32")}
    arrays = target.arrays(truth)
    history = model.fit(
        x,
        {head: values for head, (values, _) in arrays.items()},
        sample_weight={head: weights for head, (_, weights) in arrays.items()},
        verbose=0,
    )
    assert np.isfinite(history.history["loss"]).all()
