"""The model that a finished run keeps."""

import keras

import kerasfeat.networks.ensembles  # noqa: F401  saved models name its layers, and the encoders
from kerasfeat.evaluation.run_files import damage_told
from kerasfeat.experiment.run_directory import RunDirectory
from kerasfeat.networks.trunks import trunks


def load_model(run: RunDirectory) -> keras.Model:
    """The model of a finished run.

    Raises:
        KerasfeatError: it can't be loaded.
    """
    trunks.names()  # imports every trunk, whose layers the saved model names
    with damage_told(run / "model.keras"):
        return keras.saving.load_model(run / "model.keras", compile=False, safe_mode=True)
