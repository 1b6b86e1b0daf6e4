"""What `kerasfeat compare` prints: tables for people, Markdown for a page, CSV and JSON for
machines.
"""

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from kerasfeat.cli._options import print_json
from kerasfeat.cli._summary import over, print_table
from kerasfeat.evaluation.comparison_page import band_name

if TYPE_CHECKING:
    from kerasfeat.evaluation.comparison import Comparison
    from kerasfeat.evaluation.comparison_page import Facts

Interval: TypeAlias = Sequence[float] | None  # (low, high)

BY_TARGET = ("mse", "mae", "pearson", "r2")
BY_LABEL = ("precision", "recall", "f1", "support")
TIDY = ("what", "run", "against", "name", "band", "value", "low", "high", "songs")


@dataclass(frozen=True)
class Table:
    """A table for people: its title, names of columns, and a list of cells for each row."""

    title: str
    header: list[str]
    rows: list[list[str]]


def write_result(comparison: "Comparison", form: str) -> None:
    """Print a comparison as "table", "csv", "json", or "markdown"."""
    if form == "json":
        print_json(comparison.facts)
    elif form == "csv":
        writer = csv.DictWriter(sys.stdout, TIDY, lineterminator="\n")
        writer.writeheader()
        writer.writerows(tidy(comparison.facts))
    else:
        for table in tables(comparison):
            if form == "markdown":
                _print_markdown(table)
            else:
                print(table.title)
                print_table(table.header, table.rows)
                print()


def tables(comparison: "Comparison") -> Iterator[Table]:
    """The tables of scores, scores by label or target, differences, songs."""
    target, facts = comparison.target, comparison.facts
    yield _scores(facts, target.compared_metrics)
    if target.has_labels:
        yield _by_label(facts)
    elif len(target.heads) > 1:
        yield _by_target(facts, target.heads)
    yield _differences(facts, target.compared_metrics)
    yield _wins(facts)


def _scores(facts: "Facts", metrics: Sequence[str]) -> Table:
    title = f"{facts['task']}: scores on {facts['songs']:,} test songs, {over(facts)}"
    rows = [[run["name"], run["recipe"], *_values(run, metrics)] for run in facts["runs"]]
    return Table(title, ["run", "recipe", *metrics], rows)


def _by_label(facts: "Facts") -> Table:
    rows = []
    for label in facts["labels"]:
        for run in facts["runs"]:
            scores = run["scores"]["per_class"][label]
            rows.append([label, run["name"], *(_cell(scores[name]) for name in BY_LABEL)])
    return Table("by label", ["label", "run", *BY_LABEL], rows)


def _by_target(facts: "Facts", heads: Iterable[str]) -> Table:
    rows = [
        [head, run["name"], *_values(run, [f"{head}/{name}" for name in BY_TARGET])]
        for head in heads
        for run in facts["runs"]
    ]
    return Table("by target", ["target", "run", *BY_TARGET], rows)


def _differences(facts: "Facts", metrics: Sequence[str]) -> Table:
    rows = []
    for pair in facts["pairs"]:
        differences = [pair["differences"][metric] for metric in metrics]
        cells = [_value(each["value"], each["ci95"], "+.3f") for each in differences]
        rows.append([pair["run"], pair["against"], *cells])
    title = "differences: the first run minus the second, on the same songs"
    return Table(title, ["run", "against", *metrics], rows)


def _wins(facts: "Facts") -> Table:
    rows = []
    for pair in facts["pairs"]:
        for row in pair["wins"]:
            counts = [str(row[name]) for name in ("songs", "better", "worse", "equal")]
            cells = [row["target"], band_name(row["band"]), *counts]
            share = _value(row["share"], row["ci95"])
            rows.append([pair["run"], pair["against"], *cells, share])
    counted = ["songs", "nearer", "farther", "equal", "share nearer"]
    header = ["run", "against", "target", "true value", *counted]
    title = "songs on which the first run is nearer to the truth than the second"
    return Table(title, header, rows)


def tidy(facts: "Facts") -> Iterator[dict[str, Any]]:
    """Every number of a comparison as one row under some of TIDY's names."""
    for run in facts["runs"]:
        yield from _tidy_run(run, facts["songs"])
    for pair in facts["pairs"]:
        yield from _tidy_pair(pair, facts["songs"])


def _tidy_run(run: "Facts", songs: int) -> Iterator[dict[str, Any]]:
    own, scores = {"what": "score", "run": run["name"]}, run["scores"]
    for name, ci95 in run["ci95"].items():
        yield {**own, "name": name, **_bounds(scores[name], ci95), "songs": songs}
    for label, parts in scores.get("per_class", {}).items():
        for name in ("precision", "recall", "f1"):
            value = _bounds(parts[name], None)
            yield {**own, "name": name, "band": label, **value, "songs": parts["support"]}


def _tidy_pair(pair: "Facts", songs: int) -> Iterator[dict[str, Any]]:
    own = {"run": pair["run"], "against": pair["against"]}
    for name, difference in pair["differences"].items():
        value = _bounds(difference["value"], difference["ci95"])
        yield {"what": "difference", **own, "name": name, **value, "songs": songs}
    for row in pair["wins"]:
        band, value = band_name(row["band"]), _bounds(row["share"], row["ci95"])
        wins = {"name": row["target"], "band": band, **value, "songs": row["songs"]}
        yield {"what": "share nearer", **own, **wins}


def _bounds(value: float | None, ci95: Interval) -> dict[str, float | None]:
    low, high = ci95 or (None, None)
    return {"value": value, "low": low, "high": high}


def _print_markdown(table: Table) -> None:
    print(f"**{table.title}**\n")
    rule = "|" + "---|" * len(table.header)
    print("\n".join([_line(table.header), rule, *map(_line, table.rows)]) + "\n")


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _values(run: "Facts", metrics: Iterable[str]) -> list[str]:
    return [_value(run["scores"][metric], run["ci95"][metric]) for metric in metrics]


def _cell(value: float | None) -> str:
    if value is None:
        return "undefined"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _value(value: float | None, ci95: Interval, form: str = ".3f") -> str:
    if value is None:
        return "undefined"
    bounds = f" [{ci95[0]:{form}}, {ci95[1]:{form}}]" if ci95 else ""
    return f"{value:{form}}{bounds}"
