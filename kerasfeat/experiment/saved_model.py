"""The model that a finished run keeps."""

import importlib
import pkgutil

import keras

from kerasfeat import networks
from kerasfeat.evaluation.run_files import damage_told
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
    with damage_told(run / "model.keras"):
        return keras.saving.load_model(run / "model.keras", compile=False, safe_mode=True)
