"""How far a score would move with another draw of test songs: percentile bootstrap over songs (Efron and Tibshirani 1993, ch. 13)."""

import numpy as np
from threadpoolctl import threadpool_limits

from kerasfeat.evaluation import metrics
from kerasfeat.tasks import CLASSES, LABELS, THRESHOLD, VALUES


@threadpool_limits.wrap(limits=1)  # the sums are too short to share among threads
def intervals(kind, true, predicted, labels=None, samples=1000, seed=0):
    """95 % intervals of the scalar scores.

    Args:
        kind: "classes", "values", or "labels".
        true, predicted: as `metrics.score` takes them.
        labels: names of the labels, unless kind is "values".
        samples: number of resamples.
        seed: of the resampling.

    Returns:
        metric -> [low, high]; None for a metric that is undefined.

    Raises:
        KerasfeatError: as the metrics.
    """
    scores, weighted = scorer(kind, true, predicted, labels)
    songs = len(next(iter(true.values()))) if kind == VALUES else len(true)
    scalars = [name for name, score in scores.items() if not isinstance(score, (dict, list))]
    draw = np.random.default_rng(seed)
    resampled = {name: np.empty(samples) for name in scalars}
    for sample in range(samples):
        counts = np.bincount(draw.integers(songs, size=songs), minlength=songs).astype(float)
        for name, score in weighted(counts).items():
            resampled[name][sample] = score
    return {name: None if scores[name] is None else np.nanpercentile(resampled[name], [2.5, 97.5]).tolist() for name in scalars}


def scorer(kind, true, predicted, labels=None):
    """(scores, a function from how often each song counts, [songs], to the scalar ones of that resample); arguments as of `intervals`."""
    scores = metrics.score(kind, true, predicted, labels)
    if kind == CLASSES:
        return scores, class_scorer(true, predicted)
    return scores, label_scorer(true, predicted, labels) if kind == LABELS else value_scorer(true, predicted)


def class_scorer(true, probabilities):
    """A function from how often each song counts, [songs], to the scalar scores of `metrics.classification` on that resample."""
    true, probabilities = np.asarray(true), metrics.normalised(probabilities)
    classes = probabilities.shape[1]
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    cell = true * classes + predicted
    bins, gap = metrics.confidence_bin(confidence), (predicted == true) - confidence
    loss = -np.log(np.maximum(probabilities[np.arange(len(true)), true], np.finfo(float).eps))

    def scores(counts):
        songs = counts.sum()
        confusion = np.bincount(cell, counts, minlength=classes**2).reshape(classes, classes)
        hits, support, given = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
        occurs = support + given > 0
        return {
            "accuracy": hits.sum() / songs,
            "balanced_accuracy": np.mean(hits[support > 0] / support[support > 0]),
            "macro_f1": np.mean(2 * hits[occurs] / (support + given)[occurs]),
            "log_loss": counts @ loss / songs,
            "ece": np.abs(np.bincount(bins, counts * gap)).sum() / songs,
        }

    return scores


def label_scorer(true, probabilities, labels):
    """A function from how often each song counts, [songs], to the scalar scores of `metrics.multilabel` on that resample."""
    true, probabilities = np.asarray(true, bool), np.clip(np.asarray(probabilities, float), 0, 1)
    given = probabilities > THRESHOLD
    hits, errors = (true & given).astype(float), (true != given).astype(float)
    losses = metrics.binary_log_loss(true, probabilities).mean(axis=1)  # [songs]
    gap, bins = true - probabilities, metrics.confidence_bin(probabilities)
    codes = [np.unique(-column, return_inverse=True)[1] for column in probabilities.T]  # the highest probability is 0

    def ranked(label, counts):
        code, own = codes[label], true[:, label]
        positive, negative = np.bincount(code, counts * own), np.bincount(code, counts * ~own)
        found, others = positive.sum(), negative.sum()
        above = np.cumsum(positive)
        # Of each negative the positives above it, and half of those beside it.
        area = negative @ (above - positive / 2) / (found * others) if found and others else np.nan
        reached = np.maximum(above + np.cumsum(negative), 1e-9)
        return {"roc_auc": area, "average_precision": positive @ (above / reached) / found if found else np.nan}

    def scores(counts):
        songs = counts.sum()
        each = {label: ranked(place, counts) for place, label in enumerate(labels)}
        twice, wrong = 2 * counts @ hits, counts @ errors  # [labels] each
        occurs = twice + wrong > 0
        gaps = np.bincount(bins.ravel(), (counts[:, np.newaxis] * gap).ravel())
        return {
            **{name: _mean([found[name] for found in each.values()]) for name in metrics.RANKED},
            "macro_f1": np.mean(twice[occurs] / (twice + wrong)[occurs]) if occurs.any() else np.nan,
            "micro_f1": twice.sum() / (twice + wrong).sum() if occurs.any() else np.nan,
            "log_loss": counts @ losses / songs,
            "ece": np.abs(gaps).sum() / (songs * len(labels)),
            **{f"{label}/{name}": value for label, found in each.items() for name, value in found.items()},
        }

    return scores


def _mean(scores):
    """Of those that are defined."""
    defined = [score for score in scores if not np.isnan(score)]
    return np.mean(defined) if defined else np.nan


def value_scorer(true, predicted):
    """A function from how often each song counts, [songs], to the scores of `metrics.regression` on that resample; NaN if undefined."""
    known = {target: ~np.isnan(np.asarray(values, float)) for target, values in true.items()}
    targets = {
        target: _target_scorer(np.asarray(true[target], float)[rows], np.asarray(predicted[target], float)[rows])
        for target, rows in known.items()
        if rows.any()
    }

    def scores(counts):
        by_target = {target: scorer(counts[known[target]]) for target, scorer in targets.items()}
        names = next(iter(by_target.values()))
        means = {name: np.mean([scores[name] for scores in by_target.values()]) for name in names}
        return means | {f"{target}/{name}": value for target, scores in by_target.items() for name, value in scores.items()}

    return scores


def _target_scorer(true, predicted):
    error = predicted - true
    size, square = np.abs(error), error**2
    true_rank, predicted_rank = (np.unique(values, return_inverse=True)[1] for values in (true, predicted))

    def scores(counts):
        songs = counts.sum()
        if not songs:
            return dict.fromkeys(("mae", "mse", "rmse", "r2", "pearson", "spearman"), np.nan)
        mse = counts @ square / songs
        truth_varies = metrics.varies(true, counts)
        variance = counts @ (true - counts @ true / songs) ** 2 / songs
        both_vary = truth_varies and metrics.varies(predicted, counts)
        ranks = (_midrank(code, counts) for code in (true_rank, predicted_rank))
        return {
            "mae": counts @ size / songs,
            "mse": mse,
            "rmse": np.sqrt(mse),
            "r2": 1 - mse / variance if truth_varies else np.nan,
            "pearson": _correlation(true, predicted, counts) if both_vary else np.nan,
            "spearman": _correlation(*ranks, counts) if both_vary else np.nan,
        }

    return scores


def _midrank(code, counts):
    """Rank of each song in the resample, ties at their middle: from the counts of distinct values, without sorting again."""
    equal = np.bincount(code, counts)
    return (np.cumsum(equal) - equal / 2)[code]


def _correlation(a, b, counts):
    songs = counts.sum()
    a, b = a - counts @ a / songs, b - counts @ b / songs
    weighted = counts * a
    return weighted @ b / np.sqrt((weighted @ a) * (counts @ b**2))
