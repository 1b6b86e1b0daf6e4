"""What a run's figures say of its target: what it is, and where the model does best and worst."""

from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Any

from kerasfeat.evaluation.numbers import percent, with_minus
from kerasfeat.evaluation.predictions import TestPredictions
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target
from kerasfeat.text import count, words

OVERCONFIDENT = 0.03  # mean confidence this far from the accuracy is worth a word
MOST_NAMED = 8  # in a sentence


@singledispatch
def what_it_does(target: Target) -> str:
    """What a model of the target does, such as "names the mood of a song (Calm or Sad)"."""
    raise TypeError(type(target))


@what_it_does.register
def _(target: Multiclass) -> str:
    return f"names the {words(target.name)} of a song{_in_brackets(target.labels, 'or')}"


@what_it_does.register
def _(target: Multilabel) -> str:
    return f"names the {words(target.name)} of a song{_in_brackets(target.labels, 'and')}"


@what_it_does.register
def _(target: Regression) -> str:
    return f"estimates the {listed([words(name) for name in target.names])} of a song"


def listed(names: Sequence[str], last: str = "and") -> str:
    """Names as running text, such as "a, b and c"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def _in_brackets(labels: Sequence[str], last: str) -> str:
    return f" ({listed(labels, last)})" if len(labels) <= MOST_NAMED else ""


@singledispatch
def best_and_worst(
    target: Target, test: Mapping[str, Any], predictions: TestPredictions | None
) -> list[str]:
    """Sentences on what the model does best and worst; "" where there is nothing to say.

    Args:
        target: of the run.
        test: metrics.json's `test`.
        predictions: of the test songs, where the run has them.
    """
    raise TypeError(type(target))


@best_and_worst.register
def _(
    target: Multiclass, test: Mapping[str, Any], predictions: TestPredictions | None
) -> list[str]:
    confidence = None if predictions is None else float(predictions.prediction.max(axis=1).mean())
    return [_of_labels(test), _calibration(test, confidence)]


@best_and_worst.register
def _(
    target: Multilabel, test: Mapping[str, Any], predictions: TestPredictions | None
) -> list[str]:
    areas = {label: test[f"{label}/roc_auc"] for label in target.labels}
    return [_best("ROC AUC", areas), _calibration(test)]


@best_and_worst.register
def _(
    target: Regression, test: Mapping[str, Any], predictions: TestPredictions | None
) -> list[str]:
    r2 = {words(name): test.get(f"{name}/r2") for name in target.names}
    return [_variance(test), _best("R²", r2)]


def _of_labels(test: Mapping[str, Any]) -> str:
    """The labels with the best and the worst F1, and the commonest mistake."""
    per_class, confusion = test["per_class"], test["confusion"]
    best = _best("F1", {label: own["f1"] for label, own in per_class.items() if own["support"]})
    if not best:
        return ""
    labels = list(per_class)
    songs, true, answer = max(
        (row[j], i, j) for i, row in enumerate(confusion) for j in range(len(row)) if i != j
    )
    if not songs:
        return best
    mistake = f"{labels[answer]} for {labels[true]} ({count(songs, 'song')})"
    return f"{best} The commonest mistake is {mistake}."


def _best(metric: str, scores: Mapping[str, float | None]) -> str:
    """The names with the best and the worst score; "" where fewer than two are defined."""
    known = {name: score for name, score in scores.items() if score is not None}
    if len(known) < 2:
        return ""
    best, worst = (end(known, key=lambda name: known[name]) for end in (max, min))
    return (
        f"It does best on {best} ({metric} {_two_digits(known[best])}) and worst on {worst} "
        f"({_two_digits(known[worst])})."
    )


def _calibration(test: Mapping[str, Any], mean_confidence: float | None = None) -> str:
    """How far the probabilities are off, and to which side."""
    text = f"Its probabilities are off by {100 * test['ece']:.1f} points on average"
    if mean_confidence is None or abs(mean_confidence - test["accuracy"]) < OVERCONFIDENT:
        return f"{text}."
    often = "less" if mean_confidence > test["accuracy"] else "more"
    return f"{text}: it is right {often} often than it says."


def _variance(test: Mapping[str, Any]) -> str:
    """How much of the variation between songs the model explains."""
    r2 = test["r2"]
    if r2 is None:
        return ""
    if r2 < 0:
        return f"It predicts worse than the test songs' own mean would (R² {_two_digits(r2)})."
    return f"It explains {percent(r2)} of the variation between songs (R² {_two_digits(r2)})."


def _two_digits(value: float) -> str:
    return with_minus(f"{value:.2f}")
