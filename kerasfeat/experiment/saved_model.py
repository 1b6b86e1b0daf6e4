"""The model that a finished run keeps."""

import keras

from kerasfeat.evaluation.run_files import damage_told
from kerasfeat.experiment.run_directory import RunDirectory
from kerasfeat.networks.saved import import_layers


def load_model(run: RunDirectory) -> keras.Model:
    """The model of a finished run.

    Raises:
        KerasfeatError: it can't be loaded.
    """
    import_layers()
    with damage_told(run / "model.keras"):
        return keras.saving.load_model(run / "model.keras", compile=False, safe_mode=True)
