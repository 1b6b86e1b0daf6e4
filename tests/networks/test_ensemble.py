"""How members' answers become one, by hand-computed values."""

import keras
import numpy as np
import pytest

from kerasfeat.fields import Field
from kerasfeat.networks.assembly import REPRESENTATION
from kerasfeat.networks.ensembles import Median, Vote, Weighted, ensemble, members_of

# [members, songs, labels]
ANSWERS = np.array(
    [
        [[0.6, 0.3, 0.1], [0.9, 0.1, 0.0], [0.4, 0.5, 0.1], [0.4, 0.5, 0.1]],
        [[0.5, 0.4, 0.1], [0.4, 0.6, 0.0], [0.1, 0.2, 0.7], [0.4, 0.5, 0.1]],
        [[0.0, 1.0, 0.0], [0.4, 0.6, 0.0], [0.6, 0.3, 0.1], [0.4, 0.5, 0.1]],
    ],
    "float32",
)


def test_a_majority_wins_whatever_its_members_doubts_and_a_tie_falls_to_the_mean():
    found = np.asarray(Vote()(list(ANSWERS)))
    assert found.argmax(1).tolist() == [0, 1, 0, 1]
    # The mean alone would say 1 and 0 of the first two; of the third, each label has a vote, and
    # the first the highest mean, 1.1 / 3.
    assert ANSWERS.mean(0).argmax(1).tolist() == [1, 0, 0, 1]
    np.testing.assert_allclose(
        found[0], (np.array([2, 1, 0]) + 0.5 * np.array([1.1, 1.7, 0.2]) / 3) / 3.5, rtol=1e-5
    )
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-6)


def test_the_median_of_odd_and_even_numbers_of_members():
    values = [np.array([[value]], "float32") for value in (0.9, 0.1, 0.4, 0.6)]
    assert float(Median()(values[:3])[0, 0]) == pytest.approx(0.4)
    assert float(Median()(values)[0, 0]) == pytest.approx(0.5)


def test_a_weighted_mean():
    found = np.asarray(Weighted([0.2, 0.3, 0.5])(list(ANSWERS)))
    np.testing.assert_allclose(found[0], [0.12 + 0.15, 0.06 + 0.12 + 0.5, 0.05], rtol=1e-5)


@pytest.mark.parametrize("pool", [Weighted([0.2, 0.3, 0.5]), Vote(), Median()])
def test_members_that_do_not_answer_are_left_out(pool):
    some = ANSWERS.copy()
    some[1, 2], some[:, 3] = np.nan, np.nan
    found = np.asarray(pool(list(some)))
    whole = np.asarray(pool(list(ANSWERS)))
    np.testing.assert_allclose(found[:2], whole[:2], rtol=1e-6)
    first, _, last = ANSWERS[:, 2]
    pair = {
        "Weighted": (0.2 * first + 0.5 * last) / 0.7,
        "Vote": (np.array([1, 1, 0]) + (first + last) / 4) / 2.5,
        "Median": (first + last) / 2,
    }
    np.testing.assert_allclose(found[2], pair[type(pool).__name__], rtol=1e-5)
    assert np.isnan(found[3]).all()


def member(columns, units, seed):
    """A small network that reads a table and frames, and its Fields."""
    keras.utils.set_random_seed(seed)
    fields = [
        Field("features", (len(columns),), ("columns",), columns=columns),
        Field("logmel", (7, 5), ("frames", "mels")),
    ]
    inputs = {field.name: field.keras_input() for field in fields}
    frames = keras.layers.GlobalAveragePooling1D()(inputs["logmel"])
    x = keras.layers.Dense(units)(keras.layers.Concatenate()([inputs["features"], frames]))
    x = keras.layers.Identity(name=REPRESENTATION)(x)
    outputs = {
        head: keras.layers.Dense(1, activation="sigmoid", name=head)(x)
        for head in ("energy", "valence")
    }
    return keras.Model(inputs, outputs, name="small"), fields


@pytest.mark.parametrize(
    ("pool", "expected"),
    [
        (
            lambda head: Weighted([0.25, 0.75], name=head),
            lambda first, second: 0.25 * first + 0.75 * second,
        ),
        (lambda head: Median(name=head), lambda first, second: (first + second) / 2),
    ],
)
def test_members_read_their_own_columns_and_the_whole_comes_back_from_disk(
    pool, expected, tmp_path
):
    (first, one), (second, two) = (
        member(("tempo", "energy", "key"), 4, 1),
        member(("key", "mode"), 6, 2),
    )
    united = [
        Field("features", (4,), ("columns",), columns=("tempo", "energy", "key", "mode")),
        one[1],
    ]
    model = ensemble([(first, one), (second, two)], united, pool)
    draw = np.random.default_rng(3)
    table, frames = (
        draw.normal(size=(3, 4)).astype("float32"),
        draw.normal(size=(3, 7, 5)).astype("float32"),
    )
    answers = [
        first({"features": table[:, :3], "logmel": frames}),
        second({"features": table[:, [2, 3]], "logmel": frames}),
    ]
    x = {"features": table, "logmel": frames}
    found = model(x)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras", compile=False, safe_mode=True)
    for head in ("energy", "valence"):
        np.testing.assert_allclose(
            found[head], expected(*(np.asarray(answer[head]) for answer in answers)), rtol=1e-5
        )
        np.testing.assert_allclose(again(x)[head], found[head], rtol=1e-6)
        for alone, answer in zip(members_of(again, ["energy", "valence"]), answers, strict=True):
            np.testing.assert_allclose(alone(x)[head], answer[head], rtol=1e-5)
    assert again.get_layer(REPRESENTATION).output.shape == (None, 4 + 6)


def test_a_member_that_reads_nothing_of_a_song_has_no_say():
    keras.utils.set_random_seed(4)
    columns, fields = ("tempo", "energy"), [Field("logmel", (7, 5), ("frames", "mels"))]
    sound = fields[0].keras_input()
    x = keras.layers.Identity(name=REPRESENTATION)(keras.layers.GlobalAveragePooling1D()(sound))
    heard = keras.Model({"logmel": sound}, {"energy": keras.layers.Dense(1, name="energy")(x)})
    tabular = Field("features", (2,), ("columns",), columns=columns)
    table = tabular.keras_input()
    # A network that takes a missing value for 0 would say something of a song without any.
    x = keras.layers.Identity(name=REPRESENTATION)(keras.ops.nan_to_num(table))
    read = keras.Model({"features": table}, {"energy": keras.layers.Dense(1, name="energy")(x)})
    model = ensemble(
        [(heard, fields), (read, [tabular])],
        [tabular, *fields],
        lambda head: Weighted([0.5, 0.5], name=head),
    )
    frames = np.random.default_rng(5).normal(size=(3, 7, 5)).astype("float32")
    values = np.array([[1, 2], [np.nan, np.nan], [3, np.nan]], "float32")
    found = model({"features": values, "logmel": frames})["energy"]
    one, other = heard({"logmel": frames})["energy"], read({"features": values})["energy"]
    np.testing.assert_allclose(
        found, np.where([[False], [True], [False]], one, (one + other) / 2), rtol=1e-5
    )
