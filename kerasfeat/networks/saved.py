"""A network as a file holds it, which Keras can read after `import kerasfeat` alone."""

import importlib
import pkgutil
from typing import Any

import keras


@keras.saving.register_keras_serializable("kerasfeat")
class KerasfeatNetwork(keras.Model):
    """A network that brings its own layers: Keras knows a layer of others once its module is
    imported, and this class is known as soon as both Keras and kerasfeat are.
    """

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> keras.Model:
        import_layers()
        return super().from_config(config, custom_objects)


def import_layers() -> None:
    """Import every module that has layers, losses, or schedules of a saved network."""
    from kerasfeat import networks
    from kerasfeat.networks.trunks import trunks

    for module in pkgutil.iter_modules(networks.__path__, f"{networks.__name__}."):
        importlib.import_module(module.name)
    trunks.names()
