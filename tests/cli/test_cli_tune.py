import re

import pytest


def test_tune_explains_itself_and_is_listed(kerasfeat):
    assert re.search(r"^  tune +Search for good hyperparameters", kerasfeat("-h").out, re.MULTILINE)
    page = kerasfeat("tune", "-h").out
    for option in ("--task", "--data", "--recipe", "--set", "--tuner", "--max-trials", "--time-limit", "--workers", "--repeats", "--folds"):
        assert option in page
    assert "Cross-validate" not in page and "--resume" not in page


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--task moood", "unknown task 'moood'. Did you mean mood?"),
        ("--task mood --inputs features --over unit", "unknown hyperparameter 'unit'. Did you mean units?"),
        ("--task mood --inputs features --objective mse", "unknown objective of task 'mood' 'mse'"),
        ("--task mood --inputs features --over dropout --set dropout=0.5", "'dropout' can't be searched: it has a fixed value"),
    ],
)
def test_what_the_user_can_mend_is_one_clean_line_and_exit_code_1(kerasfeat, songs, tmp_path, words, message):
    ended = kerasfeat("tune", "--data", songs, "--out", tmp_path / "searches", *words.split())
    assert ended.code == 1 and ended.out == ""
    last = ended.err.splitlines()[-1]
    assert last.startswith("kerasfeat: ") and message in last
    assert not (tmp_path / "searches").exists()
