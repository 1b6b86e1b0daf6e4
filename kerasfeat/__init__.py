"""Predict what songs sound like from tabular features, from audio, and from both.

    import kerasfeat as kf

    songs = kf.load_songs("moods.csv")
    run = kf.fit(songs, task="mood")
    run.predict(["song.mp3", "album/"])

Names are looked up when they are first used, so that the import itself takes no time.
"""

import importlib

from kerasfeat.after_keras import register

__version__ = "0.1.0"

# Public name -> the module that has it.
_MODULES = {
    "Run": "kerasfeat.api.run",
    "Songs": "kerasfeat.songs.loading",
    "Spec": "kerasfeat.experiment.spec",
    "compare": "kerasfeat.api.fitting",
    "describe": "kerasfeat.api.describing",
    "fit": "kerasfeat.api.fitting",
    "frontends": "kerasfeat.audio.frontends",
    "load_run": "kerasfeat.api.run",
    "load_songs": "kerasfeat.songs.loading",
}
_FOLDERS = ("recipes", "tasks")  # of members, each with `get`, `names` and `add`
__all__ = ["KerasfeatError", "__version__", *_FOLDERS, *_MODULES]


class KerasfeatError(Exception):
    """A problem the user can mend: the message says what, what was received, what is allowed, and
    what to do.
    """


def __getattr__(name: str) -> object:
    if name in _FOLDERS:
        return importlib.import_module(f"kerasfeat.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module 'kerasfeat' has no attribute {name!r}")
    if name == "frontends":  # they are made of TensorFlow's operations
        importlib.import_module("kerasfeat.silence").import_tensorflow()
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)


register()
