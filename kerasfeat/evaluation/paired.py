"""Statistics of several predictions of the same songs: scores, paired differences, and shares of songs, all with bootstrapped intervals."""

from functools import partial

import numpy as np

from kerasfeat.evaluation import bootstrap, metrics
from kerasfeat.tasks import CLASSES, LABELS, THRESHOLD, VALUES

BANDS = 10  # of the true value, equally wide in [0, 1]
EQUAL = 1e-9  # errors that differ by less are equal


def score(kind, truth, predicted, labels, frame, samples, seed):
    """Score predictions of the same songs, alone and against each other.

    Args:
        kind: "classes", "values", or "labels".
        truth: target -> true values [songs] with NaN where there is none; or the one target -> label index [songs], or of several labels
            bool [songs, labels].
        predicted: of each contestant, probabilities [songs, labels], or target -> values [songs].
        labels: names of the classes or labels.
        frame: [songs] as of `bootstrap.units`.
        samples, seed: of the bootstrap.

    Returns:
        (a list of {scores, ci95}, one a contestant;
        (a, b) -> {differences: metric -> {value, ci95} of b minus a, wins: see `_wins`} for each a before b;
        what was resampled, as of `bootstrap.units`).

        Scores are those of kerasfeat.evaluation.metrics, and for values `accuracy`: the share of songs on the right side of 0.5.
    """
    unit, resampled = bootstrap.units(frame)
    scored = [_scored(kind, truth, each, labels) for each in predicted]
    distances = [_distances(kind, truth, each) for each in predicted]
    couples = [(a, b) for b in range(len(predicted)) for a in range(b)]
    won = {couple: _won(*(distances[place] for place in couple)) for couple in couples}
    scorers = [*(weighted for _, weighted in scored), *(partial(_shares, won[couple]) for couple in couples)]
    drawn = bootstrap.draws(scorers, unit, samples, seed)
    shares = dict(zip(couples, drawn[len(scored) :], strict=True))
    found = [{"scores": scores, "ci95": bootstrap.intervals(scores, each)} for (scores, _), each in zip(scored, drawn, strict=False)]
    pairs = {
        (a, b): {
            "differences": bootstrap.differences(scored[a][0], scored[b][0], drawn[a], drawn[b]),
            "wins": _wins(kind, truth, labels, won[a, b], shares[a, b]),
        }
        for a, b in couples
    }
    return found, pairs, resampled


def _scored(kind, truth, predicted, labels):
    """(scores, a function from counts [songs] to the scalar ones)."""
    if kind != VALUES:
        (true,) = truth.values()
        return bootstrap.scorer(kind, true, predicted, labels)
    scores, weighted = bootstrap.scorer(kind, truth, predicted)
    known = [(~np.isnan(values), (values > THRESHOLD) == (predicted[target] > THRESHOLD)) for target, values in truth.items()]
    known = [(there, right & there) for there, right in known if there.any()]

    def accuracy(counts):
        shares = [counts @ right / counts[there].sum() if counts[there].any() else np.nan for there, right in known]
        return {"accuracy": float(np.mean(shares))}

    return scores | accuracy(np.ones(len(known[0][0]))), lambda counts: weighted(counts) | accuracy(counts)


def _distances(kind, truth, predicted):
    """target -> how far each song's prediction is from the truth, [songs]: 1 - probability of the true label, the absolute
    error, or the mean log loss of the labels."""
    if kind == CLASSES:
        ((target, true),) = truth.items()
        return {target: 1 - metrics.normalised(predicted)[np.arange(len(true)), true]}
    if kind == LABELS:
        return {target: metrics.binary_log_loss(true, predicted).mean(axis=1) for target, true in truth.items()}
    return {target: np.abs(predicted[target] - values) for target, values in truth.items()}


def _won(a, b):
    """target -> [songs] whether b is nearer to the truth than a, a nearer than b, and whether the truth is known."""
    return {target: (b[target] < a[target] - EQUAL, a[target] < b[target] - EQUAL, ~np.isnan(a[target])) for target in a}


def _shares(won, counts):
    """target -> the share of the songs, counted as `counts` [songs], on which b is nearer."""
    return {target: counts @ better / counts[known].sum() if counts[known].any() else np.nan for target, (better, _, known) in won.items()}


def _wins(kind, truth, labels, won, shares):
    """A list of {target, band, songs, better, worse, equal, share, ci95} of b against a.

    The band is None for all songs, a label, or [low, high] of the true value. `share` is better / songs; only that of all songs has ci95.
    """
    found = []
    for target, values in truth.items():
        better, worse, known = won[target]
        for band, inside in [(None, known), *_bands(kind, values, labels)]:
            songs = int(inside.sum())
            if songs:
                ahead, behind = int((better & inside).sum()), int((worse & inside).sum())
                row = {"target": target, "band": band, "songs": songs, "better": ahead, "worse": behind, "equal": songs - ahead - behind}
                found.append({**row, "share": ahead / songs, "ci95": None if band else bootstrap.interval(shares[target], ahead)})
    return found


def _bands(kind, values, labels):
    """(band, which songs are in it [songs]) of the true label or value; a value of 1 is in the last band."""
    if kind == CLASSES:
        return [(label, values == number) for number, label in enumerate(labels)]
    if kind == LABELS:
        return [(label, values[:, number]) for number, label in enumerate(labels)]
    place = np.clip(np.floor(np.nan_to_num(values, nan=-1.0) * BANDS), -1, BANDS - 1)
    return [([band / BANDS, (band + 1) / BANDS], (place == band) & ~np.isnan(values)) for band in range(BANDS)]
