"""Archives that reach outside their folder, and weights that hold code: the attack's own files."""

import packed_files
import pytest


@pytest.mark.parametrize("name", packed_files.ARCHIVES)
def test_an_archive_stays_within_its_folder_or_is_one_message(tmp_path, name):
    assert packed_files.archive_fault(name, packed_files.ARCHIVES[name], tmp_path) == ""


@pytest.mark.parametrize("name", packed_files.WEIGHTS)
def test_weights_that_hold_code_are_refused_and_nothing_runs(tmp_path, name):
    packed_files.WEIGHTS[name](tmp_path / name)
    for backbone in ("yamnet", "musicnn_msd"):
        assert packed_files.weights_fault(backbone, tmp_path / name) == ""
