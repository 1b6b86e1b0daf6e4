"""The scores of a model beside those of simple models, as people read them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd


def score_table(metrics: Mapping[str, Any], names: Sequence[str]) -> pd.DataFrame:
    """The model's scores with their 95% intervals, its members' if it has some, and baselines'.

    Args:
        metrics: of a run, as metrics.json holds them.
        names: of the scores that are shown.

    Returns:
        Text: a row for each model, by name, a column for each score.
    """
    test = metrics["test"]
    rows = {"this model": {name: _score(test, name) + _interval(test, name) for name in names}}
    others = {member_label(own, scores): scores for own, scores in members_of(metrics).items()}
    for model, scores in {**others, **metrics["baselines"]}.items():
        rows[model] = {name: _score(scores, name) for name in names}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(names))
    spelt = {name: name.replace("_", " ") for name in metrics["baselines"]}
    return table.rename(index=spelt)


def members_of(metrics: Mapping[str, Any]) -> Mapping[str, Any]:
    """The scores of the members of an ensemble, by name; none of one network."""
    return metrics.get("members", {})


def member_label(name: str, scores: Mapping[str, Any]) -> str:
    """What a member is called beside baselines, which may have its name."""
    return f"member {name}, weight {scores['weight']:.2f}" if "weight" in scores else name


def _score(scores: Mapping[str, Any], name: str) -> str:
    return "undefined" if scores.get(name) is None else f"{scores[name]:.3f}"


def _interval(test: Mapping[str, Any], name: str) -> str:
    interval = test["ci95"].get(name)
    if not interval or interval[0] is None:
        return ""
    return f" [{interval[0]:.3f}, {interval[1]:.3f}]"
