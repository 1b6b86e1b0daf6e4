"""The check of an exported version in a process of its own.

python kerasfeat/serving/alone EXPORTS/NAME/VERSION
"""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

# Whatever the model still needed of these would fail here, as it would on a server.
modules: dict[str, Any] = sys.modules
modules.update(dict.fromkeys(("keras", "tf_keras", "kerasfeat", "hub_models")))
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

if __name__ == "__main__":
    importlib.import_module("check").main(Path(sys.argv[1]))
