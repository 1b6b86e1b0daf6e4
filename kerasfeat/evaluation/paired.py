"""Statistics of several predictions of the same songs: scores, paired differences, and shares of
songs, all with bootstrapped intervals.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from kerasfeat.evaluation import bootstrap
from kerasfeat.targets import Target

EQUAL = 1e-9  # errors that differ by less are equal


@dataclass(frozen=True)
class Paired:
    """What several predictions of the same songs come to.

    Attributes:
        scored: {scores, ci95} of each prediction.
        pairs: (a, b), a before b -> {differences: metric -> {value, ci95} of b minus a, wins: see
            `_wins`}.
        units: what was resampled, as of `bootstrap.units`.
    """

    scored: list[dict]
    pairs: dict[tuple[int, int], dict]
    units: dict


def score(
    target: Target,
    truth: np.ndarray,
    predictions: Sequence[np.ndarray],
    frame: pd.DataFrame,
    samples: int,
    seed: int,
) -> Paired:
    """Score predictions of the same songs, alone and against each other.

    Args:
        target: a Target.
        truth: of the songs.
        predictions: of the songs, one a contestant.
        frame: [songs] as of `bootstrap.units`.
        samples, seed: of the bootstrap.
    """
    unit, resampled = bootstrap.units(frame)
    scorers = [target.compared_scorer(truth, prediction) for prediction in predictions]
    scores = [_scores(target, truth, prediction) for prediction in predictions]
    errors = [target.head_errors(truth, prediction) for prediction in predictions]
    couples = [(a, b) for b in range(len(predictions)) for a in range(b)]
    won = {(a, b): _won(target, errors[a], errors[b]) for a, b in couples}
    drawn = bootstrap.draws(
        [*scorers, *(partial(_shares, won[couple]) for couple in couples)], unit, samples, seed
    )
    shares = dict(zip(couples, drawn[len(scorers) :], strict=True))
    return Paired(
        [
            {"scores": own, "ci95": bootstrap.intervals(own, each)}
            for own, each in zip(scores, drawn, strict=False)
        ],
        {
            (a, b): {
                "differences": bootstrap.differences(scores[a], scores[b], drawn[a], drawn[b]),
                "wins": _wins(target, truth, won[a, b], shares[a, b]),
            }
            for a, b in couples
        },
        resampled,
    )


def _scores(target, truth, prediction):
    """As `Target.score`, with what `compared_scorer` adds."""
    compared = target.compared_scorer(truth, prediction)(np.ones(len(truth)))
    return target.score(truth, prediction) | {
        name: None if np.isnan(x) else float(x) for name, x in compared.items()
    }


def _won(target, a, b):
    """head -> [songs] whether b is nearer than a, a nearer than b, and whether the truth is known;
    of errors [songs, heads].
    """
    return {
        head: (b[:, i] < a[:, i] - EQUAL, a[:, i] < b[:, i] - EQUAL, ~np.isnan(a[:, i]))
        for i, head in enumerate(target.heads)
    }


def _shares(won, counts):
    """head -> the share of the songs, counted as `counts` [songs], on which b is nearer."""
    return {
        head: counts @ better / counts[known].sum() if counts[known].any() else np.nan
        for head, (better, _, known) in won.items()
    }


def _wins(target, truth, won, shares):
    """A list of {target, band, songs, better, worse, equal, share, ci95} of b against a.

    The band is None for all songs, else as of `Target.bands`. `share` is better / songs; only that
    of all songs has ci95.
    """
    found = []
    for head in target.heads:
        better, worse, known = won[head]
        for band, inside in [(None, known), *target.bands(truth, head)]:
            songs = int(inside.sum())
            if songs:
                ahead, behind = int((better & inside).sum()), int((worse & inside).sum())
                row = {
                    "target": head,
                    "band": band,
                    "songs": songs,
                    "better": ahead,
                    "worse": behind,
                    "equal": songs - ahead - behind,
                }
                found.append(
                    {
                        **row,
                        "share": ahead / songs,
                        "ci95": None if band else bootstrap.interval(shares[head], ahead),
                    }
                )
    return found
