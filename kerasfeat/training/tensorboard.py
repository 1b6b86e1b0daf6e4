"""What TensorBoard shows of a finished run beside the curves that training logs: hyperparameters with scores, and plots."""

import tensorflow as tf
from tensorboard.plugins.hparams import api


def write(run, task, hyperparameters, test, labels):
    """HParams with the test's scalar metrics, and the run's plots as images, under `tensorboard/`.

    Args:
        run: a Run.
        task: its Task.
        hyperparameters: flat dict.
        test: metrics.json's `test`.
        labels: label names.
    """
    scalars = {name: value for name, value in test.items() if isinstance(value, float)}
    writer = tf.summary.create_file_writer(str(run / "tensorboard" / "test"))
    with writer.as_default(step=0):
        api.hparams({"task": task.name, **{n: "none" if v is None else v for n, v in hyperparameters.items()}}, trial_id=run.path.name)
        for name, value in scalars.items():
            tf.summary.scalar(f"test/{name}", value)
    writer.close()
