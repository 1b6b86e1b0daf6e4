"""What a run's figures say, in plain sentences that go no further than the figures do."""

from dataclasses import dataclass
from functools import singledispatch

from kerasfeat.evaluation.predictions import TestPredictions
from kerasfeat.targets import LOWER_IS_BETTER, Multiclass, Multilabel, Regression, Target

LEAKS = {
    "shared_artists": "artists",
    "shared_ids": "track ids",
    "shared_audio": "identical recordings",
    "shared_songs": "songs with the same name or features",
}
OVERCONFIDENT = 0.03  # mean confidence this far above accuracy is worth a word
WIDE_INTERVAL = 0.1  # of accuracy
# intervals of fewer are too narrow (Cameron, Gelbach and Miller 2008, doi:10.1162/rest.90.3.414)
FEW_ARTISTS = 30
INPUTS = {
    "features": "table columns",
    "logmel": "log-mel spectrogram",
    "lowlevel": "low-level descriptors",
    "mfcc": "MFCCs",
    "midside_logmel": "mid/side log-mel spectrogram",
    "vggish": "VGGish embedding",
    "yamnet": "YAMNet embedding",
}


@dataclass(frozen=True)
class Verdict:
    """The model's main score beside the best baseline's.

    Attributes:
        metric: the target's main metric.
        value: the model's, with its 95 % `interval` or None.
        rival: name of the best baseline, or None; `rival_value` is its score.
        lead: how far the model is ahead of the rival on the same songs, less than 0 where it is
            behind, with its 95 % `lead_interval`; None where there is nothing to compare.
        standing: "better", "worse", or "level" (0 is within that interval); None as `lead`.
    """

    metric: str
    value: float
    interval: tuple | None
    rival: str | None
    rival_value: float | None
    lead: float | None
    lead_interval: tuple | None
    standing: str | None


def verdict(target, metrics):
    """The Verdict on the figures of metrics.json."""
    metric = target.main_metric
    value, interval = metrics["test"][metric], metrics["test"].get("ci95", {}).get(metric)
    best = metrics.get("best_baseline")
    rival = best["name"] if best else None
    rival_value = metrics["baselines"][rival][metric] if rival else None
    lead = lead_interval = standing = None
    if rival and best["differences"][metric]["ci95"]:
        sign = -1 if metric in LOWER_IS_BETTER else 1
        lead = sign * best["differences"][metric]["value"]
        lead_interval = tuple(sorted(sign * edge for edge in best["differences"][metric]["ci95"]))
        standing = (
            "better" if lead_interval[0] > 0 else "worse" if lead_interval[1] < 0 else "level"
        )
    return Verdict(
        metric,
        value,
        tuple(interval) if interval else None,
        rival,
        rival_value,
        lead,
        lead_interval,
        standing,
    )


def words(name):
    """A name as running text: gradient_boosting is gradient boosting."""
    return name.replace("_", " ")


def count(number, noun):
    """A number with its noun in the right form: 1 song, 14,273 songs."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def headline(verdict):
    """The finding in one line."""
    if verdict.value is None:
        return "No label could be scored"
    found = {
        "accuracy": f"Right for {_of_hundred(verdict.value)} songs",
        "mae": f"Off by {verdict.value:.3f} on average",
        "roc_auc": f"Ranks {_of_hundred(verdict.value)} pairs of songs rightly",
    }[verdict.metric]
    if verdict.standing is None:
        return found
    against = {
        "better": "better than every baseline",
        "level": f"{'not clearly' if verdict.lead > 0 else 'no'} "
        f"better than {words(verdict.rival)}",
        "worse": f"worse than {words(verdict.rival)}",
    }
    return f"{found}, {against[verdict.standing]}"


def sentences(target, run, metrics, verdict, predictions=None):
    """Half a minute's reading: what, on which data, how good, how sure, where it fails.

    Args:
        target: of the run.
        run, metrics: contents of run.json and metrics.json.
        verdict: of these metrics.
        predictions: TestPredictions, where the run has them.
    """
    parts = [_what(target, run, metrics), _how_good(verdict), _against_constant(metrics, verdict)]
    parts += [
        *where_it_fails(target, metrics["test"], predictions),
        _how_sure(run, metrics, verdict),
    ]
    return [part for part in parts if part]


@singledispatch
def where_it_fails(target: Target, test: dict, predictions: TestPredictions | None) -> list[str]:
    """Sentences on what the model does best and worst; empty where there is nothing to say."""
    raise TypeError(type(target))


@where_it_fails.register
def _(target: Multiclass, test: dict, predictions: TestPredictions | None) -> list[str]:
    sure = None if predictions is None else float(predictions.prediction.max(axis=1).mean())
    return [_where_classes(test), _calibration(test, sure)]


@where_it_fails.register
def _(target: Multilabel, test: dict, predictions: TestPredictions | None) -> list[str]:
    return [_where_labels(target.labels, test), _calibration(test)]


@where_it_fails.register
def _(target: Regression, test: dict, predictions: TestPredictions | None) -> list[str]:
    return [_variance(test), _where_targets(target.names, test)]


@singledispatch
def predicted(target: Target) -> str:
    """What a model of the target does, such as "names the mood of a song (Calm or Sad)"."""
    raise TypeError(type(target))


@predicted.register
def _(target: Multiclass) -> str:
    return f"names the {words(target.name)} of a song{_few(target.labels, 'or')}"


@predicted.register
def _(target: Multilabel) -> str:
    return f"names the {words(target.name)} of a song{_few(target.labels, 'and')}"


@predicted.register
def _(target: Regression) -> str:
    return f"estimates the {_listed([words(name) for name in target.names])} of a song"


def _few(labels, last):
    return f" ({_listed(list(labels), last)})" if len(labels) <= 8 else ""


def leaks(split):
    """What is on both sides of the split, as text; empty where nothing is."""
    return [f"{split[key]:,} {name}" for key, name in LEAKS.items() if split.get(key)]


def _what(target, run, metrics):
    data, sizes = metrics["data"], metrics["split"]["sizes"]
    artists = f" by {count(data['artists'], 'artist')}" if data["artists"] else ""
    songs = f"{count(data['rows'], 'song')}{artists}"
    if run["folds"]:
        scored = (
            f"Each of {songs} was scored by a model that had not seen it, in {run['folds']} folds."
        )
    else:
        scored = (
            f"Of {songs}, {sizes['train']:,} trained it, {sizes['validation']:,} chose when to "
            f"stop, and {sizes['test']:,} scored it."
        )
    inputs = _listed([INPUTS.get(name, words(name)) for name in run["inputs"]])
    models = (
        f"mean of {run['bag']} {words(run['model'])} models"
        if run.get("bag")
        else f"{words(run['model'])} model"
    )
    return f"The {models} {predicted(target)} from its {inputs}. {scored}"


def _how_good(verdict):
    if verdict.value is None:
        return (
            "No label is there that some test songs have and others have not, so none can be "
            "scored. Give more songs."
        )
    interval = f" (95% interval {_range(verdict)})" if verdict.interval else ""
    text = {
        "accuracy": f"It is right for {_percent(verdict.value)} of the test songs",
        "mae": f"Its mean error is {verdict.value:.3f} on a scale from 0 to 1",
        "roc_auc": "Of two test songs of which one has a label, it finds that one the likelier in "
        f"{_percent(verdict.value)} of cases",
    }[verdict.metric]
    if not verdict.rival:
        return f"{text}{interval}. No baseline was trained."
    rival = _percent(verdict.rival_value) if _is_share(verdict) else f"{verdict.rival_value:.3f}"
    text += f"{interval}; the best baseline, {words(verdict.rival)}, reaches {rival}. "
    if verdict.standing is None:
        return f"{text}Without an interval, the difference may be chance."
    found = {
        "better": "better than every baseline",
        "level": "not to be told from it by this test",
        "worse": f"worse, so {words(verdict.rival)} is the better choice here",
    }[verdict.standing]
    return f"{text}On the same songs the model is {_led(verdict)}: it is {found}."


def _against_constant(metrics, verdict):
    constant = metrics["baselines"].get("constant", {}).get(verdict.metric)
    if constant is None or verdict.rival == "constant":
        return ""
    return {
        "accuracy": f"Always giving the commonest label would be right for {_percent(constant)}.",
        "mae": f"Always giving the training mean would be off by {constant:.3f}.",
        "roc_auc": f"Giving every song the same would be right in {_percent(constant)} of cases.",
    }[verdict.metric]


def _where_classes(test):
    f1 = {
        label: scores["f1"]
        for label, scores in test["per_class"].items()
        if scores["support"] and scores["f1"] is not None
    }
    if len(f1) < 2:
        return ""
    best, worst = max(f1, key=f1.get), min(f1, key=f1.get)
    labels, confusion = list(test["per_class"]), test["confusion"]
    songs, true, given = max(
        (row[j], i, j) for i, row in enumerate(confusion) for j in range(len(row)) if i != j
    )
    mistake = (
        f" The commonest mistake is {labels[given]} for {labels[true]} ({count(songs, 'song')})."
        if songs
        else ""
    )
    return (
        f"It does best on {best} (F1 {f1[best]:.2f}) and worst on {worst} "
        f"({f1[worst]:.2f}).{mistake}"
    )


def _where_labels(labels, test):
    areas = {
        label: test[f"{label}/roc_auc"] for label in labels if test[f"{label}/roc_auc"] is not None
    }
    if len(areas) < 2:
        return ""
    best, worst = max(areas, key=areas.get), min(areas, key=areas.get)
    return (
        f"It does best on {best} (ROC AUC {areas[best]:.2f}) and worst on {worst} "
        f"({areas[worst]:.2f})."
    )


def _calibration(test, mean_confidence=None):
    text = f"The probabilities it gives are {100 * test['ece']:.1f} points off on average"
    if mean_confidence is None or abs(mean_confidence - test["accuracy"]) < OVERCONFIDENT:
        return f"{text}."
    return (
        f"{text}: it is right {'less' if mean_confidence > test['accuracy'] else 'more'} often "
        "than it says."
    )


def _variance(test):
    if test["r2"] is None:
        return ""
    if test["r2"] < 0:
        return f"It predicts worse than the test songs' own mean would (R² {_signed(test['r2'])})."
    return (
        f"It explains {_percent(test['r2'])} of the variation between songs (R² {test['r2']:.2f})."
    )


def _where_targets(targets, test):
    r2 = {
        target: test[f"{target}/r2"] for target in targets if test.get(f"{target}/r2") is not None
    }
    if len(r2) < 2:
        return ""
    best, worst = max(r2, key=r2.get), min(r2, key=r2.get)
    return (
        f"It does best on {words(best)} (R² {_signed(r2[best])}) and worst on {words(worst)} "
        f"({_signed(r2[worst])})."
    )


def _how_sure(run, metrics, verdict):
    split, text = metrics["split"], []
    if not leaks(split):
        known = [name for key, name in LEAKS.items() if split.get(key) is not None]
        text.append(f"No {_listed(known, 'or')} are on both sides of the split." if known else "")
    or_folds = "" if run["folds"] else ", or cross-validation (--folds 10),"
    if metrics["resampled"] == "artist" and metrics["units"] < FEW_ARTISTS:
        text.append(
            f"Intervals over {metrics['units']} artists come out too narrow; more "
            f"artists{or_folds} would mend that."
        )
    elif (
        _is_share(verdict)
        and verdict.interval
        and verdict.interval[1] - verdict.interval[0] > WIDE_INTERVAL
    ):
        width = round(100 * (verdict.interval[1] - verdict.interval[0]))
        text.append(
            f"The interval is {width} points wide; more "
            f"{'songs' if run['folds'] else 'test songs'}{or_folds} would narrow it."
        )
    return " ".join(part for part in text if part)


def _led(verdict):
    """How far the model is ahead, with the interval."""
    share = _is_share(verdict)
    lead, low, high = (
        100 * value if share else value for value in (verdict.lead, *verdict.lead_interval)
    )
    digits, unit = (1, " points") if share else (3, "")

    def signed(value):
        return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")

    place = "behind" if lead < 0 else "ahead"
    return (
        f"{abs(lead):.{digits}f}{unit} {place} (95% interval of the lead {signed(low)} to "
        f"{signed(high)}{unit})"
    )


def _is_share(verdict):
    return verdict.metric not in LOWER_IS_BETTER


def _range(verdict):
    low, high = verdict.interval
    return (
        f"{100 * low:.1f} to {_percent(high)}" if _is_share(verdict) else f"{low:.3f} to {high:.3f}"
    )


def _percent(share):
    return f"{100 * share:.1f}%"


def _of_hundred(share):
    return f"{round(100 * share)} of 100"


def _signed(value):
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}")


def _listed(names, last="and"):
    """a, b and c"""
    return f" {last} ".join([", ".join(names[:-1])] * (len(names) > 1) + names[-1:])
