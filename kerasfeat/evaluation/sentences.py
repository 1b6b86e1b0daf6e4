"""What a run's figures say, in plain sentences that go no further than the figures do."""

from collections.abc import Mapping
from typing import Any

from kerasfeat.evaluation.intervals import Interval
from kerasfeat.evaluation.numbers import difference, percent
from kerasfeat.evaluation.predictions import TestPredictions
from kerasfeat.evaluation.score_table import members_of
from kerasfeat.evaluation.summary import LEAKS, UNITS, Lead, Verdict, leaks
from kerasfeat.evaluation.target_sentences import best_and_worst, listed, what_it_does
from kerasfeat.targets import Target
from kerasfeat.text import count, words

WIDE_INTERVAL = 0.1  # of a share
# Intervals over fewer are too narrow (Cameron, Gelbach and Miller 2008, doi:10.1162/rest.90.3.414).
FEW_ARTISTS = 30
INPUTS = {
    "features": "table columns",
    "logmel": "log-mel spectrogram",
    "lowlevel": "low-level descriptors",
    "mfcc": "MFCCs",
    "midside_logmel": "mid/side log-mel spectrogram",
    "musicnn_msd": "musicnn embedding (Million Song Dataset)",
    "musicnn_mtt": "musicnn embedding (MagnaTagATune)",
    "vggish": "VGGish embedding",
    "yamnet": "YAMNet embedding",
}


def sentences(
    target: Target,
    run: Mapping[str, Any],
    metrics: Mapping[str, Any],
    verdict: Verdict,
    predictions: TestPredictions | None = None,
) -> list[str]:
    """Half a minute's reading: what, on which data, how good, how sure, where it fails.

    Args:
        target: of the run.
        run, metrics: contents of run.json and metrics.json.
        verdict: of these metrics.
        predictions: of the test songs, where the run has them.
    """
    parts = [
        _what(target, run, metrics),
        _members(metrics),
        _how_good(verdict),
        _against_constant(metrics["baselines"], verdict),
        *best_and_worst(target, metrics["test"], predictions),
        _how_sure(run, metrics, verdict),
    ]
    return [part for part in parts if part]


def _what(target: Target, run: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """What was trained, on which songs."""
    data, sizes = metrics["data"], metrics["split"]["sizes"]
    songs = count(data["rows"], "song")
    if data["artists"]:
        songs += f" by {count(data['artists'], 'artist')}"
    known = (
        f"{sizes['train']:,} were used to train it, {sizes['validation']:,} to decide when to stop"
    )
    if _weights(metrics):
        both = sizes["train"] + sizes["validation"]
        known = f"{both:,} were used to train and weight its members"
    scored = (
        f"Each of {songs} was scored by a model that had not seen it, in {run['folds']} folds."
        if run["folds"]
        else f"Of {songs}, {known}, and {sizes['test']:,} to test it."
    )
    inputs = listed([INPUTS.get(name, words(name)) for name in run["inputs"]])
    model = f"{words(run['model'])} model"
    if run.get("bag"):
        model = f"mean of {run['bag']} {model}s"
    return f"The {model} {what_it_does(target)} from its {inputs}. {scored}"


def _weights(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Member -> how much it says, of an ensemble that is weighted."""
    return {
        name: scores["weight"] for name, scores in members_of(metrics).items() if "weight" in scores
    }


def _members(metrics: Mapping[str, Any]) -> str:
    """What an ensemble is made of; "" of one that is not weighted."""
    weights = _weights(metrics)
    parts = [f"{name} ({weight:.2f})" for name, weight in weights.items() if weight >= 0.005]
    if not parts:
        return ""
    return (
        f"It combines {listed(parts)}, weighted by how well they predicted songs that were held "
        "back from them in training."
    )


def calibration(metrics: Mapping[str, Any]) -> str:
    """What calibration did to the test songs' probabilities; "" where there was none."""
    before, after = metrics.get("uncalibrated"), metrics["test"]
    if not before:
        return ""
    return (
        "A temperature fitted on training and validation songs changed the calibration error from "
        f"{percent(before['ece'])} to {percent(after['ece'])}, and the log loss from "
        f"{before['log_loss']:.3f} to {after['log_loss']:.3f}."
    )


def _how_good(verdict: Verdict) -> str:
    """The main score beside the best baseline's."""
    if verdict.value is None:
        return (
            "Every label is on all test songs or on none, so none can be scored. Give more songs."
        )
    text = {
        "accuracy": f"It is right for {percent(verdict.value)} of the test songs",
        "mae": f"Its mean error is {verdict.value:.3f} on a scale from 0 to 1",
        "roc_auc": "Given two test songs of which one has a label, it gives that one the higher "
        f"probability in {percent(verdict.value)} of cases",
    }[verdict.metric]
    if verdict.interval:
        text += f" (95% interval {_ends(verdict.interval, verdict.is_share)})"
    if verdict.rival is None or verdict.rival_value is None:
        return f"{text}. No baseline was trained."
    value = percent(verdict.rival_value) if verdict.is_share else f"{verdict.rival_value:.3f}"
    text += f"; the best baseline, {words(verdict.rival)}, reaches {value}. "
    if verdict.lead is None or verdict.main_lead is None:
        return f"{text}Without an interval, the difference may be chance."
    finding = {
        "better": "better than every baseline",
        "level": "not distinguishable from it on this test",
        "worse": f"worse, so {words(verdict.rival)} is the better choice here",
    }[verdict.lead.standing]
    lead = _ahead(verdict.main_lead, verdict.is_share)
    if verdict.by == verdict.metric:
        return f"{text}On the same songs the model is {lead}: it is {finding}."
    fine = _ahead(verdict.lead, is_share=False)
    return (
        f"{text}On the same songs the model is {lead}. With so few songs, probabilities are the "
        f"better measure: in {words(verdict.by)} it is {fine}, {finding}."
    )


def _ends(interval: Interval, is_share: bool) -> str:
    """An interval as text, a share in percent."""
    low, high = interval
    return f"{100 * low:.1f} to {percent(high)}" if is_share else f"{low:.3f} to {high:.3f}"


def _ahead(lead: Lead, is_share: bool) -> str:
    """How far the model is ahead, with the interval; a share in points."""
    scale, digits, unit = (100, 1, " points") if is_share else (1, 3, "")
    low, high = (difference(scale * end, digits) for end in lead.interval)
    return (
        f"{abs(scale * lead.value):.{digits}f}{unit} {'behind' if lead.value < 0 else 'ahead'} "
        f"(95% interval of the lead {low} to {high}{unit})"
    )


def _against_constant(baselines: Mapping[str, Any], verdict: Verdict) -> str:
    """What an answer that is the same for every song reaches, where that is not the best one."""
    constant = baselines.get("constant", {}).get(verdict.metric)
    if constant is None or verdict.rival == "constant":
        return ""
    return {
        "accuracy": "Always predicting the commonest label would be right for "
        f"{percent(constant)}.",
        "mae": f"Always predicting the training mean would be off by {constant:.3f}.",
        "roc_auc": f"Predicting the same for every song would be right in {percent(constant)} of "
        "cases.",
    }[verdict.metric]


def _how_sure(run: Mapping[str, Any], metrics: Mapping[str, Any], verdict: Verdict) -> str:
    """How far the split and the intervals can be trusted."""
    parts = [_no_leaks(metrics["split"])]
    or_folds = "" if run["folds"] else ", or cross-validation (--folds 10),"
    if metrics["resampled"] == "artist" and metrics["units"] < FEW_ARTISTS:
        parts.append(
            f"Intervals over {count(metrics['units'], UNITS['artist'])} are too narrow; more "
            f"artists{or_folds} would fix that."
        )
    elif verdict.is_share and verdict.interval:
        width = verdict.interval[1] - verdict.interval[0]
        songs = "songs" if run["folds"] else "test songs"
        if width > WIDE_INTERVAL:
            parts.append(
                f"The interval is {round(100 * width)} points wide; more {songs}{or_folds} would "
                "narrow it."
            )
    return " ".join(part for part in parts if part)


def _no_leaks(split: Mapping[str, Any]) -> str:
    """That nothing is on both sides of the split, of what is known of it; "" where something is."""
    known = [name for key, name in LEAKS.items() if split.get(key) is not None]
    if leaks(split) or not known:
        return ""
    return f"No {listed(known, 'or')} are on both sides of the split."
