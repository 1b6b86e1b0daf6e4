"""YAMNet, VGGish and musicnn for tf.data, Keras 3, and exported graphs.

`get(name)` describes a backbone, `build(name)` is its network in Keras 3 with the published
weights, `load_published(name)` is a model of TensorFlow Hub as it was published, `Extractor(model)`
runs a network over batches. Importing this package imports no TensorFlow; what needs it is loaded
when it is first looked up.
"""

import importlib
from typing import TYPE_CHECKING, Any

from hub_models.backbones import backbones
from hub_models.cache import fingerprint, is_cached, listing, locate, offer
from hub_models.description import Backbone, FrontEnd, Output, Row
from hub_models.errors import HubError

if TYPE_CHECKING:
    from hub_models.adding import add, fetch
    from hub_models.extraction import Extractor
    from hub_models.frontend import log_mel_patches
    from hub_models.network import build
    from hub_models.published import class_names, load_published

_NEEDING_TENSORFLOW = {
    "add": "hub_models.adding",
    "fetch": "hub_models.adding",
    "build": "hub_models.network",
    "load_published": "hub_models.published",
    "class_names": "hub_models.published",
    "Extractor": "hub_models.extraction",
    "log_mel_patches": "hub_models.frontend",
}

get, names = backbones.get, backbones.names

__all__ = [
    "Backbone",
    "Extractor",
    "FrontEnd",
    "HubError",
    "Output",
    "Row",
    "add",
    "backbones",
    "build",
    "class_names",
    "fetch",
    "fingerprint",
    "get",
    "is_cached",
    "listing",
    "load_published",
    "locate",
    "log_mel_patches",
    "names",
    "offer",
]


def __getattr__(name: str) -> Any:
    if name not in _NEEDING_TENSORFLOW:
        raise AttributeError(f"module 'hub_models' has no attribute {name!r}")
    return getattr(importlib.import_module(_NEEDING_TENSORFLOW[name]), name)
