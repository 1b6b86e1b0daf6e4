"""What TensorBoard shows of a finished run beside the curves that training logs: hyperparameters with scores, and plots."""

import tensorflow as tf
from tensorboard.plugins.hparams import api


def write(run, task, hyperparameters, test):
    """HParams with the test's scalar metrics, and the report's plots as images, under `tensorboard/`.

    Args:
        run: a Run.
        task: its Task.
        hyperparameters: flat dict.
        test: metrics.json's `test`.
    """
    scalars = {name: value for name, value in test.items() if isinstance(value, float)}
    writer = tf.summary.create_file_writer(str(run / "tensorboard" / "test"))
    with writer.as_default(step=0):
        api.hparams({"task": task.name, **{n: "none" if v is None else v for n, v in hyperparameters.items()}}, trial_id=run.path.name)
        for name, value in scalars.items():
            tf.summary.scalar(f"test/{name}", value)
        for plot in sorted((run / "plots").glob("*.png")):
            image = tf.io.decode_png(plot.read_bytes(), channels=3)  # [height, width, 3]
            tf.summary.image(f"test/{plot.stem}", image[tf.newaxis])
    writer.close()
