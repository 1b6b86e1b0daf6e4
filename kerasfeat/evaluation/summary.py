"""What a run's figures come to, in a line that goes no further than the figures do."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kerasfeat.evaluation.intervals import Interval
from kerasfeat.targets import LOWER_IS_BETTER, Target
from kerasfeat.text import count, words

# The 95% interval of a share is 20 points wide over the one number of songs, 28 over the other.
ENOUGH_TESTED, FEW_TESTED = 100, 50
LEAKS = {
    "shared_artists": "artists",
    "shared_ids": "track ids",
    "shared_audio": "identical recordings",
    "shared_songs": "songs with the same name or features",
}
# What a resample draws. Songs by nobody are a group of their own each, and artists who share a song
# are one: there may be more groups than artists, or fewer.
UNITS = {"artist": "artist group", "track": "song"}


@dataclass(frozen=True)
class Lead:
    """How far the model is ahead of the best baseline on the same songs.

    Attributes:
        value: less than 0 where it is behind.
        interval: the 95% interval of `value`.
    """

    value: float
    interval: Interval

    @property
    def standing(self) -> str:
        """ "better", "worse", or "level" where 0 is within the interval."""
        low, high = self.interval
        return "better" if low > 0 else "worse" if high < 0 else "level"


@dataclass(frozen=True)
class Verdict:
    """The model's main score beside the best baseline's.

    Where songs are few, probabilities tell good models apart, and the share of right answers does
    not: then the log loss decides.

    Attributes:
        metric: the target's main metric.
        by: the metric that decides.
        tested: how many songs were.
        value: the model's score; None where it is undefined.
        interval: its 95% interval, or None.
        rival: name of the best baseline, or None.
        rival_value: the best baseline's score, or None.
        lead: over that baseline in what decides; None where there is nothing to compare.
        main_lead: over that baseline in the main metric; None as `lead`.
    """

    metric: str
    by: str
    tested: int
    value: float | None
    interval: Interval | None
    rival: str | None
    rival_value: float | None
    lead: Lead | None
    main_lead: Lead | None

    @property
    def standing(self) -> str | None:
        """As `Lead.standing`; None where there is nothing to compare."""
        return self.lead.standing if self.lead else None

    @property
    def is_share(self) -> bool:
        """Whether the metric is a share of songs, or of pairs of songs."""
        return self.metric not in LOWER_IS_BETTER


def verdict(target: Target, metrics: Mapping[str, Any]) -> Verdict:
    """The Verdict on the figures of metrics.json."""
    metric = target.main_metric
    interval = metrics["test"].get("ci95", {}).get(metric)
    best = metrics.get("best_baseline")
    by = best.get("by", metric) if best else metric
    return Verdict(
        metric=metric,
        by=by,
        tested=_tested(metrics),
        value=metrics["test"][metric],
        interval=tuple(interval) if interval else None,
        rival=best["name"] if best else None,
        rival_value=metrics["baselines"][best["name"]][metric] if best else None,
        lead=_lead(best["differences"][by], by) if best else None,
        main_lead=_lead(best["differences"][metric], metric) if best else None,
    )


def _lead(difference: Mapping[str, Any], metric: str) -> Lead | None:
    """The lead that a difference {value, ci95} is; None where it is undefined."""
    if not difference["ci95"]:
        return None
    sign = -1 if metric in LOWER_IS_BETTER else 1
    low, high = sorted(sign * end for end in difference["ci95"])
    return Lead(sign * difference["value"], (low, high))


def headline(verdict: Verdict) -> str:
    """The finding in one line."""
    if verdict.value is None:
        return "No label could be scored"
    right = f"{_of_hundred(verdict.value)} songs"
    if verdict.tested < FEW_TESTED:
        right = f"{round(verdict.value * verdict.tested)} of {count(verdict.tested, 'test song')}"
    finding = {
        "accuracy": f"Right for {right}",
        "mae": f"Off by {verdict.value:.3f} on average",
        "roc_auc": f"Ranks {_of_hundred(verdict.value)} pairs of songs correctly",
    }[verdict.metric]
    if verdict.lead is None or verdict.rival is None:
        return finding
    rival = words(verdict.rival)
    what = "" if verdict.by == verdict.metric else " probabilities"
    against = {
        "better": f"better{what} than every baseline",
        "level": f"{'not clearly' if verdict.lead.value > 0 else 'no'} better{what} than {rival}",
        "worse": f"worse{what} than {rival}",
    }
    return f"{finding}, {against[verdict.lead.standing]}"


def told_leads(verdict: Verdict) -> str:
    """The leads over the best baseline with their intervals; "" where there are none."""
    leads = {verdict.by: verdict.lead, verdict.metric: verdict.main_lead}
    told = [
        f"{words(metric)} {abs(lead.value):.3f} {'better' if lead.value >= 0 else 'worse'} "
        f"[{lead.interval[0]:+.3f}, {lead.interval[1]:+.3f}]"
        for metric, lead in leads.items()
        if lead
    ]
    return f"beside {words(verdict.rival)}: {', '.join(told)}" if told and verdict.rival else ""


def cautions(metrics: Mapping[str, Any]) -> list[str]:
    """What one must know before one believes the figures of metrics.json, a sentence each."""
    made_up = (
        "It was trained on kerasfeat's own synthesised songs, which say nothing about real music."
    )
    known = [made_up if "synth" in metrics["data"]["source"].lower() else "", few_songs(metrics)]
    return [caution for caution in known if caution]


def few_songs(metrics: Mapping[str, Any]) -> str:
    """That there are too few test songs, and how many would do; "" where there are enough."""
    rows, tested = metrics["data"]["rows"], _tested(metrics)
    if tested >= FEW_TESTED:
        return ""
    told = (
        f"{count(tested, 'test song')} {'is' if tested == 1 else 'are'} too few to compare models."
    )
    if "cv" in metrics:  # every song is tested
        return f"{told} About {ENOUGH_TESTED} would do."
    enough = math.ceil(ENOUGH_TESTED * rows / max(tested, 1))
    return (
        f"{told} About {enough:,} songs would give the {ENOUGH_TESTED} test songs needed. Or test "
        "every song, with --folds 10."
    )


def _tested(metrics: Mapping[str, Any]) -> int:
    """How many songs were predicted by a model that had not seen them."""
    sizes = metrics["split"]["sizes"]
    return int(metrics["data"]["rows"] if "cv" in metrics else sizes["test"])


def leaks(split: Mapping[str, Any]) -> list[str]:
    """What is on both sides of the split, as text; empty where nothing is."""
    return [f"{split[key]:,} {name}" for key, name in LEAKS.items() if split.get(key)]


def _of_hundred(share: float) -> str:
    return f"{round(100 * share)} of 100"
