"""How a training ends and goes on after a kill, the order of its songs, and missing numbers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest


def sets(*values: str) -> tuple[str, ...]:
    """The words of a command that set hyperparameters."""
    return tuple(word for value in values for word in ("--set", value))


SMALL = sets("batch_size=8", "units=6", "blocks=1", "submodels=1")
MOOD = ("--task", "mood", "--inputs", "features", *SMALL)
SHORT = sets("clip_s=0.5", "logmel.mels=8", "batch_size=8")
SOUNDS = ("--task", "mood", "--inputs", "logmel", *SHORT)


@pytest.fixture
def predicted(ended: Callable[..., Any], tmp_path: Path) -> Callable[..., pd.DataFrame]:
    """A function that gives what a run says of songs, a row each."""

    def predict(run: Path, songs: pd.DataFrame) -> pd.DataFrame:
        path = tmp_path / "asked.csv"
        songs.to_csv(path, index=False)
        (tmp_path / "answers.csv").write_text(ended("predict", run, path, "--format", "csv").out)
        return pd.read_csv(tmp_path / "answers.csv").set_index("track_id").loc[songs["track_id"]]

    return predict


def test_a_model_is_kept_as_it_was_in_its_best_epoch(
    table: pd.DataFrame,
    fit: Callable[..., Path],
    predicted: Callable[..., pd.DataFrame],
) -> None:
    words = sets("epochs=14", "patience=3", "learning_rate=0.08", "dropout=0")
    run = fit(table, "run", *MOOD, *words)
    losses = pd.read_csv(run / "history.csv")["val_loss"]
    best = int(losses.idxmin())
    # Neither the first nor the last, nor as good as another.
    assert 0 < best == len(losses) - 4 and losses.drop(best).min() > losses[best] + 1e-3
    songs = table[table["split"] == "validation"]
    answers, moods = predicted(run, songs), songs.set_index("track_id")["mood"]
    own = [answers.loc[song, f"probability_{mood}"] for song, mood in moods.items()]
    assert -np.log(own).mean() == pytest.approx(losses[best], abs=2e-5)


# The epochs that a kill comes after, where it is not found below, and what is trained.
RESUMED = {
    "patience": (
        *((), *MOOD),
        *sets("epochs=40", "patience=3", "schedule=plateau", "learning_rate=0.05"),
    ),
    "schedule": ((2,), *MOOD, *sets("epochs=4", "schedule=cosine", "mixup=0.4"), "--class-weights"),
    "balance": ((2,), *MOOD, *sets("epochs=4", "optimizer=sgd", "momentum=0.9"), "--balanced"),
    "sounds": ((2,), *SOUNDS, *sets("epochs=4", "gain_db=6", "shift_share=0.5")),
    "masks": ((2,), *SOUNDS, *sets("epochs=4", "time_mask_frames=4")),
    "fusion": ((2,), "--task", "mood", *sets("epochs=4", "units=6"), *SHORT),
    "bag": ((2,), *MOOD, *sets("epochs=4"), "--bag", "2"),
    # Once in the first stage, once in the second.
    "stages": (
        *((1, 3), "--recipe", "hitmusicnet", "--inputs", "features"),
        *sets("autoencoder.code=6", "autoencoder.epochs=3", "epochs=5", "batch_size=16"),
    ),
}
FAST = "patience"


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (name != FAST)) for name in RESUMED],
)
def test_killed_and_resumed_is_as_undisturbed(
    name: str,
    table: pd.DataFrame,
    with_sounds: Callable[[pd.DataFrame], pd.DataFrame],
    command: Callable[..., list[object]],
    fit: Callable[..., Path],
    killed: Callable[..., None],
    weights_of: Callable[[Path], dict[str, np.ndarray]],
) -> None:
    kills, *words = RESUMED[name]
    songs = with_sounds(table) if name in ("sounds", "masks", "fusion") else table
    undisturbed = fit(songs, "undisturbed", *words)
    if name == FAST:
        # After one epoch without a lower loss the rate falls, after three training ends.
        rates = pd.read_csv(undisturbed / "history.csv")["learning_rate"]
        kills = (len(rates) - 2,)
        assert len(rates) < 40 and rates[kills[0]] < rates[0]
    for epochs in kills:
        killed(epochs, *command(songs, "resumed", *words))
    resumed = fit(songs, "resumed", *words)
    for file in ("history.csv", "stages.csv"):
        if (undisturbed / file).exists():
            rows = [pd.read_csv(run / file) for run in (undisturbed, resumed)]
            pd.testing.assert_frame_equal(*rows, rtol=1e-6)
    before, after = weights_of(undisturbed), weights_of(resumed)
    for weight, values in before.items():
        np.testing.assert_allclose(after[weight], values, rtol=1e-5, atol=1e-7, err_msg=weight)
    answers = [pd.read_csv(run / "predictions.csv") for run in (undisturbed, resumed)]
    pd.testing.assert_frame_equal(*answers, rtol=1e-5)


class Stop(Exception):
    """Raised in place of a training."""


@pytest.fixture
def epochs_of(kerasfeat: Callable[..., Any]) -> Callable[..., list[np.ndarray]]:
    """A function: what a command trains on in so many epochs, [windows, numbers] each."""

    def read(epochs: int, *words: object) -> list[np.ndarray]:
        found: list[np.ndarray] = []

        def collect(_: keras.Model, batches: Any, **options: Any) -> None:
            for _ in range(epochs):
                windows = [next(iter(inputs.values())).numpy() for inputs, _, _ in batches]
                found.append(np.concatenate([each.reshape(len(each), -1) for each in windows]))
            raise Stop

        with pytest.MonkeyPatch.context() as patch, pytest.raises(Stop):
            patch.setattr(keras.Model, "fit", collect)
            kerasfeat(*words)
        return found

    return read


@pytest.mark.parametrize("words", [MOOD, SOUNDS, (*MOOD, "--balanced")])
def test_songs_come_in_another_order_in_each_epoch_and_in_the_same_in_each_run(
    words: tuple[str, ...],
    table: pd.DataFrame,
    with_sounds: Callable[[pd.DataFrame], pd.DataFrame],
    command: Callable[..., list[object]],
    epochs_of: Callable[..., list[np.ndarray]],
) -> None:
    songs = with_sounds(table) if words is SOUNDS else table
    epochs = epochs_of(3, *command(songs, "one", *words))
    again = epochs_of(3, *command(songs, "another", *words))
    for first, second in ((0, 1), (1, 2), (0, 2)):
        moved = (epochs[first] != epochs[second]).any(axis=1)
        assert moved.mean() > 0.6
    for one, other in zip(epochs, again, strict=True):
        np.testing.assert_array_equal(one, other)
    in_table = table.loc[table["split"] == "train", "tempo"].to_numpy("float32")
    drawn = [epoch[:, np.isin(epoch, in_table).all(axis=0)].T for epoch in epochs]
    if words is MOOD:  # each song once, and not as the table has them
        for (tempos,) in drawn:
            assert sorted(tempos) == sorted(in_table) and (tempos != in_table).mean() > 0.6
    elif words is not SOUNDS:  # of the most frequent class some songs at a time
        assert len({frozenset(tempos) for (tempos,) in drawn}) == 3


def test_a_missing_number_counts_nothing(
    table: pd.DataFrame,
    fit: Callable[..., Path],
    predicted: Callable[..., pd.DataFrame],
) -> None:
    lacking = np.random.default_rng(3).random(len(table)) < 0.4
    table.loc[lacking, "valence"] = np.nan
    # Nothing is learnt, so that the history tells of the model that is kept.
    still = sets("learning_rate=1e-30", "weight_decay=0", "dropout=0", "epochs=1")
    asked = ("--task", "attributes", "--target", "valence", "--target", "energy")
    run = fit(table, "run", *asked, "--inputs", "features", *SMALL, *still)
    (told,) = pd.read_csv(run / "history.csv").to_dict("records")
    answered = predicted(run, table).reset_index(drop=True)
    for part, prefix in (("train", ""), ("validation", "val_")):
        songs, answers = table[table["split"] == part], answered[table["split"] == part]
        assert 0 < songs["valence"].isna().sum() < len(songs)
        squares = 0.0
        for target in ("valence", "energy"):
            error = answers[target] - songs[target]
            mean = told[f"{prefix}{target}_mean_absolute_error"]
            assert mean == pytest.approx(error.abs().mean(), abs=1e-5)
            squares += (error**2).sum() / len(songs)
        if part == "validation":  # its batch holds all songs: a loss is a mean over batches
            assert told[f"{prefix}loss"] == pytest.approx(squares, abs=1e-5)
