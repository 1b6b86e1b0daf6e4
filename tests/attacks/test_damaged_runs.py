"""A run of which a file is missing or damaged: some of the attack's own cases."""

import json
import shutil

import damaged_runs
import pytest

FILES = ("run.json", "metrics.json", "predictions.csv", "splits.csv", "model.keras")


@pytest.fixture
def damaged(tabular, tmp_path):
    """A function that copies a run and damages a file of it."""

    def make(file, damage):
        copy = shutil.copytree(tabular.path, tmp_path / "damaged")
        damaged_runs.DAMAGES[damage](copy / file)
        return copy

    return make


@pytest.mark.parametrize("damage", ["missing", "cut in half", "a list"])
@pytest.mark.parametrize("file", FILES)
def test_a_damaged_file_is_named_and_the_rest_still_works(damaged, tabular, songs, file, damage):
    copy = str(damaged(file, damage))
    for words in (
        ["evaluate", copy],
        ["predict", copy, str(songs)],
        ["compare", str(tabular.path), copy],
        ["evaluate", copy, "--data", str(songs)],
    ):
        assert damaged_runs.fault_of(words, file) == "", words


def test_predict_needs_no_scores(kerasfeat, damaged, songs):
    ended = kerasfeat("predict", damaged("metrics.json", "missing"), songs)
    assert ended.code == 0 and "how good it is is not known" in ended.err


@pytest.mark.parametrize("key", ["config", "columns", "fields", "labels", "kind", "status"])
def test_a_key_that_is_not_there_is_told(kerasfeat, tabular, tmp_path, songs, key):
    copy = shutil.copytree(tabular.path, tmp_path / "copy")
    state = json.loads((copy / "run.json").read_text())
    state.pop(key)
    (copy / "run.json").write_text(json.dumps(state))
    ended = kerasfeat("predict", copy, songs)
    assert ended.code == 1 and "run.json" in ended.err and "Traceback" not in ended.err
