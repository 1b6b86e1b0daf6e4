"""comparison.html: runs beside each other, in the report's style."""

from pathlib import Path

from kerasfeat.evaluation import plots, summary
from kerasfeat.evaluation.comparison import Comparison
from kerasfeat.evaluation.pages import SCORES, environment, number
from kerasfeat.evaluation.wording import wording
from kerasfeat.files import write_text
from kerasfeat.targets import LOWER_IS_BETTER

MOST_PAIRS = 6  # plots of single pairs; the tables hold all


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
        verdicts=[verdict(pair, target.main_metric) for pair in result["pairs"]],
        columns=[metric for metric in SCORES if all(metric in run["scores"] for run in result["runs"])],
        plots={"scores": _score_plots(result, target.main_metric, folder / "plots"), "wins": _win_plots(target, result, folder / "plots")},
    )
    path = folder / "comparison.html"
    write_text(path, page)
    return path


def headline(comparison: Comparison) -> str:
    """The finding in one line: of two runs which is better, of more which leads."""
    main, result = comparison.target.main_metric, comparison.facts
    if len(result["runs"]) == 2:
        return verdict(result["pairs"][0], main)
    sign = -1 if main in LOWER_IS_BETTER else 1
    scored = _scored(result, main)
    if not scored:
        return f"No run can be scored: {SCORES[main]} is undefined for these test songs"
    best = max(scored, key=lambda run: sign * run["scores"][main])
    behind = [pair for pair in result["pairs"] if best["name"] in (pair["run"], pair["against"])]
    level = sum(standing(pair, main) in ("level", "undefined") for pair in behind)
    told = "ahead of every other run" if not level else f"not clearly ahead of {summary.count(level, 'other run')}"
    return f"{best['name']} has the best {SCORES[main].lower() if main == 'accuracy' else SCORES[main]} of {len(result['runs'])}, {told}"


def standing(pair, metric):
    """Whether the pair's first run is "better" or "worse" than the second, or "level": the interval of the difference holds 0.

    "undefined" where the metric is, such as ROC AUC where all songs have the same labels.
    """
    interval = pair["differences"][metric]["ci95"]
    if interval is None:
        return "undefined"
    low, high = interval
    if low <= 0 <= high:
        return "level"
    return "better" if (high < 0) == (metric in LOWER_IS_BETTER) else "worse"


def verdict(pair, metric):
    """One sentence on a pair."""
    found, place = pair["differences"][metric], standing(pair, metric)
    if place == "undefined":
        return f"{pair['run']} can't be measured against {pair['against']}: {SCORES[metric]} is undefined for these test songs"
    words = {"better": "is better than", "worse": "is worse than", "level": "can't be told from"}[place]
    low, high = (f"{edge:+.3f}".replace("-", "\N{MINUS SIGN}") for edge in found["ci95"])
    value = f"{found['value']:+.3f}".replace("-", "\N{MINUS SIGN}")
    return f"{pair['run']} {words} {pair['against']}: {SCORES[metric]} {value}, 95% interval {low} to {high}"


def _scored(result, metric):
    """The runs whose score is defined."""
    return [run for run in result["runs"] if run["scores"][metric] is not None]


def _score_plots(result, metric, folder):
    """One plot of the scores that are defined, if any is."""
    runs = sorted(_scored(result, metric), key=lambda run: run["scores"][metric], reverse=metric in LOWER_IS_BETTER)
    if not runs:
        return []

    def draw(axes):
        for place, run in enumerate(runs):
            axes.plot(run["ci95"][metric], [place] * 2, color=plots.MODEL, linewidth=3, alpha=0.4, solid_capstyle="round")
            axes.plot(run["scores"][metric], place, "o", color=plots.MODEL, markersize=7)
            label = f"{run['scores'][metric]:.3f}"
            axes.annotate(label, (run["scores"][metric], place), (0, 8), textcoords="offset points", ha="center", color=plots.MODEL)
        axes.set_yticks(range(len(runs)), [run["name"] for run in runs], color=plots.INK)
        axes.set_ylim(-0.5, len(runs) - 0.3)
        axes.margins(x=0.12)
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)

    title = f"{SCORES[metric]} ({'lower' if metric in LOWER_IS_BETTER else 'higher'} is better)"
    alt = f"{SCORES[metric]}: " + ", ".join(f"{run['name']} {number(run['scores'][metric])}" for run in reversed(runs)) + "."
    return [plots.render("compared", title, alt, draw, folder, (5.2, 0.6 + 0.45 * len(runs)))]


def _win_plots(target, result, folder):
    """A plot for each pair and target: share of the songs of each band for which the one is nearer to the truth."""
    found = []
    for place, pair in enumerate(result["pairs"][:MOST_PAIRS]):
        for head in target.heads:
            rows = [row for row in pair["wins"] if row["target"] == head and row["band"] is not None]
            title = f"{pair['run']} nearer than {pair['against']}" + (f", {summary.words(head)}" if len(target.heads) > 1 else "")
            alt = f"{title}: " + ", ".join(f"{band_name(row['band'])} {100 * row['share']:.0f}%" for row in rows) + "."
            draw = _labels(rows) if target.has_labels else _bands(rows, head)
            found.append(plots.render(f"nearer_{place}_{head}", title, alt, draw, folder, plots.SIZE))
    return found


def band_name(band):
    """A label, or a band such as "0.2 to 0.3"; "all" for None."""
    if band is None:
        return "all"
    return band if isinstance(band, str) else f"{band[0]:.1f} to {band[1]:.1f}"


def _bands(rows, head):
    def draw(axes):
        for row in rows:
            low, high = row["band"]
            colour = plots.MODEL if row["better"] > row["worse"] else plots.MUTED
            axes.bar((low + high) / 2, row["share"], 0.9 * (high - low), color=colour, alpha=0.75, linewidth=0)
            axes.annotate(str(row["songs"]), ((low + high) / 2, row["share"]), (0, 2), textcoords="offset points", ha="center", fontsize=7)
        _halves(axes.axhline, axes.yaxis, axes.set_ylim)
        axes.set(xlabel=f"true {summary.words(head)}", ylabel="share of songs")

    return draw


def _labels(rows):
    def draw(axes):
        for place, row in enumerate(rows):
            colour = plots.MODEL if row["better"] > row["worse"] else plots.MUTED
            axes.barh(place, row["share"], 0.7, color=colour, alpha=0.75, linewidth=0)
            axes.annotate(str(row["songs"]), (row["share"], place), (3, 0), textcoords="offset points", va="center", fontsize=7)
        _halves(axes.axvline, axes.xaxis, axes.set_xlim)
        axes.set_yticks(range(len(rows)), [row["band"] for row in rows], color=plots.INK)
        axes.invert_yaxis()
        axes.set_xlabel("share of songs")

    return draw


def _halves(line, axis, limit):
    """From 0 to 100 %, with a line at one half."""
    line(0.5, linestyle="--", color=plots.MUTED, linewidth=0.9)
    limit(0, 1.05)
    axis.set_major_formatter(plots.PercentFormatter(1))
