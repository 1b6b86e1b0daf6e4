import re
import shlex

import pytest

from kerasfeat.cli._options import ranges_of
from kerasfeat.cli.fit import command as fit
from kerasfeat.cli.tune import READING, SHARED
from kerasfeat.cli.tune import command as tune


def test_tune_explains_itself_and_is_listed(kerasfeat):
    assert re.search(r"^  tune +Search for good hyperparameters", kerasfeat("-h").out, re.MULTILINE)
    page = kerasfeat("tune", "-h").out
    for option in (
        "--task",
        "--data",
        "--recipe",
        "--set",
        "--tuner",
        "--max-trials",
        "--time-limit",
        "--workers",
        "--repeats",
        "--folds",
    ):
        assert option in page
    assert "Cross-validate" not in page and "--resume" not in page


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--task moood", "unknown task 'moood'. Did you mean mood?"),
        (
            "--task mood --inputs features --over unit",
            "unknown hyperparameter 'unit'. Did you mean units?",
        ),
        ("--task mood --inputs features --objective mse", "unknown objective of task 'mood' 'mse'"),
        (
            "--task mood --inputs features --over dropout --set dropout=0.5",
            "'dropout' can't be searched: it has a fixed value",
        ),
    ],
)
def test_what_the_user_can_mend_is_one_clean_line_and_exit_code_1(
    kerasfeat, songs, tmp_path, words, message
):
    ended = kerasfeat("tune", "--data", songs, "--out", tmp_path / "searches", *words.split())
    assert ended.code == 1 and ended.out == ""
    last = ended.err.splitlines()[-1]
    assert last.startswith("kerasfeat: ") and message in last
    assert not (tmp_path / "searches").exists()


@pytest.mark.parametrize(
    "words",
    [
        "--task mood",
        "--task genre --data 'my songs/a b.csv' --label 'Style of it' --inputs "
        "features,logmel --model fusion --seed 7 --split table "
        "--class-weights --balanced --mix-sources --strict --mixed-precision --decoder "
        "tensorflow-io --set units=17 --set 'gain_db=1 2'",
        "--recipe mood-mlp --task attributes --target energy --target valence",
        "--task attributes --target arousal --target wonder --range 1 9",
    ],
)
def test_the_command_that_tune_ends_with_trains_what_was_searched(words):
    from kerasfeat.experiment.spec import Spec
    from tuning.plan import Request
    from tuning.report import fit_command

    asked = tune.make_context("tune", shlex.split(words)).params
    known = {name: asked[name] for name in SHARED if name != "limits"}
    spec = Spec(ranges=ranges_of(asked["targets"], asked["limits"]), **known)
    request = Request(spec, **{name: asked[name] for name in READING})
    program, name, *again = shlex.split(fit_command(request, "some where/best.json"))
    given = fit.make_context("fit", again).params
    assert (program, name, given["saved"]) == ("kerasfeat", "fit", "some where/best.json")
    asked_for = (*SHARED, *READING)
    assert {name: given[name] for name in asked_for} == {name: asked[name] for name in asked_for}
