"""The one folder that is written to without being named by the user."""

import os
from pathlib import Path

import platformdirs


def cache_dir():
    """KERASFEAT_CACHE where it is set, else the platform's cache folder of the user; it may not
    exist yet.
    """
    return Path(
        os.environ.get("KERASFEAT_CACHE")
        or platformdirs.user_cache_dir("kerasfeat", appauthor=False)
    )
