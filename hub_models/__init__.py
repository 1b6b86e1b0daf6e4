"""YAMNet and VGGish from TensorFlow Hub, for tf.data, Keras 3, and exported graphs.

`get(name)` describes a backbone, `build(name)` is its network in Keras 3 with the published
weights, `load_published(name)` is the Hub model as it was published, `Extractor(model)` runs a
network over batches. Importing this package imports no TensorFlow; the functions that need it load
it when they are first looked up.
"""

import importlib

from hub_models.cache import add, fetch, fingerprint, is_cached, listing, locate
from hub_models.description import Backbone, FrontEnd, HubError, Row, get, names

_NEEDING_TENSORFLOW = {
    "build": "hub_models.network",
    "load_published": "hub_models.published",
    "class_names": "hub_models.published",
    "Extractor": "hub_models.extraction",
    "log_mel_patches": "hub_models.frontend",
}

__all__ = [
    "Backbone",
    "FrontEnd",
    "HubError",
    "Row",
    "add",
    "fetch",
    "fingerprint",
    "get",
    "is_cached",
    "listing",
    "locate",
    "names",
]
__all__ += sorted(_NEEDING_TENSORFLOW)


def __getattr__(name):
    if name not in _NEEDING_TENSORFLOW:
        raise AttributeError(f"module 'hub_models' has no attribute {name!r}")
    return getattr(importlib.import_module(_NEEDING_TENSORFLOW[name]), name)
