"""How far scores would move with another draw of test songs: 95 % percentile bootstrap (Efron and
Tibshirani 1993, ch. 13).

A resample draws whole artists, since songs of one artist are alike: drawn alone they would seem to
say more than they do. Scores that stand beside each other are of the same resamples: what a draw
makes easy or hard is so for all.
"""

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from kerasfeat.songs.splits import groups
from kerasfeat.targets import LOWER_IS_BETTER


def units(frame: pd.DataFrame) -> tuple[np.ndarray, dict]:
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
    return [
        {name: np.array([scores[name] for scores in kept]) for name in kept[0]} for kept in found
    ]


def interval(drawn, score):
    """[low, high] of a score's draws [samples]; None where it is undefined."""
    return None if score is None else np.nanpercentile(drawn, [2.5, 97.5]).tolist()


def intervals(scores, drawn):
    """metric -> its interval, of the scalar ones of `scores`; None for one that is undefined."""
    return {
        name: interval(drawn.get(name), score)
        for name, score in scores.items()
        if not isinstance(score, (dict, list))
    }


def differences(a, b, a_drawn, b_drawn):
    """metric -> {value, ci95} of b's scores minus a's, of the same songs; where one of the two is
    undefined, so is the difference.
    """
    found = {}
    for name in b_drawn:
        if name in a_drawn:
            value = None if a[name] is None or b[name] is None else b[name] - a[name]
            found[name] = {"value": value, "ci95": interval(b_drawn[name] - a_drawn[name], value)}
    return found


def with_intervals(target, truth, prediction, unit):
    """The scores of a prediction, and `ci95`, the intervals of those that have one.

    Args:
        target: a Target.
        truth, prediction: of the same songs.
        unit: [songs] as of `units`.
    """
    scores = target.score(truth, prediction)
    (drawn,) = draws([target.scorer(truth, prediction)], unit)
    return {**scores, "ci95": intervals(scores, drawn)}


def against_baselines(target, truth, prediction, baselines, frame, samples=1000, seed=0):
    """A model's scores with intervals, and how far they are from those of the best baseline on the
    same songs.

    Args:
        target: a Target.
        truth, prediction: of the same songs.
        baselines: name -> prediction.
        frame: [songs] as of `units`.
        samples, seed: as of `draws`.

    Returns:
        {resampled, units: as of `units`; test: the model's scores and `ci95`; baselines: name ->
        scores; best_baseline: its name by the main metric, and `differences` of the model's scores
        minus its; not there where that metric is undefined}.
    """
    unit, resampled = units(frame)
    own, main = target.score(truth, prediction), target.main_metric
    simple = {name: target.score(truth, answers) for name, answers in baselines.items()}
    values = {name: scores[main] for name, scores in simple.items() if scores[main] is not None}
    best = (min if main in LOWER_IS_BETTER else max)(values, key=values.get, default=None)
    compared = [prediction, *([baselines[best]] if best else [])]
    drawn = draws([target.scorer(truth, answers) for answers in compared], unit, samples, seed)
    found = {**resampled, "test": {**own, "ci95": intervals(own, drawn[0])}, "baselines": simple}
    if best:
        found["best_baseline"] = {
            "name": best,
            "differences": differences(simple[best], own, drawn[1], drawn[0]),
        }
    return found
