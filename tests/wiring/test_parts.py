"""Who is learnt from: test songs by nothing, validation songs by baselines alone."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kerasfeat.simple.boosting import Boosting
from kerasfeat.simple.extra_trees import ExtraTrees
from kerasfeat.simple.linear import LinearModel

ONE_EPOCH = ("--set", "epochs=1", "--set", "batch_size=16")
HIT = ("--recipe", "hitmusicnet", "--set", "autoencoder.code=6")
TABULAR = (*ONE_EPOCH, "--set", "units=6", "--set", "blocks=1", "--set", "submodels=1")
AUDIO = (*ONE_EPOCH, "--set", "clip_s=0.5", "--set", "logmel.mels=8")
CASES = {
    "scaled": ("--recipe", "mood-mlp", "--set", "units=8,5", "--balanced", *ONE_EPOCH),
    "distances": ("--task", "mood", "--inputs", "genre_distance", "--class-weights", *TABULAR),
    "sounds": ("--task", "mood", "--inputs", "logmel", *AUDIO),
    "numbers": (
        *("--task", "valence", "--inputs", "features"),
        *("--set", "loss=outlier_weighted", *TABULAR),
    ),
    "bag": ("--task", "popularity", "--inputs", "features", "--bag", "2", *TABULAR),
    "labels": ("--task", "genres", "--inputs", "features", "--set", "mixup=0.4", *TABULAR),
    "stages": (*HIT, "--inputs", "features", *ONE_EPOCH),
}
SLOW = ("bag", "labels", "stages")


@pytest.fixture
def baselines(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """What simple models answer, a list that each of their answers is added to."""
    answers: list[np.ndarray] = []

    def spy(model: type) -> None:
        real = model.predict

        def answering(self: object, x: np.ndarray) -> np.ndarray:
            answers.append(real(self, x))
            return answers[-1]

        monkeypatch.setattr(model, "predict", answering)

    for model in (LinearModel, ExtraTrees, Boosting):
        spy(model)
    return answers


def changed(songs: pd.DataFrame, chosen: np.ndarray) -> pd.DataFrame:
    """The table with other rows, sounds, and labels of the `chosen` songs."""
    other = songs.copy()
    for column in ("danceability", "energy", "valence", "acousticness", "speechiness"):
        other.loc[chosen, column] = 1 - songs.loc[chosen, column] ** 3
    other.loc[chosen, "loudness"] = songs.loc[chosen, "loudness"] - 17
    other.loc[chosen, "tempo"] = 61.5
    other.loc[chosen, "popularity"] = 100 - songs.loc[chosen, "popularity"] // 2
    other.loc[chosen, "key"] = 11
    labels = {
        "mood": {"calm": "sad", "happy": "calm", "sad": "happy"},
        "genre": {"folk": "pop", "pop": "folk"},
        "genres": {"folk; pop": "pop", "pop": "folk; pop", "folk": "folk; pop"},
    }
    for column, others in labels.items():
        other.loc[chosen, column] = songs.loc[chosen, column].map(others)
    if "audio" in songs and len(chosen):
        other.loc[chosen, "audio"] = songs.loc[chosen[0], "audio"]
    return other


@pytest.fixture
def case(
    request: pytest.FixtureRequest,
    table: pd.DataFrame,
    with_sounds: Callable[[pd.DataFrame], pd.DataFrame],
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """(A table, words of the command to train on it) of a case."""
    return with_sounds(table) if request.param == "sounds" else table, CASES[request.param]


@pytest.mark.parametrize(
    "case",
    [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in CASES],
    indirect=True,
)
def test_nothing_learns_from_test_songs_and_no_weight_from_validation_songs(
    case: tuple[pd.DataFrame, tuple[str, ...]],
    fit: Callable[..., Path],
    baselines: list[np.ndarray],
    weights_of: Callable[[Path], dict[str, np.ndarray]],
) -> None:
    songs, words = case
    test, validation = (np.flatnonzero(songs["split"] == part) for part in ("test", "validation"))
    others = {"as_it_is": test[:0], "tested": test[::2], "validated": validation}
    runs, answers = {}, {}
    for name, chosen in others.items():
        runs[name] = fit(changed(songs, chosen), name, *words)
        answers[name] = [answer for answer in baselines]
        baselines.clear()
    learnt = {name: weights_of(run) for name, run in runs.items()}
    for name, weights in learnt["as_it_is"].items():
        for part in ("tested", "validated"):
            np.testing.assert_array_equal(learnt[part][name], weights, f"{name} of {part}")
    histories = {name: pd.read_csv(run / "history.csv") for name, run in runs.items()}
    pd.testing.assert_frame_equal(histories["tested"], histories["as_it_is"])
    assert histories["validated"]["loss"].tolist() == histories["as_it_is"]["loss"].tolist()
    assert histories["validated"]["val_loss"].tolist() != histories["as_it_is"]["val_loss"].tolist()
    # The test songs that are the same in both are answered as they were, those that differ are not.
    same = np.isin(test, test[1::2])
    tables = [pd.read_csv(runs[name] / "predictions.csv") for name in ("as_it_is", "tested")]
    predicted = [each.filter(regex="^pr").select_dtypes("number") for each in tables]
    assert len(predicted[0]) == len(test) and not predicted[0][~same].equals(predicted[1][~same])
    pd.testing.assert_frame_equal(predicted[0][same], predicted[1][same], atol=1e-6)
    assert len(answers["tested"]) == len(answers["as_it_is"]) >= 2
    for before, after in zip(answers["as_it_is"], answers["tested"], strict=True):
        assert len(before) == len(test)
        np.testing.assert_allclose(after[same], before[same], atol=1e-9)


def test_nothing_in_an_ensemble_learns_from_test_songs(
    table: pd.DataFrame,
    fit: Callable[..., Path],
    weights_of: Callable[[Path], dict[str, np.ndarray]],
) -> None:
    """Neither members nor their weights, nor the temperature: these lie in the model's layers."""
    words = ("--task", "mood", "--inputs", "features", "--members", "linear,trees,network")
    tested = np.flatnonzero(table["split"] == "test")
    before = fit(table, "as_it_is", *words, *TABULAR)
    after = fit(changed(table, tested), "tested", *words, *TABULAR)
    learnt, again = weights_of(before), weights_of(after)
    assert learnt.keys() == again.keys()
    for name, weights in learnt.items():
        np.testing.assert_array_equal(again[name], weights, name)
    configs = [layers_of(run) for run in (before, after)]
    assert configs[0] == configs[1] and "mood_blend" in configs[0]
    told = [json.loads((run / "metrics.json").read_text())["members"] for run in (before, after)]
    shares = [{name: scores["weight"] for name, scores in own.items()} for own in told]
    assert shares[0] == shares[1] and told[0] != told[1]


def layers_of(run: Path) -> dict[str, object]:
    """The settings of the layers of a run's model that blend its members, by name."""
    with zipfile.ZipFile(run / "model.keras") as archive:
        layers = json.loads(archive.read("config.json"))["config"]["layers"]
    return {
        layer["name"]: {**layer["config"], "dtype": None}
        for layer in layers
        if layer["class_name"] in ("BlendOfLabels", "Probabilities")
    }


def test_the_constant_baseline_is_the_share_of_training_and_validation_songs(
    table: pd.DataFrame,
    fit: Callable[..., Path],
) -> None:
    # Calm songs are rare but in the test part, so that a share over all songs would be another.
    test = table["split"] == "test"
    table.loc[test, "mood"] = np.resize(["calm", "calm", "calm", "sad"], test.sum())
    run = fit(table, "run", "--task", "mood", "--inputs", "features", *TABULAR)
    shares = table.loc[~test, "mood"].value_counts(normalize=True)
    told = json.loads((run / "metrics.json").read_text())["baselines"]["constant"]["log_loss"]
    assert told == pytest.approx(-np.log(table.loc[test, "mood"].map(shares)).mean(), abs=1e-6)
