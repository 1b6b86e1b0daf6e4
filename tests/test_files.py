"""Files are written whole, or the user is told why not."""

import numpy as np
import pytest

from kerasfeat import KerasfeatError
from kerasfeat.files import damage_told, write_array, write_arrays, write_json, write_text


@pytest.mark.parametrize(
    "write",
    [
        lambda path: write_array(path, np.zeros(3)),
        lambda path: write_arrays(path, one=np.zeros(5), two=np.ones(2)),
        lambda path: write_json(path, {"a": 1}),
        lambda path: write_text(path, "some"),
    ],
)
def test_what_can_not_be_written_is_told_and_leaves_nothing(tmp_path, write):
    (tmp_path / "taken").mkdir()
    with pytest.raises(
        KerasfeatError, match=r"can't write .*taken: .*Free space or choose another directory"
    ):
        write(tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
    write(tmp_path / "free")
    assert (tmp_path / "free").stat().st_size


@pytest.mark.parametrize("error", [MemoryError(), ImportError("no such library")])
def test_what_is_not_the_files_fault_is_not_called_damage(tmp_path, error):
    with pytest.raises(type(error)), damage_told(tmp_path / "a.json", "Take a copy."):
        raise error
    with (
        pytest.raises(KerasfeatError, match=r"a\.json is damaged \(ValueError: bad\)\. Take a c"),
        damage_told(tmp_path / "a.json", "Take a copy."),
    ):
        raise ValueError("bad")
