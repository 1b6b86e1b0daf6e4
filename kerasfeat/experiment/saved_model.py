"""The model that a finished run keeps."""

import zipfile

import keras

import kerasfeat.networks.ensembles  # noqa: F401  saved models name its layers, and the encoders
from kerasfeat import KerasfeatError
from kerasfeat.experiment.run_directory import RunDirectory
from kerasfeat.networks.trunks import trunks


def load_model(run: RunDirectory) -> keras.Model:
    """The model of a finished run.

    Raises:
        KerasfeatError: it can't be loaded.
    """
    trunks.names()  # imports every trunk, whose layers the saved model names
    try:
        return keras.saving.load_model(run / "model.keras", compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise KerasfeatError(f"{run / 'model.keras'} can't be loaded: {error}") from error
