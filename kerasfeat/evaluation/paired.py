"""Several predictions of the same songs: scores, paired differences, and shares of songs.

All of them have bootstrapped intervals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.evaluation import bootstrap
from kerasfeat.targets import Target

EQUAL = 1e-9  # errors that differ by less are equal

Pair: TypeAlias = tuple[int, int]  # places of two predictions, the first before the second


@dataclass(frozen=True)
class Paired:
    """What several predictions of the same songs come to.

    Attributes:
        scored: {scores, ci95} of each prediction.
        pairs: (a, b), a before b -> {differences: metric -> {value, ci95} of b minus a, wins: see
            `_wins`}.
        units: what was resampled, as of `bootstrap.units`.
    """

    scored: list[dict[str, Any]]
    pairs: dict[Pair, dict[str, Any]]
    units: dict[str, Any]


@dataclass(frozen=True)
class _Nearer:
    """On which songs one prediction of a head is nearer to the truth than another, bool [songs].

    Attributes:
        better, worse: whether it is nearer, and whether the other is.
        known: whether the truth is known.
    """

    better: Array
    worse: Array
    known: Array


def score(
    target: Target,
    truth: Array,
    predictions: Sequence[Array],
    frame: pd.DataFrame,
    *,
    samples: int,
    seed: int,
) -> Paired:
    """Score predictions of the same songs, alone and against each other.

    Args:
        target: what is predicted.
        truth: of the songs.
        predictions: of the songs, one a contestant.
        frame: [songs] as of `bootstrap.units`.
        samples, seed: of the bootstrap.
    """
    unit, resampled = bootstrap.units(frame)
    scorers = [target.compared_scorer(truth, prediction) for prediction in predictions]
    scores = [_scores(target, truth, prediction) for prediction in predictions]
    errors = [target.head_errors(truth, prediction) for prediction in predictions]
    pairs = [(a, b) for b in range(len(predictions)) for a in range(b)]
    nearer = {(a, b): _nearer(target, errors[a], errors[b]) for a, b in pairs}
    shares = [partial(_shares, nearer[pair]) for pair in pairs]
    drawn = bootstrap.draws([*scorers, *shares], unit, samples, seed)
    share_draws = dict(zip(pairs, drawn[len(scorers) :], strict=True))

    def compared(a: int, b: int) -> dict[str, Any]:
        return {
            "differences": bootstrap.differences(scores[a], scores[b], drawn[a], drawn[b]),
            "wins": _wins(target, truth, nearer[a, b], share_draws[a, b]),
        }

    scored = [
        {"scores": own, "ci95": bootstrap.intervals(own, each)}
        for own, each in zip(scores, drawn, strict=False)
    ]
    return Paired(scored, {(a, b): compared(a, b) for a, b in pairs}, resampled)


def _scores(target: Target, truth: Array, prediction: Array) -> bootstrap.Scores:
    """As `Target.score`, with what `compared_scorer` adds."""
    compared = target.compared_scorer(truth, prediction)(np.ones(len(truth)))
    return target.score(truth, prediction) | {
        name: None if np.isnan(x) else float(x) for name, x in compared.items()
    }


def _nearer(target: Target, a: Array, b: Array) -> dict[str, _Nearer]:
    """head -> where b is nearer to the truth than a; of errors [songs, heads]."""
    return {
        head: _Nearer(
            better=b[:, i] < a[:, i] - EQUAL,
            worse=a[:, i] < b[:, i] - EQUAL,
            known=~np.isnan(a[:, i]),
        )
        for i, head in enumerate(target.heads)
    }


def _shares(nearer: Mapping[str, _Nearer], counts: Array) -> dict[str, float]:
    """head -> the share of the songs, counted as `counts` [songs], on which b is nearer."""
    return {
        head: counts @ own.better / counts[own.known].sum() if counts[own.known].any() else np.nan
        for head, own in nearer.items()
    }


def _wins(
    target: Target, truth: Array, nearer: Mapping[str, _Nearer], shares: bootstrap.Draws
) -> list[dict[str, Any]]:
    """A list of {target, band, songs, better, worse, equal, share, ci95} of b against a.

    The band is None for all songs, else as of `Target.bands`. `share` is better / songs; only that
    of all songs has ci95.
    """
    rows = []
    for head in target.heads:
        own = nearer[head]
        for band, inside in [(None, own.known), *target.bands(truth, head)]:
            songs = int(inside.sum())
            if not songs:
                continue
            better, worse = int((own.better & inside).sum()), int((own.worse & inside).sum())
            rows.append(
                {
                    "target": head,
                    "band": band,
                    "songs": songs,
                    "better": better,
                    "worse": worse,
                    "equal": songs - better - worse,
                    "share": better / songs,
                    "ci95": None if band else bootstrap.interval(shares[head], better),
                }
            )
    return rows
