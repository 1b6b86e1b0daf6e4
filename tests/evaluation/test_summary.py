import pytest

from kerasfeat.evaluation import summary


def figures(metric, value, interval, rival):
    baselines = {"constant": {metric: 0.25}, "gradient_boosting": {metric: rival}, "ridge": {metric: None}}
    return {"test": {metric: value, "ci95": {metric: interval} if interval else {}}, "baselines": baselines}


@pytest.mark.parametrize(
    ("kind", "metric", "value", "interval", "rival", "finding"),
    [
        ("classes", "accuracy", 0.80, [0.76, 0.84], 0.70, "Right for 80 of 100 songs, better than every baseline"),
        ("classes", "accuracy", 0.80, [0.76, 0.84], 0.79, "Right for 80 of 100 songs, not clearly better than gradient boosting"),
        ("classes", "accuracy", 0.80, [0.76, 0.84], 0.82, "Right for 80 of 100 songs, no better than gradient boosting"),
        ("classes", "accuracy", 0.80, [0.76, 0.84], 0.80, "Right for 80 of 100 songs, no better than gradient boosting"),
        ("classes", "accuracy", 0.80, [0.76, 0.84], 0.90, "Right for 80 of 100 songs, worse than gradient boosting"),
        ("classes", "accuracy", 0.80, None, 0.90, "Right for 80 of 100 songs"),
        ("values", "mae", 0.10, [0.09, 0.11], 0.14, "Off by 0.100 on average, better than every baseline"),
        ("values", "mae", 0.10, [0.09, 0.11], 0.105, "Off by 0.100 on average, not clearly better than gradient boosting"),
        ("values", "mae", 0.10, [0.09, 0.11], 0.095, "Off by 0.100 on average, no better than gradient boosting"),
        ("values", "mae", 0.10, [0.09, 0.11], 0.08, "Off by 0.100 on average, worse than gradient boosting"),
        ("labels", "roc_auc", 0.80, [0.76, 0.84], 0.70, "Ranks 80 of 100 pairs of songs rightly, better than every baseline"),
        ("labels", "roc_auc", 0.80, [0.76, 0.84], 0.90, "Ranks 80 of 100 pairs of songs rightly, worse than gradient boosting"),
        ("labels", "roc_auc", None, None, 0.90, "No label could be scored"),
    ],
)
def test_headline_claims_no_more_than_the_interval_allows(kind, metric, value, interval, rival, finding):
    found = summary.verdict(kind, figures(metric, value, interval, rival))
    assert found.rival == "gradient_boosting"
    assert summary.headline(found) == finding


def test_no_baselines_no_comparison():
    found = summary.verdict("classes", {"test": {"accuracy": 0.8, "ci95": {"accuracy": [0.7, 0.9]}}, "baselines": {}})
    assert (found.rival, found.standing) == (None, None)
    assert summary.headline(found) == "Right for 80 of 100 songs"


def test_leaks_are_counted_and_unknown_ones_not_claimed():
    assert summary.leaks({"shared_artists": 3, "shared_ids": 0, "shared_audio": None}) == ["3 artists"]
