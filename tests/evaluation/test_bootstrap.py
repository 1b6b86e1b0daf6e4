import json

import numpy as np
import pandas as pd
import pytest

from kerasfeat.evaluation import bootstrap, metrics

LABELS = list("abcde")


def draw_classes(seed, songs=83, classes=5):
    draw = np.random.default_rng(seed)
    true = draw.integers(classes - 1, size=songs)  # the last label is never true
    return true, draw.dirichlet(np.ones(classes) / 2, songs).astype("float32") + 0.4 * np.eye(classes, dtype="float32")[true]


def draw_values(seed, songs=83):
    draw = np.random.default_rng(seed)
    true = {"valence": draw.random(songs), "energy": draw.integers(5, size=songs) / 5}  # energy has ties
    predicted = {target: values + draw.normal(0, 0.2, songs) for target, values in true.items()}
    true["energy"][:7] = np.nan
    return true, predicted


def draw_labels(seed, songs=83):
    draw = np.random.default_rng(seed)
    true = draw.random((songs, 5)) < [0.5, 0.3, 0.1, 0.02, 0]  # the last label is never true
    return true, (0.6 * draw.random((songs, 5)) + 0.4 * true).round(1)  # with ties


def defined(scores):
    """Without what is undefined on a resample, which is None there and NaN here."""
    return {name: value for name, value in scalars(scores).items() if value is not None and not np.isnan(value)}


def scalars(scores):
    return {name: value for name, value in scores.items() if not isinstance(value, (dict, list))}


def intervals(kind, true, predicted, labels=None, unit=None, samples=1000, seed=0):
    """Of scores; of songs by as many artists, unless `unit` tells whose they are."""
    scores, scorer = bootstrap.scorer(kind, true, predicted, labels)
    songs = len(next(iter(true.values()))) if kind == "values" else len(true)
    (drawn,) = bootstrap.draws([scorer], np.arange(songs) if unit is None else unit, samples, seed)
    return bootstrap.intervals(scores, drawn)


@pytest.mark.parametrize("seed", range(4))
def test_counting_every_song_once_gives_the_metrics(seed):
    true, probabilities = draw_classes(seed)
    found = bootstrap.class_scorer(true, probabilities)(np.ones(len(true)))
    assert found == pytest.approx(scalars(metrics.classification(true, probabilities, LABELS)))
    true, predicted = draw_values(seed)
    found = bootstrap.value_scorer(true, predicted)(np.ones(len(true["valence"])))
    assert found == pytest.approx(metrics.regression(true, predicted))
    true, probabilities = draw_labels(seed)
    found = bootstrap.label_scorer(true, probabilities, LABELS)(np.ones(len(true)))
    assert defined(found) == pytest.approx(defined(metrics.multilabel(true, probabilities, LABELS)))


@pytest.mark.parametrize("seed", range(4))
def test_counting_songs_equals_repeating_them(seed):
    rows = np.random.default_rng(seed).integers(83, size=83)
    counts = np.bincount(rows, minlength=83).astype(float)
    true, probabilities = draw_classes(seed)
    repeated = metrics.classification(true[rows], probabilities[rows], LABELS)
    assert bootstrap.class_scorer(true, probabilities)(counts) == pytest.approx(scalars(repeated))
    true, predicted = draw_values(seed)
    repeated = metrics.regression({t: v[rows] for t, v in true.items()}, {t: v[rows] for t, v in predicted.items()})
    assert bootstrap.value_scorer(true, predicted)(counts) == pytest.approx(repeated)
    true, probabilities = draw_labels(seed)
    repeated = metrics.multilabel(true[rows], probabilities[rows], LABELS)
    assert defined(bootstrap.label_scorer(true, probabilities, LABELS)(counts)) == pytest.approx(defined(repeated))


def test_intervals_hold_the_score_and_repeat():
    true, probabilities = draw_classes(0)
    first = intervals("classes", true, probabilities, LABELS, samples=200, seed=5)
    scores = scalars(metrics.classification(true, probabilities, LABELS))
    assert first == intervals("classes", true, probabilities, LABELS, samples=200, seed=5)
    assert first != intervals("classes", true, probabilities, LABELS, samples=200, seed=6)
    assert set(first) == set(scores)
    for name in ("accuracy", "balanced_accuracy", "log_loss"):
        assert first[name][0] < scores[name] < first[name][1]


def test_an_accuracy_is_covered_about_as_often_as_promised():
    draw = np.random.default_rng(0)
    truth, songs, covered = 0.7, 97, 0
    for trial in range(60):
        right = draw.random(songs) < truth
        probabilities = np.where(right[:, None], [[0.8, 0.2]], [[0.2, 0.8]])
        low, high = intervals("classes", np.zeros(songs, int), probabilities, ["a", "b"], samples=200, seed=trial)["accuracy"]
        covered += low <= truth <= high
    assert covered >= 51


def test_undefined_metrics_have_no_interval():
    true = {"valence": np.array([0.1, 0.4, 0.3, 0.9])}
    found = intervals("values", true, {"valence": np.full(4, 0.2)}, samples=50)
    assert found["pearson"] is None and found["valence/spearman"] is None
    assert found["mae"][0] < found["mae"][1]
    json.dumps(found, allow_nan=False)
    found = intervals("labels", *draw_labels(0), LABELS, samples=50)
    assert found["e/roc_auc"] is None and found["a/roc_auc"][0] < found["a/roc_auc"][1] and found["roc_auc"][0] < found["roc_auc"][1]
    json.dumps(found, allow_nan=False)


def test_a_target_without_truth_has_no_interval():
    true, predicted = draw_values(0)
    true["energy"][:] = np.nan
    found = intervals("values", true, predicted, samples=50)
    assert found["energy/mae"] is None
    assert found["mae"] == found["valence/mae"]


def test_songs_of_one_artist_count_as_one_draw():
    true = {"valence": np.repeat(np.linspace(0.1, 0.9, 17), 5)}
    predicted = {"valence": np.full(85, 0.4)}
    alone, together = (intervals("values", true, predicted, unit=unit, samples=400)["mae"] for unit in (None, np.repeat(np.arange(17), 5)))
    # The five songs of an artist say what one does: the interval is as wide as that of 17 songs.
    once = intervals("values", {"valence": true["valence"][::5]}, {"valence": predicted["valence"][::5]}, samples=400)["mae"]
    assert together == pytest.approx(once) and together[1] - together[0] > 1.8 * (alone[1] - alone[0])


@pytest.mark.parametrize(
    ("artists", "resampled", "units"),
    [(["A", "B", "A", "C"], "artist", 3), (["A"] * 4, "track", 4), ([None] * 4, "track", 4)],
)
def test_what_a_resample_draws(artists, resampled, units):
    frame = pd.DataFrame({"title": list("wxyz"), "artist": artists})
    unit, told = bootstrap.units(frame)
    assert told == {"resampled": resampled, "units": units} and len(set(unit)) == units


def test_a_resample_draws_artists_by_the_rule_of_the_split():
    frame = pd.DataFrame({"title": list("uvwxyz"), "artist": ["A; B", "B", "C feat. D", "D", "E, A", "F"]})
    unit, told = bootstrap.units(frame)
    assert unit.tolist() == [0, 0, 1, 1, 0, 2] and told == {"resampled": "artist", "units": 3}
    # What a run's split held together, whatever a file of its test songs shows of it.
    unit, told = bootstrap.units(frame.assign(group=["7", "7", "9", "9", "7", "9"]))
    assert unit.tolist() == [0, 0, 1, 1, 0, 1] and told == {"resampled": "artist", "units": 2}


def test_the_lead_over_the_best_baseline_is_of_the_same_songs():
    draw = np.random.default_rng(1)
    true = {"valence": draw.random(83)}
    error = draw.normal(0, 0.2, 83)
    predicted = {"valence": true["valence"] + 0.9 * error}
    simple = {"constant": {"valence": np.full(83, 0.5)}, "ridge": {"valence": true["valence"] + error}}
    frame = pd.DataFrame({"title": [f"Song {n}" for n in range(83)], "artist": [f"Artist {n % 37}" for n in range(83)]})
    found = bootstrap.against_baselines("values", true, predicted, simple, None, frame, samples=200)
    assert (found["resampled"], found["units"], found["best_baseline"]["name"]) == ("artist", 37, "ridge")
    lead = found["best_baseline"]["differences"]["mae"]
    assert lead["value"] == pytest.approx(found["test"]["mae"] - found["baselines"]["ridge"]["mae"])
    # Its own interval holds the baseline's score, but it is nearer on every song: the difference is beyond doubt.
    low, high = found["test"]["ci95"]["mae"]
    assert low < found["baselines"]["ridge"]["mae"] < high and lead["ci95"][1] < 0


def test_no_best_baseline_where_none_can_be_scored():
    true = np.array([[True, False]] * 3)
    frame = pd.DataFrame({"title": list("xyz"), "artist": list("abc")})
    found = bootstrap.against_baselines(
        "labels", true, np.full((3, 2), 0.7), {"constant": np.full((3, 2), 0.5)}, ["a", "b"], frame, samples=50
    )
    assert found["test"]["roc_auc"] is None and "best_baseline" not in found
