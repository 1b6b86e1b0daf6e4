import shutil

import pytest


@pytest.fixture
def copied(songs, tmp_path):
    """The corpus to be damaged."""
    return shutil.copytree(songs, tmp_path / "copy")
