"""How far scores would move with another draw of test songs: 95% percentile bootstrap.

Source: Efron and Tibshirani 1993, "An introduction to the bootstrap", chapter 13.

A resample draws whole artists, since songs of one artist are alike: drawn alone they would seem to
say more than they do. Scores that stand beside each other are of the same resamples: what a draw
makes easy or hard is so for all.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from kerasfeat.arrays import Array
from kerasfeat.songs.splits import groups
from kerasfeat.targets import LOWER_IS_BETTER, Target
from kerasfeat.targets.target import Scorer

# By accuracy alone, fewer test songs can't tell good models apart.
FEW_SONGS = 2000

Scores: TypeAlias = dict[str, Any]  # by name, as `Target.score` gives them
Draws: TypeAlias = dict[str, Array]  # a score's name -> its values [samples]


def units(frame: pd.DataFrame) -> tuple[Array, dict[str, Any]]:
    """What a resample draws.

    Args:
        frame: [songs] with `artist`, and `group` of kerasfeat.songs.splits.groups; without it, with
            `title` too.

    Returns:
        (number of each song's unit [songs], from 0; {resampled: "artist", or "track" where no
        artist is known or all songs are by one, units: how many}).
    """
    # Where the groups are known, the artists say only what they are of.
    unit, resampled = groups(frame.filter(["artist", "artists"]) if "group" in frame else frame)
    if "group" in frame:
        unit = pd.factorize(frame["group"])[0]
    if not unit.any():
        unit, resampled = np.arange(len(frame)), "track"
    return unit, {"resampled": resampled, "units": int(unit.max()) + 1}


@threadpool_limits.wrap(limits=1)  # the sums are too short to share among threads
def draws(
    scorers: Sequence[Scorer], unit: Array, samples: int = 1000, seed: int = 0
) -> list[Draws]:
    """Scores of resamples, the same ones for every scorer.

    Args:
        scorers: functions from how often each song counts, [songs], to {name: score}.
        unit: [songs] as of `units`.
        samples: number of resamples.
        seed: of the resampling.

    Returns:
        Of each scorer, name -> scores [samples].
    """
    random, size = np.random.default_rng(seed), int(unit.max()) + 1
    scored: list[list[dict[str, float]]] = [[] for _ in scorers]
    for _ in range(samples):
        drawn = random.integers(size, size=size)
        counts = np.bincount(drawn, minlength=size)[unit].astype(float)  # [songs]
        for own, scorer in zip(scored, scorers, strict=True):
            own.append(scorer(counts))
    return [{name: np.array([scores[name] for scores in own]) for name in own[0]} for own in scored]


def interval(drawn: Array, score: float | None) -> list[float] | None:
    """[low, high] of a score's draws [samples]; None where it is undefined."""
    return None if score is None else np.nanpercentile(drawn, [2.5, 97.5]).tolist()


def intervals(scores: Scores, drawn: Draws) -> dict[str, list[float] | None]:
    """metric -> its interval, of the scalar ones of `scores`; None for one that is undefined."""
    return {
        name: interval(drawn[name], score)
        for name, score in scores.items()
        if not isinstance(score, (dict, list))
    }


def differences(a: Scores, b: Scores, a_drawn: Draws, b_drawn: Draws) -> dict[str, dict[str, Any]]:
    """How far b's scores are from a's, of the same songs.

    Args:
        a, b: scores of two predictions.
        a_drawn, b_drawn: their draws, of the same resamples.

    Returns:
        metric -> {value, ci95} of b's score minus a's; both None where one of the two is undefined.
    """
    compared = {}
    for name in b_drawn:
        if name in a_drawn:
            value = None if a[name] is None or b[name] is None else b[name] - a[name]
            ci95 = interval(b_drawn[name] - a_drawn[name], value)
            compared[name] = {"value": value, "ci95": ci95}
    return compared


def with_intervals(target: Target, truth: Array, prediction: Array, unit: Array) -> Scores:
    """The scores of a prediction, and `ci95`, the intervals of those that have one.

    Args:
        target: what is predicted.
        truth, prediction: of the same songs.
        unit: [songs] as of `units`.
    """
    scores = target.score(truth, prediction)
    (drawn,) = draws([target.scorer(truth, prediction)], unit)
    return {**scores, "ci95": intervals(scores, drawn)}


def against_baselines(
    target: Target,
    truth: Array,
    prediction: Array,
    baselines: Mapping[str, Array],
    frame: pd.DataFrame,
    *,
    samples: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """A model's scores, and how far they are from the best baseline's on the same songs.

    Args:
        target: what is predicted.
        truth, prediction: of the same songs.
        baselines: name -> prediction.
        frame: [songs] as of `units`.
        samples, seed: as of `draws`.

    Returns:
        {resampled, units: as of `units`; test: the model's scores and `ci95`; baselines: name ->
        scores; best_baseline: its `name`, the metric `by` which it is the best (the target's fine
        one where songs are few, else its main one), and `differences` of the model's scores minus
        its; not there where the main metric is undefined}.
    """
    unit, resampled = units(frame)
    own = target.score(truth, prediction)
    simple = {name: target.score(truth, answers) for name, answers in baselines.items()}
    by = target.fine_metric if len(truth) < FEW_SONGS else target.main_metric
    best = None if own[target.main_metric] is None else _best(simple, by)
    compared = [prediction, *([baselines[best]] if best else [])]
    drawn = draws([target.scorer(truth, answers) for answers in compared], unit, samples, seed)
    result = {**resampled, "test": {**own, "ci95": intervals(own, drawn[0])}, "baselines": simple}
    if best:
        compared_scores = differences(simple[best], own, drawn[1], drawn[0])
        result["best_baseline"] = {"name": best, "by": by, "differences": compared_scores}
    return result


def _best(scored: Mapping[str, Scores], metric: str) -> str | None:
    """The name with the best score of a metric; None where it is undefined for all."""
    values = {name: scores[metric] for name, scores in scored.items() if scores[metric] is not None}
    better = min if metric in LOWER_IS_BETTER else max
    return better(values, key=lambda name: values[name], default=None)
