"""What simple models reach on the same songs.

A deep model has to be better than these to be worth its cost.
"""

from dataclasses import dataclass
from functools import singledispatch
from typing import Any, TypeAlias

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.fields import CHANNELS, COLUMNS, SAMPLES, Axis
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target

SILENCE = 1e-5  # -100 dB: keeps the level of a silent window finite
MANY_COLUMNS = 200  # pooled audio; tables have 10 to 20

Predictions: TypeAlias = dict[str, Array]  # a baseline's name -> its prediction of the test songs


@dataclass(frozen=True)
class _Columns:
    """What baselines read.

    Attributes:
        train, test: [songs, columns] of the training and of the test songs.
        categorical: indices of columns whose numbers name a category.
        seed: of gradient boosting.
    """

    train: Array
    test: Array
    categorical: tuple[int, ...]
    seed: int

    def of(self, songs: Array) -> "_Columns":
        """With some of the training songs; zeros for columns that none of them has.

        scikit-learn's gradient boosting stumbles over a column of NaN alone.
        """
        train = self.train[songs]
        empty = np.isnan(train).all(axis=0)
        return _Columns(
            np.where(empty, 0.0, train),
            np.where(empty, 0.0, self.test),
            self.categorical,
            self.seed,
        )


# One thread: trees of some hundred songs are so small that threads mostly wait for each other, 20
# times longer on a busy machine.
@threadpool_limits.wrap(limits=1)
def fit_baselines(
    target: Target,
    x_train: Array,
    truth: Array,
    x_test: Array,
    seed: int = 0,
    categorical: tuple[int, ...] = (),
) -> Predictions:
    """Train the baselines and predict the test songs.

    Args:
        target: what is learnt.
        x_train, x_test: [songs, columns]; NaN where a value is missing.
        truth: of the training songs.
        seed: of gradient boosting.
        categorical: indices of columns whose numbers name a category, such as key.

    Returns:
        name -> prediction of the test songs; 0 for a label that no training song has.

    Raises:
        KerasfeatError: the training songs have fewer than two labels, or no value of a number.
    """
    train, test = np.asarray(x_train, float), np.asarray(x_test, float)
    return _fit(target, _Columns(train, test, categorical, seed), truth)


@singledispatch
def _fit(target: Target, x: _Columns, truth: Array) -> Predictions:
    raise TypeError(type(target))


@_fit.register
def _(target: Multiclass, x: _Columns, truth: Array) -> Predictions:
    return _classify(target.labels, x, truth)


@_fit.register
def _(target: Multilabel, x: _Columns, truth: Array) -> Predictions:
    return _side_by_side([_yes_or_no(x, has) for has in truth.T])


@_fit.register
def _(target: Regression, x: _Columns, truth: Array) -> Predictions:
    numbers = zip(target.names, truth.T, strict=True)
    return _side_by_side([_regress(name, x, values) for name, values in numbers])


def _side_by_side(outputs: list[Predictions]) -> Predictions:
    """One prediction [songs, outputs] of those of single outputs, [songs] each."""
    return {name: np.stack([own[name] for own in outputs], axis=1) for name in outputs[0]}


def _classify(labels: tuple[str, ...], x: _Columns, truth: Array) -> Predictions:
    """name -> probabilities [test songs, labels], of the place of each training song's label."""
    present, counts = np.unique(truth, return_counts=True)
    if len(present) < 2:
        raise KerasfeatError(
            f"the {len(truth)} training songs have {len(present)} of the {len(labels)} labels; a "
            "classifier needs two or more. Give more songs, or fewer folds."
        )
    x = x.of(np.arange(len(truth)))
    # With many songs scikit-learn stops early by a part of them that it stratifies, which it can't
    # where a class has one song.
    early = "auto" if counts.min() > 1 else False
    models = {
        "logistic_regression": _linear(LogisticRegression(C=1.0, max_iter=2000), x),
        "gradient_boosting": HistGradientBoostingClassifier(early_stopping=early, **_boosting(x)),
    }
    shares = {"constant": counts / counts.sum()} | {
        name: model.fit(x.train, truth).predict_proba(x.test) for name, model in models.items()
    }
    predictions = {name: np.zeros((len(x.test), len(labels))) for name in shares}
    for name, prediction in predictions.items():
        prediction[:, present] = shares[name]
    return predictions


def _yes_or_no(x: _Columns, has: Array) -> Predictions:
    """name -> probability [test songs] of one label.

    It is that of all training songs, where they all have the label or none does.
    """
    if has.all() or not has.any():
        names = ("constant", "logistic_regression", "gradient_boosting")
        return {name: np.full(len(x.test), has.mean()) for name in names}
    both = _classify(("no", "yes"), x, has.astype(int))
    return {name: probabilities[:, 1] for name, probabilities in both.items()}


def _regress(name: str, x: _Columns, values: Array) -> Predictions:
    """name -> value [test songs] of one number, from those of the training songs."""
    known = ~np.isnan(values)
    if not known.any():
        raise KerasfeatError(
            f"none of the {len(values)} training songs has a value of {name!r}. Give more songs, "
            "or leave it out."
        )
    values, x = values[known], x.of(np.flatnonzero(known))
    models = {
        "ridge": _linear(RidgeCV(alphas=np.logspace(-2, 4, 13)), x),
        "gradient_boosting": HistGradientBoostingRegressor(**_boosting(x)),
    }
    return {"constant": np.full(len(x.test), values.mean())} | {
        baseline: model.fit(x.train, values).predict(x.test) for baseline, model in models.items()
    }


def _linear(model: BaseEstimator, x: _Columns) -> Pipeline:
    """`model` behind imputation, one-hot categories, and standardised numbers."""
    numbers = [column for column in range(x.train.shape[1]) if column not in x.categorical]
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (make_pipeline(SimpleImputer(strategy="most_frequent"), one_hot), list(x.categorical)),
    )
    return make_pipeline(columns, model)


def _boosting(x: _Columns) -> dict[str, Any]:
    """Settings of gradient boosting: scikit-learn's own, and coarser ones with many columns.

    To be quick, fewer of many columns are then looked at for a split.
    """
    columns = x.train.shape[1]
    return {
        "max_bins": 255 if columns <= MANY_COLUMNS else 32,
        "max_features": 1.0 if columns <= MANY_COLUMNS else 50 / columns,
        "categorical_features": list(x.categorical) or None,
        "random_state": x.seed,
    }


def pool(windows: Array, axes: tuple[Axis, ...]) -> Array:
    """One vector for a song of any length, from one audio input of it.

    Args:
        windows: [windows, *axes], as the store has them.
        axes: of one window, such as (FRAMES, MELS) or (SAMPLES,).

    Returns:
        [3 * bands] of frames, all other axes together being the bands: mean and standard deviation
        over windows and frames, and mean absolute step between frames (a cue of rhythm); of samples
        [8 * channels]: mean and standard deviation over windows of level (dB), peak, zero-crossing
        rate, and mean absolute step between samples (a cue of brightness); of columns [columns]:
        their mean over windows.
    """
    windows = np.asarray(windows, float)
    if axes[0] == COLUMNS:
        return windows.mean(axis=0)
    if axes == (SAMPLES, CHANNELS):
        return np.concatenate([_pooled_samples(channel) for channel in np.moveaxis(windows, -1, 0)])
    if axes[0] == SAMPLES:
        return _pooled_samples(windows)
    time = next((place for place, axis in enumerate(axes) if axis.is_time), 0)
    frames = np.moveaxis(windows, 1 + time, 1)
    return _pooled_frames(frames.reshape(*frames.shape[:2], -1))  # [windows, frames, bands]


def _pooled_samples(windows: Array) -> Array:
    """The cues [8] of one channel, [windows, samples]."""
    level = 20 * np.log10(np.maximum(np.sqrt(np.mean(windows**2, axis=1)), SILENCE))
    crossings = np.mean(np.diff(windows >= 0, axis=1), axis=1)
    steps = np.mean(np.abs(np.diff(windows, axis=1)), axis=1)
    cues = np.stack([level, np.abs(windows).max(axis=1), crossings, steps])  # [4, windows]
    return np.concatenate([cues.mean(axis=1), cues.std(axis=1)])


def _pooled_frames(windows: Array) -> Array:
    """The cues [3 * bands] of [windows, frames, bands]."""
    steps = np.zeros(windows.shape[2])
    if windows.shape[1] > 1:
        steps = np.abs(np.diff(windows, axis=1)).mean(axis=(0, 1))
    return np.concatenate([windows.mean(axis=(0, 1)), windows.std(axis=(0, 1)), steps])
