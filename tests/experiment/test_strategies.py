"""`fit --strategy`: several devices of one machine learn what one does."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

# Devices are made before TensorFlow uses any, so in a process of its own.
TWO_DEVICES = """
import sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from kerasfeat.cli import main
main()
"""
FIT = ("fit", "--task", "mood", "--model", "tabular", "--inputs", "features", "--set", "epochs=4")


@pytest.mark.slow
def test_two_devices_learn_what_one_does(kerasfeat: Any, songs: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    # One batch an epoch: Keras reads a batch more for several devices, which shuffles otherwise.
    words = [*FIT, "--data", str(songs), "--set", "dropout=0", "--set", "batch_size=64", "--out"]
    assert kerasfeat(*words, one).code == 0
    command = [sys.executable, "-c", TWO_DEVICES, *words, str(two), "--strategy", "mirrored", "-v"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "/device:CPU:0" in ended.stderr and "/device:CPU:1" in ended.stderr
    curves = [pd.read_csv(run / "history.csv") for run in (one, two)]
    assert len(curves[0]) == 4
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(curves[1][name], curves[0][name], rtol=0.002)
    scores = [json.loads((run / "metrics.json").read_text())["test"] for run in (one, two)]
    assert scores[1]["log_loss"] == pytest.approx(scores[0]["log_loss"], rel=0.02)


@pytest.mark.parametrize(
    ("strategy", "machines"), [("multi-worker", "{}"), ("mirrored", '["a:1", "b:2"]')]
)
def test_several_machines_are_refused_with_what_works(
    kerasfeat: Any, monkeypatch: pytest.MonkeyPatch, strategy: str, machines: str
) -> None:
    monkeypatch.setenv("TF_CONFIG", f'{{"cluster": {{"worker": {machines}}}}}')
    ended = kerasfeat("fit", "--task", "mood", "--strategy", strategy)
    assert ended.code == 1 and "keras/issues/20585" in ended.err
    assert "tune" in ended.err and "extract --engine ray" in ended.err
