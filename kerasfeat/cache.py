"""The one folder that is written to without being named by the user."""

import os
from pathlib import Path

import platformdirs

from kerasfeat.files import expanded


def cache_dir() -> Path:
    """KERASFEAT_CACHE, or the user's cache folder of the platform; it may not exist yet."""
    return expanded(
        os.environ.get("KERASFEAT_CACHE")
        or platformdirs.user_cache_dir("kerasfeat", appauthor=False)
    )
