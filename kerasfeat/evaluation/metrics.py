"""Scores of predicted classes and of predicted values, in the form that strict JSON holds: an undefined score is None."""

import numpy as np
from scipy import stats
from sklearn import metrics as sk

from kerasfeat import KerasfeatError
from kerasfeat.tasks import CLASSES, LABELS, THRESHOLD

CALIBRATION_BINS = 15
NO_SONG = "there is no song to score: the test part is empty. Give more songs or a larger test part."


def score(kind, true, predicted, labels=None):
    """The scores of predictions of a kind, "classes", "labels", or "values": of `classification`, `multilabel`, or `regression`."""
    if kind == CLASSES:
        return classification(true, predicted, labels)
    return multilabel(true, predicted, labels) if kind == LABELS else regression(true, predicted)


def classification(true, probabilities, labels):
    """Scores of class probabilities.

    `balanced_accuracy` is the mean recall of the classes that some song has; `macro_f1` is the mean F1 of the classes that some
    song has or is given. A class's precision is None where it is never predicted, its recall None where no song has it.

    Args:
        true: index of each song's label, [songs].
        probabilities: [songs, classes], in label order; rows are brought to a sum of 1.
        labels: name of each class.

    Returns:
        A dict with accuracy, balanced_accuracy, macro_f1, log_loss (nats), ece, per_class, and confusion (rows are true labels).

    Raises:
        KerasfeatError: there are no songs, or a probability is not finite.
    """
    true = np.asarray(true)
    probabilities = normalised(probabilities)
    predicted = probabilities.argmax(axis=1)
    classes = np.arange(len(labels))
    confusion = sk.confusion_matrix(true, predicted, labels=classes)  # [classes, classes]
    parts = sk.precision_recall_fscore_support(true, predicted, labels=classes, zero_division=np.nan)
    return {
        "accuracy": float(sk.accuracy_score(true, predicted)),
        "balanced_accuracy": float(sk.recall_score(true, predicted, labels=np.unique(true), average="macro")),
        "macro_f1": float(sk.f1_score(true, predicted, average="macro")),
        "log_loss": float(sk.log_loss(true, probabilities, labels=classes)),
        "ece": calibration_error(probabilities.max(axis=1), predicted == true),
        "per_class": {
            label: {"precision": _defined(precision), "recall": _defined(recall), "f1": _defined(f1), "support": int(support)}
            for label, precision, recall, f1, support in zip(labels, *parts, strict=True)
        },
        "confusion": confusion.tolist(),
    }


def regression(true, predicted):
    """Scores of predicted values, for each target and as the mean over targets.

    Songs whose true value is NaN are left out for that target; a target that no song has is None and left out of the means.
    `r2` is None where the truth does not vary, the correlations also where the prediction does not; a mean over targets is None
    where a target's score is, lest a collapsed head raise the mean.

    Args:
        true, predicted: target -> values [songs].

    Returns:
        A dict with mae, mse, rmse, r2, pearson, spearman, and TARGET/mae and so on.

    Raises:
        KerasfeatError: no target has a song, or a prediction is not finite.
    """
    by_target = {target: _one_target(np.asarray(values, float), predicted[target]) for target, values in true.items()}
    scored = [scores for scores in by_target.values() if scores["mae"] is not None]
    if not scored:
        raise KerasfeatError(f"there is no song to score: every true value of {', '.join(true)} is missing. Give more test songs.")
    means = {}
    for name in scored[0]:
        values = [scores[name] for scores in scored]
        means[name] = None if None in values else float(np.mean(values))
    return means | {f"{target}/{name}": value for target, scores in by_target.items() for name, value in scores.items()}


def multilabel(true, probabilities, labels):
    """Scores of the probabilities of labels, of which a song may have any number.

    `roc_auc` and `average_precision` are the means of those labels that are defined: which some songs have, and of `roc_auc` some have not.
    `macro_f1` is the mean F1 of the labels that some song has or is given, a label being given where its probability is above THRESHOLD;
    `micro_f1` is that of all decisions together.

    Args:
        true: bool [songs, labels].
        probabilities: [songs, labels].
        labels: name of each label.

    Returns:
        A dict with roc_auc, average_precision, macro_f1, micro_f1, log_loss (nats a decision), ece (over all decisions), LABEL/roc_auc and
        LABEL/average_precision, and per_class (precision, recall, F1, support).

    Raises:
        KerasfeatError: there are no songs, or a probability is not finite.
    """
    true, probabilities = np.asarray(true, bool), np.clip(_finite(probabilities), 0, 1)
    if not len(true):
        raise KerasfeatError(NO_SONG)
    given = probabilities > THRESHOLD
    parts = sk.precision_recall_fscore_support(true, given, average=None, zero_division=np.nan)
    per_class = {
        label: {"precision": _defined(precision), "recall": _defined(recall), "f1": _defined(f1), "support": int(support)}
        for label, precision, recall, f1, support in zip(labels, *parts, strict=True)
    }
    ranked = {f"{label}/{name}": score(true[:, i], probabilities[:, i]) for i, label in enumerate(labels) for name, score in RANKED.items()}
    means = {name: [ranked[f"{label}/{name}"] for label in labels] for name in RANKED} | {"macro_f1": [s["f1"] for s in per_class.values()]}
    decisions = 2 * np.sum(true & given) + np.sum(true != given)
    return {
        **{name: _mean([score for score in scores if score is not None]) for name, scores in means.items()},
        "micro_f1": float(2 * np.sum(true & given) / decisions) if decisions else None,
        "log_loss": float(np.mean(binary_log_loss(true, probabilities))),
        "ece": calibration_error(probabilities.ravel(), true.ravel()),
        **ranked,
        "per_class": per_class,
    }


def binary_log_loss(true, probabilities):
    """What each yes or no costs, nats; the shape of the arguments."""
    right = np.where(true, probabilities, 1 - probabilities)
    return -np.log(np.maximum(right, np.finfo(float).eps))


def normalised(probabilities):
    """Probabilities [songs, classes] as float64 whose rows sum to 1: a float32 softmax misses that by more than scikit-learn allows."""
    probabilities = _finite(probabilities)
    if not len(probabilities):
        raise KerasfeatError(NO_SONG)
    return probabilities / probabilities.sum(axis=1, keepdims=True)


def confidence_bin(confidence):
    """The bin of each confidence in [0, 1], [songs]: bin b holds (b / bins, (b + 1) / bins], as in Guo et al. 2017."""
    return np.clip(np.ceil(np.asarray(confidence) * CALIBRATION_BINS).astype(int) - 1, 0, CALIBRATION_BINS - 1)


def calibration_error(confidence, correct):
    """Expected calibration error of the top probability over 15 equal-width bins (Naeini et al. 2015; Guo et al. 2017, eq. 3)."""
    gaps = np.bincount(confidence_bin(confidence), weights=correct - confidence)  # [bins], each times its number of songs
    return float(np.abs(gaps).sum() / len(confidence))


def varies(values, weights=None):
    """Whether values differ by more than the rounding of float32; [songs], with optional counts of each song."""
    mean = np.average(values, weights=weights)
    return np.average((values - mean) ** 2, weights=weights) > 1e-14 * np.average(values**2, weights=weights)


def _one_target(true, predicted):
    known = ~np.isnan(true)
    true, predicted = true[known], _finite(predicted)[known]
    if not len(true):
        return dict.fromkeys(("mae", "mse", "rmse", "r2", "pearson", "spearman"))
    truth_varies = varies(true)
    both_vary = truth_varies and varies(predicted)
    mse = float(sk.mean_squared_error(true, predicted))
    return {
        "mae": float(sk.mean_absolute_error(true, predicted)),
        "mse": mse,
        "rmse": mse**0.5,
        "r2": float(sk.r2_score(true, predicted)) if truth_varies else None,
        "pearson": float(stats.pearsonr(true, predicted).statistic) if both_vary else None,
        "spearman": float(stats.spearmanr(true, predicted).statistic) if both_vary else None,
    }


def _roc_auc(true, probabilities):
    return float(sk.roc_auc_score(true, probabilities)) if true.any() and not true.all() else None


def _average_precision(true, probabilities):
    return float(sk.average_precision_score(true, probabilities)) if true.any() else None


# How well a label's probability ranks the songs: the area under the receiver's curve, and under the precision-recall curve.
RANKED = {"roc_auc": _roc_auc, "average_precision": _average_precision}


def _mean(scores):
    return float(np.mean(scores)) if scores else None


def _finite(predictions):
    predictions = np.asarray(predictions, float)
    if not np.isfinite(predictions).all():
        raise KerasfeatError(
            f"{np.sum(~np.isfinite(predictions))} of {predictions.size} predicted numbers are not finite: training has diverged. "
            "Lower the learning rate, or train without mixed precision."
        )
    return predictions


def _defined(value):
    return None if np.isnan(value) else float(value)
