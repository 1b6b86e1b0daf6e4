"""Splits: whole artists on one side, every class in train, the same for the same seed, and no leak
unnoticed.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasfeat import KerasfeatError
from kerasfeat.songs import splits
from kerasfeat.songs.loading import load_songs

PARTS = {"train", "validation", "test"}


def table(**columns):
    return pd.DataFrame(columns)


def sides(parts, groups):
    """The number of parts that each group is in."""
    return pd.DataFrame({"part": parts, "group": groups}).groupby("group")["part"].nunique()


@st.composite
def corpora(draw, values=False):
    """(y, groups) of 20 to 120 songs in groups of at most 5 and of one class each, with at least 5
    groups a class.
    """
    classes = draw(st.integers(2, 4))
    sizes = draw(st.lists(st.integers(1, 5), min_size=5 * classes, max_size=40))
    groups = np.repeat(np.arange(len(sizes)), sizes)
    order = np.array(draw(st.permutations(range(len(groups)))))
    groups = groups[order]
    if values:
        y = np.array(
            draw(
                st.lists(
                    st.floats(0, 1) | st.just(np.nan), min_size=len(groups), max_size=len(groups)
                )
            )
        )
        return y, groups
    return np.array([f"class{group % classes}" for group in groups]), groups


@settings(max_examples=40, deadline=None)
@given(corpora(), st.integers(0, 2**31))
def test_a_split_keeps_groups_whole_and_classes_in_train(corpus, seed):
    y, groups = corpus
    parts = splits.split(y, groups, seed)
    assert set(parts) == PARTS and len(parts) == len(y)
    assert sides(parts, groups).max() == 1
    assert set(y[parts == "train"]) == set(y)
    np.testing.assert_array_equal(parts, splits.split(y, groups, seed))


@settings(max_examples=40, deadline=None)
@given(corpora(values=True), st.integers(0, 2**31))
def test_numbers_split_with_missing_ones(corpus, seed):
    y, groups = corpus
    for targets in (y, np.stack([y, y[::-1]], axis=1)):
        parts = splits.split(targets, groups, seed)
        assert set(parts) == PARTS and sides(parts, groups).max() == 1


@settings(max_examples=40, deadline=None)
@given(corpora(values=True), st.integers(1, 7), st.integers(0, 2**31))
def test_songs_of_any_number_of_labels_split(corpus, labels, seed):
    y, groups = corpus
    has = np.random.default_rng(seed).random((len(y), labels)) < 0.3  # some songs have none
    parts = splits.split(has, groups, seed)
    assert set(parts) == PARTS and sides(parts, groups).max() == 1
    assigned = splits.folds(has, groups, 3, seed)
    assert np.sum([parts == "test" for parts in assigned], axis=0).tolist() == [1] * len(y)


def test_every_label_has_its_share_of_each_part():
    rng = np.random.default_rng(0)
    has = rng.random((900, 5)) < [0.5, 0.3, 0.2, 0.1, 0.05]
    artists = np.arange(900) // 3
    tested = np.array([splits.split(has, artists, seed) == "test" for seed in range(8)])
    for songs in [*has.T, ~has.any(axis=1)]:
        shares = tested[:, songs].mean(axis=1)
        assert shares.mean() == pytest.approx(0.15, abs=0.03)
        assert np.abs(shares - 0.15).max() < 0.08


def test_artists_of_several_classes_are_in_every_part_alike():
    """They are harder to tell than others: a validation set of them says too little of a model."""
    rng = np.random.default_rng(4)
    sizes = rng.geometric(0.25, 600)
    groups = np.repeat(np.arange(600), sizes)
    of_several = np.arange(600) % 3 == 0
    own = rng.integers(0, 5, 600)
    drawn = rng.integers(0, 5, len(groups))
    y = np.where(of_several[groups], drawn, own[groups]).astype(str)
    among = pd.Series(y).groupby(groups).transform("nunique").to_numpy() > 1
    for parts in [splits.split(y, groups, 1), *splits.folds(y, groups, 5, 1)[:3]]:
        shares = pd.Series(among).groupby(parts).mean()
        assert (shares - among.mean()).abs().max() < 0.05
        mean_sizes = pd.Series(sizes[groups]).groupby(parts).mean()
        assert (mean_sizes / sizes[groups].mean() - 1).abs().max() < 0.1


@settings(max_examples=25, deadline=None)
@given(corpora(), st.integers(2, 5), st.integers(0, 2**31))
def test_each_song_is_tested_once(corpus, k, seed):
    y, groups = corpus
    found = splits.folds(y, groups, k, seed)
    assert len(found) == k
    np.testing.assert_array_equal(
        sum((parts == "test").astype(int) for parts in found), np.ones(len(y))
    )
    for parts, again in zip(found, splits.folds(y, groups, k, seed), strict=True):
        assert set(parts) == PARTS and sides(parts, groups).max() == 1
        assert set(y[parts == "train"]) == set(y)
        np.testing.assert_array_equal(parts, again)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 7))
def test_small_groups_give_the_same_share_of_each_class(seed, k):
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 130, 301)
    y = rng.choice(["a", "b", "c"], 301, p=[0.6, 0.3, 0.1])
    shares = pd.crosstab(y, splits.split(y, groups, seed), normalize="index")
    assert (shares[["validation", "test"]] - 0.15).abs().max().max() < 0.08
    tested = pd.crosstab(
        y,
        sum(
            index * (parts == "test")
            for index, parts in enumerate(splits.folds(y, groups, k, seed))
        ),
    )
    assert (tested.max(axis=1) - tested.min(axis=1)).max() <= 6


def test_balance_equals_scikit_learns_on_real_songs(shared_data):
    from sklearn.model_selection import StratifiedGroupKFold

    frame = load_songs(shared_data / "moods.csv").frame
    groups, _ = splits.groups(frame)
    y = frame["mood"].to_numpy()

    def spread(tests):
        counts = pd.concat([pd.Series(y[test]).value_counts() for test in tests], axis=1)
        return (counts.max(axis=1) - counts.min(axis=1)).max()

    ours = spread([parts == "test" for parts in splits.folds(y, groups, 10, seed=3)])
    theirs = spread(
        [
            test
            for _, test in StratifiedGroupKFold(10, shuffle=True, random_state=3).split(
                y, y, groups
            )
        ]
    )
    assert ours <= theirs + 1


def test_numbers_are_spread_alike():
    rng = np.random.default_rng(5)
    y = rng.beta(0.5, 2, 400)
    parts = splits.split(y, np.arange(400), seed=1)
    means = pd.Series(y).groupby(parts).mean()
    assert (means - y.mean()).abs().max() < 0.03
    assert pd.Series(parts).value_counts().to_dict() == {"train": 280, "validation": 60, "test": 60}


def test_seeds_give_different_splits():
    y, groups = np.repeat(["a", "b"], 50), np.arange(100)
    assert (splits.split(y, groups, 1) != splits.split(y, groups, 2)).any()


def test_a_giant_artist_goes_to_train():
    groups = np.array([0] * 60 + list(range(1, 41)))
    y = np.array(["a", "b"] * 50)
    parts = splits.split(y, groups, 7)
    assert set(parts[:60]) == {"train"} and {"validation", "test"} <= set(parts[60:])


def test_a_class_with_one_artist_stays_in_train():
    y = np.array(["common"] * 30 + ["rare"] * 3)
    groups = np.array([*range(30), 99, 99, 99])
    assert set(splits.split(y, groups, 0)[30:]) == {"train"}
    with pytest.raises(
        KerasfeatError,
        match=r"5 folds need every class in test.*'rare' \(3 songs by 1 artist\).*drop the rare",
    ):
        splits.folds(y, groups, 5, 0)


def test_impossible_splits_are_refused():
    with pytest.raises(
        KerasfeatError, match=r"nothing can be spared for validation.*'a' \(1 song by 1 artist\)"
    ):
        splits.split(np.array(["a", "b", "c"]), np.arange(3), 0)
    with pytest.raises(KerasfeatError, match="5 songs by 1 artist "):
        splits.split(np.array(["a"] * 5), np.zeros(5, int), 0)
    with pytest.raises(KerasfeatError, match="no songs"):
        splits.split(np.array([]), np.array([]), 0)
    with pytest.raises(KerasfeatError, match="2 songs have no label"):
        splits.split(np.array(["a", None, None], dtype=object), np.arange(3), 0)
    for k, message in (
        (1, "ask for at least 2"),
        (0, "ask for at least 2"),
        (13, "13 folds need at least 13 artists.*there are 12"),
    ):
        with pytest.raises(KerasfeatError, match=message):
            splits.folds(np.array(["a", "b"] * 6), np.arange(12), k, 0)


def test_as_few_songs_as_can_be():
    assert set(splits.split(np.array(["a", "a", "a"]), np.arange(3), 0)) == PARTS
    assert all(
        set(parts) == PARTS for parts in splits.folds(np.array([0.1, 0.5, 0.9]), np.arange(3), 3, 0)
    )


def test_songs_by_any_common_artist_belong_together():
    frame = table(
        track_id=list("abcdefg"),
        artists=[
            ("Ann",),
            ("Bob", "ann "),
            ("Cem",),
            ("BOB",),
            ("Ａｎｎ",),
            (),
            ("Straße", "Cem  X"),
        ],
    )
    groups, strategy = splits.groups(frame)
    assert strategy == "artist"
    assert groups.tolist() == [0, 0, 1, 0, 0, 2, 3]


def test_nobody_is_no_artist():
    frame = table(
        artist=["Various Artists", "various artists", "Unknown", None, "Ann"],
        title=["x", "y", "x", "x", "z"],
    )
    assert splits.groups(frame)[0].tolist() == [0, 1, 2, 3, 4]
    same_work = table(artist=["Various Artists", "VARIOUS  ARTISTS"], title=["Blue", "blue "])
    assert splits.groups(same_work)[0].tolist() == [0, 0]


def test_songs_without_a_name_are_not_one_work():
    frame = table(
        title=["", "", "x", "x", "x", "y", " "],
        artist=["", "", "", "", "Ann", "", "Ann"],
        isrc=["", "I", "", "", "", "", ""],
    )
    groups, strategy = splits.groups(frame)
    assert groups.tolist() == [0, 1, 2, 3, 4, 5, 4] and strategy == "artist"


def test_isrc_and_content_join_songs():
    frame = table(track_id=list("abcde"), title=["x"] * 5, isrc=["I1", None, "I1", None, "I2"])
    groups, strategy = splits.groups(frame, content_keys=[None, "k1", None, None, "k1"])
    assert strategy == "track" and groups.tolist() == [0, 1, 0, 2, 1]
    assert splits.groups(table(track_id=["a", "b"]))[0].tolist() == [0, 1]


def test_rows_of_one_file_stay_on_one_side_where_its_content_is_not_known():
    frame = table(
        track_id=[f"t{row}" for row in range(42)],
        audio=[f"song {row // 2}.wav" for row in range(41)] + [None],
    )
    for keys in (None, [f"key {row // 2}" if row < 8 else None for row in range(42)]):
        groups, strategy = splits.groups(frame, keys)
        assert strategy == "track" and groups.max() + 1 == 22
        parts = splits.split(np.resize(["calm", "sad", "happy"], 42), groups, seed=0)
        assert splits.refuse_leaks(frame, parts, keys)["shared_audio"] == 0


def test_one_recording_in_several_formats_stays_on_one_side():
    names = ["a/x.flac", "a/x.MP3", "b/x.flac", "a/no.1", "a/no.2"]
    frame = table(track_id=list("vwxyz"), audio=names)
    assert splits.groups(frame, list("jklmn"))[0].tolist() == [0, 0, 1, 2, 3]
    parts = ["train", "test", "train", "train", "test"]
    assert splits.leaks(frame, parts, list("jklmn"))["shared_audio"] == 1


def test_joined_through_others():
    frame = table(
        artists=[("A", "B"), ("C", "D"), ("B", "C"), ("E",)], isrc=[None, None, None, None]
    )
    assert splits.groups(frame)[0].tolist() == [0, 0, 0, 1]


def test_real_artists_never_cross(shared_data):
    frame = load_songs(shared_data / "spotify_songs.csv").frame
    groups, strategy = splits.groups(frame)
    parts = splits.split(frame["genre"].to_numpy(), groups, seed=11)
    assert strategy == "artist" and groups.max() + 1 == 5321
    assert set(splits.refuse_leaks(frame, parts).values()) == {0}
    assert pd.Series(parts).value_counts(normalize=True).round(3).to_dict() == {
        "train": 0.7,
        "validation": 0.15,
        "test": 0.15,
    }


def test_the_tables_own_split():
    frame = table(split=["Train", "training", "valid ", "TEST", "testing", "dev", "Val"])
    parts = ["train", "train", "validation", "test", "test", "validation", "validation"]
    assert splits.from_table(frame).tolist() == parts
    with pytest.raises(KerasfeatError, match="holds empty cells, hold; allowed: train"):
        splits.from_table(table(split=["train", "hold", None]))
    with pytest.raises(KerasfeatError, match="no song of the part 'validation'"):
        splits.from_table(table(split=["train", "test"]))
    with pytest.raises(KerasfeatError, match="no column 'split'"):
        splits.from_table(table(mood=["sad"]))


def test_leaks_are_counted_and_refused():
    frame = table(
        track_id=["a", "b", "c", "d", "a"],
        artists=[("Ann",), ("Bob",), ("ann", "Cem"), ("Various Artists",), ("Various Artists",)],
        isrc=["I1", "I1", None, None, None],
        audio=["x.wav", "y.wav", "x.wav", None, None],
    )
    parts = np.array(["train", "test", "test", "train", "validation"])
    assert splits.leaks(frame, parts) == {
        "shared_artists": 1,
        "shared_ids": 2,
        "shared_audio": 1,
        "shared_songs": 0,
    }
    assert splits.leaks(frame, parts, content_keys=["c", "k", "d", "k", "k"])["shared_audio"] == 1
    assert splits.leaks(frame, parts, content_keys=[None] * 5)["shared_audio"] == 1
    with pytest.raises(
        KerasfeatError,
        match=r"1 shared artists \(ann\); 2 shared ids \(a, I1\); 1 shared audio \(x.wav\)",
    ):
        splits.refuse_leaks(frame, parts)
    assert set(splits.leaks(frame, ["train"] * 5).values()) == {0}


@settings(max_examples=20, deadline=None)
@given(corpora())
def test_splits_of_groups_never_leak(corpus):
    y, groups = corpus
    frame = table(artists=[(f"artist {group}", "various artists") for group in groups])
    found, _ = splits.groups(frame)
    assert splits.leaks(frame, splits.split(y, found, 0))["shared_artists"] == 0
