"""How far scores would move with another draw of test songs: 95 % percentile bootstrap (Efron and Tibshirani 1993, ch. 13).

A resample draws whole artists, since songs of one artist are alike: drawn alone they would seem to say more than they do. Scores that
stand beside each other are of the same resamples: what a draw makes easy or hard is so for all.
"""

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from kerasfeat.data.splits import groups
from kerasfeat.evaluation import metrics
from kerasfeat.evaluation.summary import LOWER_IS_BETTER, MAIN_METRIC
from kerasfeat.tasks import CLASSES, LABELS, THRESHOLD


def units(frame: pd.DataFrame) -> tuple[np.ndarray, dict]:
    """What a resample draws.

    Args:
        frame: [songs] with `artist`, and `group` of kerasfeat.data.splits.groups; without it, with `title` too.

    Returns:
        (number of each song's unit [songs], from 0; {resampled: "artist", or "track" where no artist is known or all songs are by
        one, units: how many}).
    """
    unit, resampled = groups(frame)
    if "group" in frame:
        unit = pd.factorize(frame["group"])[0]
    if not unit.any():
        unit, resampled = np.arange(len(frame)), "track"
    return unit, {"resampled": resampled, "units": int(unit.max()) + 1}


@threadpool_limits.wrap(limits=1)  # the sums are too short to share among threads
def draws(scorers, unit, samples=1000, seed=0):
    """Scores of resamples, the same ones for every scorer.

    Args:
        scorers: functions from how often each song counts, [songs], to {name: score}.
        unit: [songs] as of `units`.
        samples: number of resamples.
        seed: of the resampling.

    Returns:
        Of each scorer, name -> scores [samples].
    """
    draw, count = np.random.default_rng(seed), int(unit.max()) + 1
    found = [[] for _ in scorers]
    for _ in range(samples):
        counts = np.bincount(draw.integers(count, size=count), minlength=count)[unit].astype(float)
        for kept, scores in zip(found, scorers, strict=True):
            kept.append(scores(counts))
    return [{name: np.array([scores[name] for scores in kept]) for name in kept[0]} for kept in found]


def interval(drawn, score):
    """[low, high] of a score's draws [samples]; None where it is undefined."""
    return None if score is None else np.nanpercentile(drawn, [2.5, 97.5]).tolist()


def intervals(scores, drawn):
    """metric -> its interval, of the scalar ones of `scores`; None for one that is undefined."""
    return {name: interval(drawn.get(name), score) for name, score in scores.items() if not isinstance(score, (dict, list))}


def differences(a, b, a_drawn, b_drawn):
    """metric -> {value, ci95} of b's scores minus a's, of the same songs; where one of the two is undefined, so is the difference."""
    found = {}
    for name in b_drawn:
        if name in a_drawn:
            value = None if a[name] is None or b[name] is None else b[name] - a[name]
            found[name] = {"value": value, "ci95": interval(b_drawn[name] - a_drawn[name], value)}
    return found


def against_baselines(kind, true, predicted, baselines, labels, frame, samples=1000, seed=0):
    """A model's scores with intervals, and how far they are from those of the best baseline on the same songs.

    Args:
        kind, true, predicted, labels: as of `metrics.score`.
        baselines: name -> what it predicts.
        frame: [songs] as of `units`.
        samples, seed: as of `draws`.

    Returns:
        {resampled, units: as of `units`; test: the model's scores and `ci95`; baselines: name -> scores; best_baseline: its name by the
        main metric, and `differences` of the model's scores minus its; not there where that metric is undefined}.
    """
    unit, resampled = units(frame)
    own, own_scorer = scorer(kind, true, predicted, labels)
    simple = {name: scorer(kind, true, answers, labels) for name, answers in baselines.items()}
    values = {name: scores[MAIN_METRIC[kind]] for name, (scores, _) in simple.items() if scores[MAIN_METRIC[kind]] is not None}
    best = (min if MAIN_METRIC[kind] in LOWER_IS_BETTER else max)(values, key=values.get, default=None)
    drawn = draws([own_scorer, *([simple[best][1]] if best else [])], unit, samples, seed)
    found = {
        **resampled,
        "test": {**own, "ci95": intervals(own, drawn[0])},
        "baselines": {name: scores for name, (scores, _) in simple.items()},
    }
    if best:
        found["best_baseline"] = {"name": best, "differences": differences(simple[best][0], own, drawn[1], drawn[0])}
    return found


def scorer(kind, true, predicted, labels=None):
    """(scores as of `metrics.score`, a function from how often each song counts, [songs], to the scalar ones of that resample).

    Args and errors as of `metrics.score`.
    """
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
