"""What simple models reach on the same songs: a deep model has to be better than these to be worth
its cost.
"""

from functools import singledispatch

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from kerasfeat import KerasfeatError
from kerasfeat.fields import CHANNELS, COLUMNS, SAMPLES, Axis
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target

SILENCE = 1e-5  # -100 dB: keeps the level of a silent window finite
MANY_COLUMNS = 200  # pooled audio; tables have 10 to 20


# One thread: trees of some hundred songs are so small that threads mostly wait for each other, 20
# times longer on a busy machine.
@threadpool_limits.wrap(limits=1)
def fit_baselines(
    target: Target,
    x_train: np.ndarray,
    truth: np.ndarray,
    x_test: np.ndarray,
    seed: int = 0,
    categorical: tuple[int, ...] = (),
) -> dict[str, np.ndarray]:
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
    return _fit(
        target, np.asarray(x_train, float), truth, np.asarray(x_test, float), seed, categorical
    )


@singledispatch
def _fit(target, x_train, truth, x_test, seed, categorical):
    raise TypeError(type(target))


@_fit.register
def _(target: Multiclass, x_train, truth, x_test, seed, categorical):
    return _classify(x_train, truth, x_test, target.labels, seed, categorical)


@_fit.register
def _(target: Multilabel, x_train, truth, x_test, seed, categorical):
    each = [_yes_or_no(x_train, has, x_test, seed, categorical) for has in truth.T]
    return {name: np.stack([found[name] for found in each], axis=1) for name in each[0]}


@_fit.register
def _(target: Regression, x_train, truth, x_test, seed, categorical):
    numbers = zip(target.names, truth.T, strict=True)
    each = [_regress(name, x_train, values, x_test, seed, categorical) for name, values in numbers]
    return {name: np.stack([found[name] for found in each], axis=1) for name in each[0]}


def pool(windows: np.ndarray, axes: tuple[Axis, ...]) -> np.ndarray:
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
        return np.concatenate(
            [pool(windows[..., channel], axes[:1]) for channel in range(windows.shape[-1])]
        )
    if axes[0] == SAMPLES:
        level = 20 * np.log10(np.maximum(np.sqrt(np.mean(windows**2, axis=1)), SILENCE))
        crossings = np.mean(np.diff(windows >= 0, axis=1), axis=1)
        steps = np.mean(np.abs(np.diff(windows, axis=1)), axis=1)
        cues = np.stack([level, np.abs(windows).max(axis=1), crossings, steps])  # [4, windows]
        return np.concatenate([cues.mean(axis=1), cues.std(axis=1)])
    time = next((place for place, axis in enumerate(axes) if axis.is_time), 0)
    windows = np.moveaxis(windows, 1 + time, 1).reshape(
        len(windows), windows.shape[1 + time], -1
    )  # [windows, frames, bands]
    steps = (
        np.abs(np.diff(windows, axis=1)).mean(axis=(0, 1))
        if windows.shape[1] > 1
        else np.zeros(windows.shape[2])
    )
    return np.concatenate([windows.mean(axis=(0, 1)), windows.std(axis=(0, 1)), steps])


def _classify(x_train, y_train, x_test, labels, seed, categorical):
    present, counts = np.unique(y_train, return_counts=True)
    if len(present) < 2:
        raise KerasfeatError(
            f"the {len(y_train)} training songs have {len(present)} of the {len(labels)} "
            "labels; a classifier needs two or more. "
            "Give more songs, or fewer folds."
        )
    x_train, x_test = _without_empty(x_train, x_test)
    # With many songs scikit-learn stops early by a part of them that it stratifies, which it can't
    # where a class has one song.
    early = "auto" if counts.min() > 1 else False
    models = {
        "logistic_regression": _linear(
            LogisticRegression(C=1.0, max_iter=2000), x_train, categorical
        ),
        "gradient_boosting": HistGradientBoostingClassifier(
            early_stopping=early, **_boosting(x_train, seed, categorical)
        ),
    }
    predictions = {"constant": np.zeros((len(x_test), len(labels)))}
    predictions["constant"][:, present] = counts / counts.sum()
    for name, model in models.items():
        predictions[name] = np.zeros((len(x_test), len(labels)))
        predictions[name][:, present] = model.fit(x_train, y_train).predict_proba(x_test)
    return predictions


def _yes_or_no(x_train, has, x_test, seed, categorical):
    """name -> probability [test songs] of one label; that of all training songs, where they all
    have it or none does.
    """
    if has.all() or not has.any():
        return {
            name: np.full(len(x_test), has.mean())
            for name in ("constant", "logistic_regression", "gradient_boosting")
        }
    return {
        name: found[:, 1]
        for name, found in _classify(
            x_train, has.astype(int), x_test, (False, True), seed, categorical
        ).items()
    }


def _regress(target, x_train, values, x_test, seed, categorical):
    known = ~np.isnan(values)
    if not known.any():
        raise KerasfeatError(
            f"none of the {len(values)} training songs has a value of {target!r}. Give "
            "more songs, or leave it out."
        )
    values = values[known]
    x_train, x_test = _without_empty(x_train[known], x_test)
    models = {
        "ridge": _linear(RidgeCV(alphas=np.logspace(-2, 4, 13)), x_train, categorical),
        "gradient_boosting": HistGradientBoostingRegressor(**_boosting(x_train, seed, categorical)),
    }
    predictions = {
        name: model.fit(x_train, values).predict(x_test) for name, model in models.items()
    }
    return {"constant": np.full(len(x_test), values.mean())} | predictions


def _without_empty(x_train, x_test):
    """Zeros for columns that no training song has: scikit-learn's gradient boosting stumbles over a
    column of NaN alone.
    """
    empty = np.isnan(x_train).all(axis=0)
    return np.where(empty, 0.0, x_train), np.where(empty, 0.0, x_test)


def _linear(model, x_train, categorical):
    """`model` behind imputation, one-hot categories, and standardised numbers."""
    numbers = [column for column in range(x_train.shape[1]) if column not in set(categorical)]
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (
            make_pipeline(
                SimpleImputer(strategy="most_frequent"),
                OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            ),
            list(categorical),
        ),
    )
    return make_pipeline(columns, model)


def _boosting(x_train, seed, categorical):
    """Settings of gradient boosting: scikit-learn's own; with many columns coarser and with fewer
    looked at for a split, to be quick.
    """
    columns = x_train.shape[1]
    return {
        "max_bins": 255 if columns <= MANY_COLUMNS else 32,
        "max_features": 1.0 if columns <= MANY_COLUMNS else 50 / columns,
        "categorical_features": list(categorical) or None,
        "random_state": seed,
    }
