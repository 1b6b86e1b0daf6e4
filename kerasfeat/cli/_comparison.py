"""What `kerasfeat compare` prints.

Tables for people, Markdown for a page, CSV and JSON for machines.
"""

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kerasfeat.cli._options import print_json
from kerasfeat.cli._summary import over, print_table
from kerasfeat.evaluation.comparison import Comparison
from kerasfeat.evaluation.comparison_page import band_name, headline

BY_TARGET = ("mse", "mae", "pearson", "r2")
BY_LABEL = ("precision", "recall", "f1", "support")
TIDY = ("what", "run", "against", "name", "band", "value", "low", "high", "songs")
WINS = (
    *("run", "against", "target", "true value", "songs"),
    *("nearer", "farther", "equal", "share nearer"),
)


@dataclass(frozen=True)
class Table:
    """A table for people.

    Attributes:
        title: a line above it.
        header: names of the columns.
        rows: of cells, as text.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def write_result(comparison: Comparison, form: str) -> None:
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
                _markdown(table)
            else:
                print(table.title)
                print_table(table.header, table.rows)
                print()
        print(f"{headline(comparison)}.")


def tables(comparison: Comparison) -> Iterator[Table]:
    """The tables of a comparison: scores, scores by label or target, differences, songs."""
    yield _scores(comparison)
    if comparison.target.has_labels:
        yield _by_label(comparison.facts)
    elif len(comparison.target.heads) > 1:
        yield _by_target(comparison)
    yield _differences(comparison)
    yield _wins(comparison.facts)


def _scores(comparison: Comparison) -> Table:
    result, main = comparison.facts, comparison.target.compared_metrics
    title = f"{result['task']}: scores on {result['songs']:,} test songs, {over(result)}"
    rows = [
        [run["name"], run["recipe"], *_values(run["scores"], run["ci95"], main)]
        for run in result["runs"]
    ]
    return Table(title, ["run", "recipe", *main], rows)


def _by_label(result: Mapping[str, Any]) -> Table:
    rows = []
    for label in result["labels"]:
        for run in result["runs"]:
            parts = run["scores"]["per_class"][label]
            rows.append([label, run["name"], *(_cell(parts[part]) for part in BY_LABEL)])
    return Table("by label", ["label", "run", *BY_LABEL], rows)


def _by_target(comparison: Comparison) -> Table:
    rows = []
    for head in comparison.target.heads:
        names = [f"{head}/{name}" for name in BY_TARGET]
        for run in comparison.facts["runs"]:
            rows.append([head, run["name"], *_values(run["scores"], run["ci95"], names)])
    return Table("by target", ["target", "run", *BY_TARGET], rows)


def _differences(comparison: Comparison) -> Table:
    main, rows = comparison.target.compared_metrics, []
    for pair in comparison.facts["pairs"]:
        differences = [pair["differences"][name] for name in main]
        cells = [_value(each["value"], each["ci95"], "+.3f") for each in differences]
        rows.append([pair["run"], pair["against"], *cells])
    title = "differences: the first run minus the second, on the same songs"
    return Table(title, ["run", "against", *main], rows)


def _wins(result: Mapping[str, Any]) -> Table:
    rows = []
    for pair in result["pairs"]:
        for row in pair["wins"]:
            subject = [pair["run"], pair["against"], row["target"], band_name(row["band"])]
            counts = [str(row[part]) for part in ("songs", "better", "worse", "equal")]
            rows.append([*subject, *counts, _value(row["share"], row["ci95"])])
    return Table("songs on which the first run is nearer to the truth than the second", WINS, rows)


def tidy(result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every number of a comparison as one row under TIDY's names."""
    for run in result["runs"]:
        of_run = {"what": "score", "run": run["name"], "against": ""}
        for name, interval in run["ci95"].items():
            value = run["scores"][name]
            yield _row(of_run, interval, name=name, band="", value=value, songs=result["songs"])
        for label, parts in run["scores"].get("per_class", {}).items():
            for part in ("precision", "recall", "f1"):
                value, songs = parts[part], parts["support"]
                yield _row(of_run, None, name=part, band=label, value=value, songs=songs)
    for pair in result["pairs"]:
        runs = {"run": pair["run"], "against": pair["against"]}
        for name, difference in pair["differences"].items():
            yield _row(
                {"what": "difference", **runs},
                difference["ci95"],
                name=name,
                band="",
                value=difference["value"],
                songs=result["songs"],
            )
        for row in pair["wins"]:
            yield _row(
                {"what": "share nearer", **runs},
                row["ci95"],
                name=row["target"],
                band=band_name(row["band"]),
                value=row["share"],
                songs=row["songs"],
            )


def _row(
    subject: Mapping[str, str], interval: Sequence[float | None] | None, **cells: Any
) -> dict[str, Any]:
    """A row under TIDY's names: what it is of, its interval, and its other cells."""
    low, high = interval or (None, None)
    return {**subject, **cells, "low": low, "high": high}


def _markdown(table: Table) -> None:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    print(f"**{table.title}**\n")
    rule = "|" + "---|" * len(table.header)
    print("\n".join([line(table.header), rule, *map(line, table.rows)]) + "\n")


def _values(
    scores: Mapping[str, float | None],
    intervals: Mapping[str, Sequence[float] | None],
    names: Sequence[str],
) -> list[str]:
    return [_value(scores[name], intervals[name]) for name in names]


def _cell(value: float | None) -> str:
    if value is None:
        return "undefined"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _value(value: float | None, interval: Sequence[float] | None, form: str = ".3f") -> str:
    if value is None:
        return "undefined"
    limits = f" [{interval[0]:{form}}, {interval[1]:{form}}]" if interval else ""
    return f"{value:{form}}{limits}"
