"""Any column of numbers can be predicted, within a range of its own."""

import numpy as np
import pandas as pd
import pytest

import kerasfeat as kf

SMALL = {"epochs": 2, "submodels": 2, "units": 7}


@pytest.fixture(scope="module")
def ratings():
    """Ratings of emotions: valence and arousal from 1 to 9, wonder on a scale of its own."""
    rng = np.random.default_rng(11)
    energy = rng.random(90).round(3)
    return pd.DataFrame(
        {
            "song_id": [f"r{song}" for song in range(90)],
            "artist": [f"artist {song // 2}" for song in range(90)],
            "energy": energy,
            "tempo": (80 + 50 * rng.random(90)).round(1),
            "valence": (1 + 8 * rng.random(90)).round(2),
            "arousal": (1.5 + 6 * energy).round(2),
            "wonder": (-3 + 20 * rng.random(90)).round(1),
        }
    )


def fit(table, out, **options):
    return kf.fit(
        table, task="attributes", members=["network"], hyperparameters=SMALL, out=out, **options
    )


def test_numbers_are_predicted_in_the_range_that_is_given(ratings, tmp_path):
    ratings.to_csv(tmp_path / "ratings.csv", index=False)
    ranges = {"valence": (1, 9), "arousal": (1, 9)}
    options = {"targets": ["valence", "arousal"], "ranges": ranges}
    run = fit(tmp_path / "ratings.csv", tmp_path / "run", **options)
    tested = run.predictions.set_index("track_id")
    truth = ratings.set_index("song_id").loc[tested.index]
    for name in ("valence", "arousal"):
        np.testing.assert_allclose(tested[f"true_{name}"], truth[name], atol=1e-5)
        assert tested[f"predicted_{name}"].between(1, 9).all()
    error = (tested["true_arousal"] - tested["predicted_arousal"]).abs().mean() / 8
    assert run.metrics["test"]["arousal/mae"] == pytest.approx(error, abs=1e-5)
    answers = run.predict(tmp_path / "ratings.csv").set_index("track_id")
    predicted = answers.loc[tested.index, "valence"].astype(float)
    np.testing.assert_allclose(predicted, tested["predicted_valence"], atol=1e-4)


def test_a_range_is_read_from_the_table_and_told(ratings, tmp_path, capfd):
    run = fit(ratings, tmp_path / "run", targets=["wonder"])
    least, most = ratings["wonder"].min(), ratings["wonder"].max()
    assert f"wonder is from {least:g} to {most:g} in this table" in capfd.readouterr().err
    assert run.spec.ranges == {"wonder": (least, most)}
    assert run.predictions["predicted_wonder"].between(least, most).all()
    fields = {column for field in run.state["fields"] for column in field["columns"]}
    assert "wonder" not in fields


@pytest.mark.parametrize(
    "options, message",
    [
        ({"targets": ["arousal"], "ranges": {"arousal": (2, 5)}}, "beyond its range of 2 to 5"),
        ({"targets": ["arousal"], "ranges": {"arousal": (9, 1)}}, "must be the smaller one"),
        ({"targets": ["arousal"], "ranges": {"wonder": (0, 1)}}, "unknown target with a range"),
        ({"targets": ["wander"]}, "no column for task 'attributes': wander;.* mean wonder?"),
        ({"targets": ["valence"], "ranges": {"valence": (9, 1)}}, "must be the smaller one"),
    ],
)
def test_what_can_be_no_range_is_told(ratings, tmp_path, options, message):
    with pytest.raises(kf.KerasfeatError, match=message):
        fit(ratings, tmp_path / "run", **options)


def test_songs_in_memory_are_read_in_the_ranges_of_a_file(ratings, tmp_path):
    asked = {"targets": ["valence"], "ranges": {"valence": (1, 9)}}
    ratings.to_csv(tmp_path / "ratings.csv", index=False)
    loaded = kf.load_songs(ratings, ranges=asked["ranges"])
    runs = [
        fit(table, tmp_path / f"run{number}", **asked)
        for number, table in enumerate((tmp_path / "ratings.csv", ratings, loaded))
    ]
    for run in runs[1:]:
        assert run.metrics["test"] == runs[0].metrics["test"]
    others = ratings.assign(song_id=[f"s{song}" for song in range(90)], artist=None)
    others["energy"] /= 2
    scored = runs[0].evaluate(others)["test"]
    assert runs[0].evaluate(kf.load_songs(others, ranges=asked["ranges"]))["test"] == scored
    with pytest.raises(kf.KerasfeatError, match=r"give the ranges to load_songs too \(ranges="):
        fit(kf.load_songs(ratings), tmp_path / "run", **asked)
    with pytest.raises(kf.KerasfeatError, match="valence was read on another scale than 1 to 9"):
        runs[0].evaluate(kf.load_songs(others))


def test_a_dataframe_is_as_strict_as_a_file(ratings, tmp_path):
    ratings = ratings.assign(tempo=ratings["tempo"].astype(str).where(ratings.index != 3, "fast"))
    ratings.to_csv(tmp_path / "ratings.csv", index=False)
    for table in (tmp_path / "ratings.csv", ratings, kf.load_songs(ratings)):
        with pytest.raises(kf.KerasfeatError, match="can't be used(.|\n)*tempo"):
            fit(table, tmp_path / "run", targets=["arousal"], strict=True)


def test_other_tasks_keep_their_numbers(ratings, tmp_path):
    with pytest.raises(kf.KerasfeatError, match="unknown target 'arousal'"):
        kf.fit(ratings, task="danceability", targets=["arousal"], out=tmp_path / "run")
