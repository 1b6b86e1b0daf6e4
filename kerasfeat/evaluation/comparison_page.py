"""comparison.html: runs beside each other, in the report's style."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from kerasfeat.evaluation import drawings
from kerasfeat.evaluation.comparison import Comparison
from kerasfeat.evaluation.numbers import difference, number
from kerasfeat.evaluation.pages import SCORES, environment, score_title
from kerasfeat.evaluation.plots import INK, MODEL, MUTED, Draw, Plot, render
from kerasfeat.evaluation.wording import wording
from kerasfeat.files import write_text
from kerasfeat.targets import LOWER_IS_BETTER, Target
from kerasfeat.text import count, words

VERBS = {"better": "is better than", "worse": "is worse than"}
MOST_PAIRS = 6  # plots of single pairs; the tables hold all

Facts: TypeAlias = Mapping[str, Any]  # of Comparison, or of one of its runs, pairs, or wins


def write_comparison(comparison: Comparison, folder: Path | str) -> Path:
    """Write FOLDER/comparison.html and FOLDER/plots/*.png.

    Args:
        comparison: of the runs.
        folder: made if it is not there.

    Returns:
        Path of the page.
    """
    folder = Path(folder)
    (folder / "plots").mkdir(parents=True, exist_ok=True)
    target, result = comparison.target, comparison.facts
    pages = environment()
    pages.filters["band"] = band_name
    page = pages.get_template("comparison.html").render(
        result=result,
        target=target,
        wording=wording(target),
        headline=headline(comparison),
        verdicts=[verdict(pair, target) for pair in result["pairs"]],
        columns=[
            metric for metric in SCORES if all(metric in run["scores"] for run in result["runs"])
        ],
        plots={
            "scores": _score_plots(result, target.main_metric, folder / "plots"),
            "wins": _win_plots(target, result, folder / "plots"),
        },
    )
    path = folder / "comparison.html"
    write_text(path, page)
    return path


def headline(comparison: Comparison) -> str:
    """The finding in one line: of two runs which is better, of more which leads."""
    main, result = comparison.target.main_metric, comparison.facts
    if len(result["runs"]) == 2:
        return verdict(result["pairs"][0], comparison.target)
    scored = _scored(result, main)
    if not scored:
        return f"No run can be scored: {SCORES[main]} is undefined for these test songs"
    sign = -1 if main in LOWER_IS_BETTER else 1
    best = max(scored, key=lambda run: sign * run["scores"][main])["name"]
    pairs = [pair for pair in result["pairs"] if best in (pair["run"], pair["against"])]
    level = sum(standing(pair, main) in ("level", "undefined") for pair in pairs)
    ahead = f"not clearly ahead of {count(level, 'other run')}"
    metric = SCORES[main].lower() if main == "accuracy" else SCORES[main]
    return (
        f"{best} has the best {metric} of {len(result['runs'])}, "
        f"{ahead if level else 'ahead of every other run'}"
    )


def standing(pair: Facts, metric: str) -> str:
    """How the pair's first run stands to the second.

    Returns:
        "better" or "worse"; "level" where the interval of the difference holds 0; "undefined" where
        the metric is, such as ROC AUC where all songs have the same labels.
    """
    interval = pair["differences"][metric]["ci95"]
    if interval is None:
        return "undefined"
    low, high = interval
    if low <= 0 <= high:
        return "level"
    return "better" if (high < 0) == (metric in LOWER_IS_BETTER) else "worse"


def verdict(pair: Facts, target: Target) -> str:
    """One sentence on a pair: by the main score, and where that can't tell them apart by the
    clearest difference that there is.
    """
    main = target.main_metric
    said = _verdict(pair, main)
    if standing(pair, main) in ("better", "worse"):
        return said
    clear = [name for name in target.compared_metrics if standing(pair, name) in VERBS]
    if clear:
        return f"{said}; but {_verdict(pair, max(clear, key=lambda name: _clarity(pair, name)))}"
    return said + _nearer(pair)


def _clarity(pair: Facts, metric: str) -> float:
    """How large a difference is for its interval."""
    found = pair["differences"][metric]
    low, high = found["ci95"]
    return abs(found["value"]) / max(high - low, 1e-12)


def _nearer(pair: Facts) -> str:
    """On how many songs the one run is nearer to the truth, if that tells them apart."""
    for row in pair["wins"]:
        if row["band"] is not None or not row["ci95"]:
            continue
        low, high = row["ci95"]
        songs, equal = row["songs"], row["equal"] / row["songs"]
        if low > 0.5:
            return f"; but {pair['run']} is nearer to the truth on {row['better']} of {songs} songs"
        if high + equal < 0.5:
            return (
                f"; but {pair['against']} is nearer to the truth on {row['worse']} of {songs} songs"
            )
    return ""


def _verdict(pair: Facts, metric: str) -> str:
    """One sentence on a pair by a score."""
    run, other, stands = pair["run"], pair["against"], standing(pair, metric)
    if stands == "undefined":
        return (
            f"{run} can't be measured against {other}: {SCORES[metric]} is undefined for these "
            "test songs"
        )
    verbs = VERBS | {"level": "can't be told from"}
    values = pair["differences"][metric]
    low, high = map(difference, values["ci95"])
    return (
        f"{run} {verbs[stands]} {other}: {SCORES[metric]} {difference(values['value'])}, "
        f"95% interval {low} to {high}"
    )


def band_name(band: str | Sequence[float] | None) -> str:
    """A label, or a bin such as "0.2 to 0.3"; "all" for None."""
    if band is None:
        return "all"
    return band if isinstance(band, str) else f"{band[0]:.1f} to {band[1]:.1f}"


def _scored(result: Facts, metric: str) -> list[Facts]:
    """The runs whose score is defined."""
    return [run for run in result["runs"] if run["scores"][metric] is not None]


def _score_plots(result: Facts, metric: str, folder: Path) -> list[Plot]:
    """One plot of the scores that are defined, if any is."""
    scores = [
        drawings.Score(run["name"], run["scores"][metric], run["ci95"][metric])
        for run in _scored(result, metric)
    ]
    if not scores:
        return []
    rows = sorted(scores, key=lambda row: row.value, reverse=metric in LOWER_IS_BETTER)
    listed = ", ".join(f"{row.name} {number(row.value)}" for row in reversed(rows))
    title, alt = score_title(metric), f"{SCORES[metric]}: {listed}."
    size = (5.2, 0.6 + 0.45 * len(rows))
    return [render("compared", title, alt, drawings.scores(rows), folder, size=size)]


def _win_plots(target: Target, result: Facts, folder: Path) -> list[Plot]:
    """A plot for each pair and target: on how many songs of each bin or label the one is nearer."""
    drawn = []
    for place, pair in enumerate(result["pairs"][:MOST_PAIRS]):
        for head in target.heads:
            wins = [row for row in pair["wins"] if row["target"] == head]
            rows = [row for row in wins if row["band"] is not None]
            title = f"{pair['run']} nearer than {pair['against']}"
            if len(target.heads) > 1:
                title += f", {words(head)}"
            shares = (f"{band_name(row['band'])} {100 * row['share']:.0f}%" for row in rows)
            alt = f"{title}: {', '.join(shares)}."
            draw = _wins_by_label(rows) if target.has_labels else _wins_by_bin(rows, head)
            drawn.append(render(f"nearer_{place}_{head}", title, alt, draw, folder))
    return drawn


def _wins_by_bin(rows: Sequence[Facts], head: str) -> Draw:
    """Draw the share of songs over the bins of the true value."""

    def draw(axes: Axes) -> None:
        for row in rows:
            low, high = row["band"]
            middle, width = (low + high) / 2, 0.9 * (high - low)
            axes.bar(middle, row["share"], width, color=_colour(row), alpha=0.75, linewidth=0)
            axes.annotate(
                str(row["songs"]),
                (middle, row["share"]),
                (0, 2),
                textcoords="offset points",
                ha="center",
                fontsize=7,
            )
        axes.axhline(0.5, linestyle="--", color=MUTED, linewidth=0.9)
        axes.set_ylim(0, 1.05)
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.set(xlabel=f"true {words(head)}", ylabel="share of songs")

    return draw


def _wins_by_label(rows: Sequence[Facts]) -> Draw:
    """Draw the share of songs of each true label, from the top down."""

    def draw(axes: Axes) -> None:
        for place, row in enumerate(rows):
            axes.barh(place, row["share"], 0.7, color=_colour(row), alpha=0.75, linewidth=0)
            axes.annotate(
                str(row["songs"]),
                (row["share"], place),
                (3, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
            )
        axes.axvline(0.5, linestyle="--", color=MUTED, linewidth=0.9)
        axes.set_xlim(0, 1.05)
        axes.xaxis.set_major_formatter(PercentFormatter(1))
        axes.set_yticks(range(len(rows)), [row["band"] for row in rows], color=INK)
        axes.invert_yaxis()
        axes.set_xlabel("share of songs")

    return draw


def _colour(row: Facts) -> str:
    """That of a bar: the model's where the first run is nearer on more songs than the second."""
    return MODEL if row["better"] > row["worse"] else MUTED
