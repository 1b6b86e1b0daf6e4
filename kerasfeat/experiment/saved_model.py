"""The model that a finished run keeps."""

import importlib
import pkgutil
import zipfile

import keras

from kerasfeat import KerasfeatError, networks
from kerasfeat.experiment.run_directory import RunDirectory
from kerasfeat.networks.trunks import trunks


def load_model(run: RunDirectory) -> keras.Model:
    """The model of a finished run.

    Raises:
        KerasfeatError: it can't be loaded.
    """
    # A saved model names its layers, which are known once their modules are imported.
    for module in pkgutil.iter_modules(networks.__path__, f"{networks.__name__}."):
        importlib.import_module(module.name)
    trunks.names()
    try:
        return keras.saving.load_model(run / "model.keras", compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise KerasfeatError(f"{run / 'model.keras'} can't be loaded: {error}") from error
