import json

import numpy as np
import pandas as pd
import pytest

from kerasfeat.evaluation import bootstrap
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target

MOOD, GENRES = Multiclass("mood", tuple("abcde")), Multilabel("genres", tuple("abcde"))
PAIR, VALENCE = Regression(("valence", "energy")), Regression(("valence",))


def draw_classes(seed, songs=83, classes=5):
    draw = np.random.default_rng(seed)
    true = draw.integers(classes - 1, size=songs)  # the last label is never true
    return true, draw.dirichlet(np.ones(classes) / 2, songs).astype("float32") + 0.4 * np.eye(
        classes, dtype="float32"
    )[true]


def draw_values(seed: int, songs: int = 83) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    true = np.stack(
        [draw.random(songs), draw.integers(5, size=songs) / 5], axis=1
    )  # energy has ties
    predicted = true + draw.normal(0, 0.2, true.shape)
    true[:7, 1] = np.nan
    return true, predicted


def draw_labels(seed, songs=83):
    draw = np.random.default_rng(seed)
    true = draw.random((songs, 5)) < [0.5, 0.3, 0.1, 0.02, 0]  # the last label is never true
    return true, (0.6 * draw.random((songs, 5)) + 0.4 * true).round(1)  # with ties


def intervals(
    target: Target,
    true: np.ndarray,
    predicted: np.ndarray,
    unit: np.ndarray | None = None,
    samples: int = 1000,
    seed: int = 0,
) -> dict[str, list[float] | None]:
    """Of scores; of songs by as many artists, unless `unit` tells whose they are."""
    (drawn,) = bootstrap.draws(
        [target.scorer(true, predicted)],
        np.arange(len(true)) if unit is None else unit,
        samples,
        seed,
    )
    return bootstrap.intervals(target.score(true, predicted), drawn)


@pytest.mark.parametrize(
    ("target", "answers"), [(MOOD, draw_classes), (PAIR, draw_values), (GENRES, draw_labels)]
)
def test_a_draw_is_the_score_of_the_songs_that_were_drawn(target, answers):
    true, predicted = answers(3)
    unit = np.arange(83) // 3
    (drawn,) = bootstrap.draws([target.scorer(true, predicted)], unit, samples=5, seed=7)
    draw = np.random.default_rng(7)
    for sample in range(5):
        artists = draw.integers(28, size=28)
        rows = np.concatenate([np.flatnonzero(unit == artist) for artist in artists])
        wanted = {
            name: value
            for name, value in target.score(true[rows], predicted[rows]).items()
            if not isinstance(value, (dict, list))
        }
        found = {name: values[sample] for name, values in drawn.items()}
        assert found == pytest.approx(
            {name: np.nan if value is None else value for name, value in wanted.items()},
            nan_ok=True,
        )


def test_intervals_hold_the_score_and_repeat():
    true, probabilities = draw_classes(0)
    first = intervals(MOOD, true, probabilities, samples=200, seed=5)
    scores = MOOD.score(true, probabilities)
    assert first == intervals(MOOD, true, probabilities, samples=200, seed=5)
    assert first != intervals(MOOD, true, probabilities, samples=200, seed=6)
    assert set(first) == set(scores) - {"per_class", "confusion"}
    for name in ("accuracy", "balanced_accuracy", "log_loss"):
        assert first[name][0] < scores[name] < first[name][1]


def test_scores_stand_beside_their_intervals():
    found = bootstrap.with_intervals(GENRES, *draw_labels(2), np.arange(83))
    assert found["ci95"] == intervals(GENRES, *draw_labels(2))
    assert found.keys() - {"ci95"} == GENRES.score(*draw_labels(2)).keys()


def test_an_accuracy_is_covered_about_as_often_as_promised():
    draw = np.random.default_rng(0)
    truth, songs, covered = 0.7, 97, 0
    for trial in range(60):
        right = draw.random(songs) < truth
        probabilities = np.where(right[:, None], [[0.8, 0.2]], [[0.2, 0.8]])
        low, high = intervals(
            Multiclass("mood", ("a", "b")),
            np.zeros(songs, int),
            probabilities,
            samples=200,
            seed=trial,
        )["accuracy"]
        covered += low <= truth <= high
    assert covered >= 51


def test_undefined_metrics_have_no_interval():
    true = np.array([[0.1], [0.4], [0.3], [0.9]])
    found = intervals(VALENCE, true, np.full((4, 1), 0.2), samples=50)
    assert found["pearson"] is None and found["valence/spearman"] is None
    assert found["mae"][0] < found["mae"][1]
    json.dumps(found, allow_nan=False)
    found = intervals(GENRES, *draw_labels(0), samples=50)
    assert (
        found["e/roc_auc"] is None
        and found["a/roc_auc"][0] < found["a/roc_auc"][1]
        and found["roc_auc"][0] < found["roc_auc"][1]
    )
    json.dumps(found, allow_nan=False)


def test_a_target_without_truth_has_no_interval():
    true, predicted = draw_values(0)
    true[:, 1] = np.nan
    found = intervals(PAIR, true, predicted, samples=50)
    assert found["energy/mae"] is None
    assert found["mae"] == found["valence/mae"]


def test_songs_of_one_artist_count_as_one_draw():
    true, predicted = np.repeat(np.linspace(0.1, 0.9, 17), 5)[:, None], np.full((85, 1), 0.4)
    alone, together = (
        intervals(VALENCE, true, predicted, unit=unit, samples=400)["mae"]
        for unit in (None, np.repeat(np.arange(17), 5))
    )
    # The five songs of an artist say what one does: the interval is as wide as that of 17 songs.
    once = intervals(VALENCE, true[::5], predicted[::5], samples=400)["mae"]
    assert together == pytest.approx(once) and together[1] - together[0] > 1.8 * (
        alone[1] - alone[0]
    )


@pytest.mark.parametrize(
    ("artists", "resampled", "units"),
    [(["A", "B", "A", "C"], "artist", 3), (["A"] * 4, "track", 4), ([None] * 4, "track", 4)],
)
def test_what_a_resample_draws(artists, resampled, units):
    frame = pd.DataFrame({"title": list("wxyz"), "artist": artists})
    unit, told = bootstrap.units(frame)
    assert told == {"resampled": resampled, "units": units} and len(set(unit)) == units


def test_a_resample_draws_artists_by_the_rule_of_the_split():
    frame = pd.DataFrame(
        {"title": list("uvwxyz"), "artist": ["A; B", "B", "C feat. D", "D", "E, A", "F"]}
    )
    unit, told = bootstrap.units(frame)
    assert unit.tolist() == [0, 0, 1, 1, 0, 2] and told == {"resampled": "artist", "units": 3}
    # What a run's split held together, whatever a file of its test songs shows of it.
    unit, told = bootstrap.units(frame.assign(group=["7", "7", "9", "9", "7", "9"]))
    assert unit.tolist() == [0, 0, 1, 1, 0, 1] and told == {"resampled": "artist", "units": 2}


def test_the_lead_over_the_best_baseline_is_of_the_same_songs():
    draw = np.random.default_rng(1)
    true = draw.random((83, 1))
    error = draw.normal(0, 0.2, (83, 1))
    predicted = true + 0.9 * error
    simple = {"constant": np.full((83, 1), 0.5), "ridge": true + error}
    frame = pd.DataFrame(
        {
            "title": [f"Song {n}" for n in range(83)],
            "artist": [f"Artist {n % 37}" for n in range(83)],
        }
    )
    found = bootstrap.against_baselines(VALENCE, true, predicted, simple, frame, samples=200)
    assert (found["resampled"], found["units"], found["best_baseline"]["name"]) == (
        "artist",
        37,
        "ridge",
    )
    lead = found["best_baseline"]["differences"]["mae"]
    assert lead["value"] == pytest.approx(found["test"]["mae"] - found["baselines"]["ridge"]["mae"])
    # Its own interval holds the baseline's score, but it is nearer on every song: the difference is
    # beyond doubt.
    low, high = found["test"]["ci95"]["mae"]
    assert low < found["baselines"]["ridge"]["mae"] < high and lead["ci95"][1] < 0


@pytest.mark.parametrize(
    ("songs", "by", "best"), [(97, "log_loss", "sure"), (2003, "accuracy", "right")]
)
def test_few_songs_tell_good_baselines_apart_by_their_probabilities(songs, by, best):
    target, true = Multiclass("mood", ("a", "b")), np.arange(songs) % 2
    own = np.eye(2)[true] * 0.6 + 0.2
    wrong = np.arange(songs) % 29 == 0
    simple = {
        "right": np.where(np.eye(2)[true] > 0, 0.51, 0.49),
        "sure": np.eye(2)[np.where(wrong, 1 - true, true)] * 0.8 + 0.1,
    }
    frame = pd.DataFrame({"title": [str(song) for song in range(songs)]})
    found = bootstrap.against_baselines(target, true, own, simple, frame, samples=20)
    assert (found["best_baseline"]["name"], found["best_baseline"]["by"]) == (best, by)


def test_no_best_baseline_where_none_can_be_scored():
    true = np.array([[True, False]] * 3)
    frame = pd.DataFrame({"title": list("xyz"), "artist": list("abc")})
    target, simple = Multilabel("genres", ("a", "b")), {"constant": np.full((3, 2), 0.5)}
    found = bootstrap.against_baselines(
        target, true, np.full((3, 2), 0.7), simple, frame, samples=50
    )
    assert found["test"]["roc_auc"] is None and "best_baseline" not in found
