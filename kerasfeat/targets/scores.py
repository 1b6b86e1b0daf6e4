"""Arithmetic that several targets' scores share; songs are weighted by how often they count."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array

LOWER_IS_BETTER = ("log_loss", "ece", "mae", "mse", "rmse")
CALIBRATION_BINS = 15
NO_SONG = (
    "there is no song to score: the test part is empty. Give more songs or a larger test part."
)


def finite(predictions: ArrayLike) -> Array:
    """Predictions as float64.

    Raises:
        KerasfeatError: one of them is not finite.
    """
    predictions = np.asarray(predictions, float)
    if not np.isfinite(predictions).all():
        raise KerasfeatError(
            f"{np.sum(~np.isfinite(predictions))} of {predictions.size} predicted numbers are not "
            "finite: training has diverged. Lower the learning rate, or train without mixed "
            "precision."
        )
    return predictions


def normalised(probabilities: ArrayLike) -> Array:
    """Probabilities [songs, labels] as float64 whose rows sum to 1; a float32 softmax misses it.

    Raises:
        KerasfeatError: there are no songs, or a probability is not finite.
    """
    probabilities = finite(probabilities)
    if not len(probabilities):
        raise KerasfeatError(NO_SONG)
    return probabilities / probabilities.sum(axis=1, keepdims=True)


def log_loss(probability: Array) -> Array:
    """What an answer costs whose truth was given this probability, nats; any shape."""
    return -np.log(np.maximum(probability, np.finfo(float).eps))


def binary_log_loss(truth: Array, probabilities: Array) -> Array:
    """What each yes or no costs, nats; the shape of the arguments."""
    return log_loss(np.where(truth, probabilities, 1 - probabilities))


def confidence_bin(confidence: ArrayLike) -> Array:
    """The bin of each confidence in [0, 1]: bin b holds (b / bins, (b + 1) / bins].

    Source: Guo et al. 2017, "On calibration of modern neural networks".
    """
    bins = np.ceil(np.asarray(confidence) * CALIBRATION_BINS).astype(int) - 1
    return np.clip(bins, 0, CALIBRATION_BINS - 1)


def calibration_scorer(confidence: Array, correct: Array) -> Callable[[Array], float]:
    """A function from how often each answer counts to the expected calibration error.

    It is over CALIBRATION_BINS equal-width bins (Naeini et al. 2015; Guo et al. 2017, equation 3).

    Args:
        confidence: [answers], probability of each answer.
        correct: bool [answers], whether it was right.
    """
    bins, gap = confidence_bin(confidence), correct - confidence

    def weighted(counts: Array) -> float:
        gaps = np.bincount(bins, counts * gap)  # [bins]
        return float(np.abs(gaps).sum() / counts.sum())

    return weighted


def label_table(
    labels: tuple[str, ...], hits: Array, given: Array, support: Array
) -> dict[str, dict[str, float | int | None]]:
    """Precision, recall, F1 and number of songs of each label; None where it is undefined.

    Args:
        labels: names.
        hits, given, support: [labels], songs that have the label and are given it, that are given
            it, that have it.
    """

    def share(part: float, whole: float) -> float | None:
        return float(part / whole) if whole else None

    return {
        label: {
            "precision": share(right, all_given),
            "recall": share(right, has),
            "f1": share(2 * right, all_given + has),
            "support": int(has),
        }
        for label, right, all_given, has in zip(labels, hits, given, support, strict=True)
    }


def varies(values: Array, weights: Array) -> bool:
    """Whether values [songs] differ by more than the rounding of float32."""
    mean = np.average(values, weights=weights)
    spread = np.average((values - mean) ** 2, weights=weights)
    return bool(spread > 1e-14 * np.average(values**2, weights=weights))


def correlation(a: Array, b: Array, weights: Array) -> float:
    """Pearson's correlation of two columns [songs]."""
    songs = weights.sum()
    a, b = a - weights @ a / songs, b - weights @ b / songs
    weighted = weights * a
    return float(weighted @ b / np.sqrt((weighted @ a) * (weights @ b**2)))


def midrank(code: Array, weights: Array) -> Array:
    """Rank of each song, ties at their middle.

    Args:
        code: [songs], place of each song's value among the distinct values in rising order.
        weights: [songs].
    """
    equal = np.bincount(code, weights)
    return (np.cumsum(equal) - equal / 2)[code]


def rank_correlation(a: Array, b: Array, weights: Array) -> float:
    """Spearman's correlation of two columns [songs], given as `code` of `midrank`."""
    return correlation(midrank(a, weights), midrank(b, weights), weights)


def mean_of_defined(values: list[float]) -> float:
    """The mean of the values that are not NaN; NaN where there is none."""
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else np.nan
