"""What this package takes of keras-tuner 1.4 that has no public name, in one place.

- The chief's service and its protocol: `Tuner.search` is the public way to be a chief, and starts a
  server that keeps its lock and hangs after an exception, and cannot tell who has asked.
- What the environment says of chief and workers: an environment is half set, or whole, by
  keras-tuner's own rules.
- An oracle's folder: only a tuner sets it, and a chief has none.
"""

from pathlib import Path

import keras_tuner
from keras_tuner.src import protos
from keras_tuner.src.distribute.oracle_chief import OracleServicer
from keras_tuner.src.distribute.utils import has_chief_oracle, is_chief_oracle

__all__ = [
    "OracleServicer",
    "add_servicer",
    "has_chief_oracle",
    "is_chief_oracle",
    "set_folder",
]

add_servicer = protos.get_service_grpc().add_OracleServicer_to_server


def set_folder(oracle: keras_tuner.Oracle, folder: Path) -> None:
    """Say where an oracle keeps its files."""
    oracle._set_project_dir(str(folder.parent), folder.name)
