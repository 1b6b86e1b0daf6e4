import pytest

from kerasfeat.evaluation import summary
from kerasfeat.targets import Multiclass, Multilabel, Regression

LABELS = ("calm", "sad")
TARGETS = {
    "classes": Multiclass("mood", LABELS),
    "labels": Multilabel("genres", LABELS),
    "values": Regression(("valence",)),
}

OF_83 = {"data": {"rows": 640}, "split": {"sizes": {"test": 83}}}


def figures(metric, value, rival, difference):
    baselines = {
        "constant": {metric: 0.25},
        "gradient_boosting": {metric: rival},
        "ridge": {metric: None},
    }
    found = {metric: {"value": difference and value - rival, "ci95": difference}}
    best = {"name": "gradient_boosting", "differences": found}
    return {
        **OF_83,
        "test": {metric: value, "ci95": {metric: [0.0, 1.0]}},
        "baselines": baselines,
        "best_baseline": best,
    }


@pytest.mark.parametrize(
    ("kind", "metric", "value", "rival", "difference", "finding"),
    [
        (
            "classes",
            "accuracy",
            0.80,
            0.70,
            [0.01, 0.19],
            "Right for 80 of 100 songs, better than every baseline",
        ),
        (
            "classes",
            "accuracy",
            0.80,
            0.70,
            [-0.01, 0.21],
            "Right for 80 of 100 songs, not clearly better than gradient boosting",
        ),
        (
            "classes",
            "accuracy",
            0.80,
            0.82,
            [-0.05, 0.01],
            "Right for 80 of 100 songs, no better than gradient boosting",
        ),
        (
            "classes",
            "accuracy",
            0.80,
            0.80,
            [0.0, 0.0],
            "Right for 80 of 100 songs, no better than gradient boosting",
        ),
        (
            "classes",
            "accuracy",
            0.80,
            0.82,
            [-0.03, -0.01],
            "Right for 80 of 100 songs, worse than gradient boosting",
        ),
        ("classes", "accuracy", 0.80, 0.90, None, "Right for 80 of 100 songs"),
        (
            "values",
            "mae",
            0.10,
            0.14,
            [-0.06, -0.02],
            "Off by 0.100 on average, better than every baseline",
        ),
        (
            "values",
            "mae",
            0.10,
            0.14,
            [-0.09, 0.01],
            "Off by 0.100 on average, not clearly better than gradient boosting",
        ),
        (
            "values",
            "mae",
            0.10,
            0.095,
            [-0.01, 0.02],
            "Off by 0.100 on average, no better than gradient boosting",
        ),
        (
            "values",
            "mae",
            0.10,
            0.095,
            [0.001, 0.009],
            "Off by 0.100 on average, worse than gradient boosting",
        ),
        (
            "labels",
            "roc_auc",
            0.80,
            0.70,
            [0.05, 0.15],
            "Ranks 80 of 100 pairs of songs correctly, better than every baseline",
        ),
        (
            "labels",
            "roc_auc",
            0.80,
            0.90,
            [-0.15, -0.05],
            "Ranks 80 of 100 pairs of songs correctly, worse than gradient boosting",
        ),
        ("labels", "roc_auc", None, 0.90, None, "No label could be scored"),
    ],
)
def test_headline_claims_no_more_than_the_interval_of_the_lead_allows(
    kind, metric, value, rival, difference, finding
):
    found = summary.verdict(TARGETS[kind], figures(metric, value, rival, difference))
    assert found.rival == "gradient_boosting"
    assert summary.headline(found) == finding


def few_songs(accuracy_lead, loss_lead):
    """Figures of so few songs that the log loss decides."""
    found = figures("accuracy", 0.80, 0.82, [accuracy_lead - 0.05, accuracy_lead + 0.05])
    found["best_baseline"] |= {"by": "log_loss"}
    found["best_baseline"]["differences"]["log_loss"] = {
        "value": -loss_lead,
        "ci95": [-loss_lead - 0.03, -loss_lead + 0.03],
    }
    return found


@pytest.mark.parametrize(
    ("loss_lead", "finding"),
    [
        (0.07, "better probabilities than every baseline"),
        (0.01, "not clearly better probabilities than gradient boosting"),
        (-0.01, "no better probabilities than gradient boosting"),
        (-0.07, "worse probabilities than gradient boosting"),
    ],
)
def test_where_songs_are_few_the_probabilities_decide(loss_lead, finding):
    found = summary.verdict(TARGETS["classes"], few_songs(-0.02, loss_lead))
    assert summary.headline(found) == f"Right for 80 of 100 songs, {finding}"
    better = "better" if loss_lead > 0 else "worse"
    assert summary.told_leads(found) == (
        f"beside gradient boosting: log loss {abs(loss_lead):.3f} {better} "
        f"[{loss_lead - 0.03:+.3f}, {loss_lead + 0.03:+.3f}], "
        "accuracy 0.020 worse [-0.070, +0.030]"
    )


def test_no_baselines_no_comparison():
    found = summary.verdict(
        TARGETS["classes"],
        {**OF_83, "test": {"accuracy": 0.8, "ci95": {"accuracy": [0.7, 0.9]}}, "baselines": {}},
    )
    assert (found.rival, found.standing) == (None, None)
    assert summary.headline(found) == "Right for 80 of 100 songs"


def test_few_right_answers_are_counted_and_no_share_of_a_hundred():
    few = {"data": {"rows": 7}, "split": {"sizes": {"test": 1}}}
    folds = {"data": {"rows": 39}, "split": {"sizes": {"test": 4}}, "cv": {}}
    for songs, accuracy, told in (
        (few, 1.0, "1 of 1 test song"),
        (folds, 0.744, "29 of 39 test songs"),
    ):
        found = {**figures("accuracy", accuracy, 0.7, None), **songs}
        assert summary.headline(summary.verdict(TARGETS["classes"], found)) == f"Right for {told}"


def test_leaks_are_counted_and_unknown_ones_not_claimed():
    assert summary.leaks({"shared_artists": 3, "shared_ids": 0, "shared_audio": None}) == [
        "3 artists"
    ]


def test_how_many_songs_would_do_where_few_are_tested():
    metrics = {"data": {"source": "table", "rows": 40}, "split": {"sizes": {"test": 8}}}
    (few,) = summary.cautions(metrics)
    assert few == (
        "8 test songs are too few to compare models. About 500 songs would give the 100 test songs "
        "needed. Or test every song, with --folds 10."
    )
    (few,) = summary.cautions({**metrics, "cv": {}})
    assert few == "40 test songs are too few to compare models. About 100 would do."
