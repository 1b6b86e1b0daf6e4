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
        ("tune", r"say what to predict with --task: one of attributes, danceability, genre, mood, popularity, valence"),
        ("tune --task mood --max-trials 0", r"--max-trials.*0 is not in the range"),
        ("tune --task mood --workers none", r"--workers.*'none' is not a valid integer"),
        ("tune --task mood --time-limit soon", r"--time-limit.*'soon' is not a time such as 90s, 20m, or 2h"),
        ("tune --task mood --tuner annealing", r"'annealing' is not one of 'bayesian', 'random', 'hyperband', 'grid'"),
    ],
)
def test_usage_errors_exit_with_2_and_say_what_is_allowed(kerasfeat, words, message):
    ended = kerasfeat(*words.split())
    assert ended.code == 2 and ended.out == ""
    assert re.search(message, " ".join(ended.err.split())) and "Traceback" not in ended.err


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
