"""The JSON files of a run directory."""

import json
from pathlib import Path
from typing import Any

from kerasfeat import KerasfeatError


def load_json(run_dir: Path, name: str) -> dict[str, Any]:
    """The file called `name` of a run directory.

    Raises:
        KerasfeatError: it is not there.
    """
    path = run_dir / name
    if not path.is_file():
        raise KerasfeatError(
            f"{run_dir} has no {name}, so it is not the directory of a finished run. "
            "Finish it with `kerasfeat fit --resume`."
        )
    return json.loads(path.read_text(encoding="utf-8"))
