"""What `kerasfeat compare` prints: tables for people, Markdown for a page, CSV and JSON for machines."""

import csv
import sys

from kerasfeat.cli._options import print_json
from kerasfeat.cli._summary import over, print_table
from kerasfeat.evaluation.comparison_page import band_name

BY_TARGET = ("mse", "mae", "pearson", "r2")
BY_LABEL = ("precision", "recall", "f1", "support")
TIDY = ("what", "run", "against", "name", "band", "value", "low", "high", "songs")


def write_result(comparison, form):
    """Print a comparison as "table", "csv", "json", or "markdown"."""
    if form == "json":
        print_json(comparison.facts)
    elif form == "csv":
        writer = csv.DictWriter(sys.stdout, TIDY, lineterminator="\n")
        writer.writeheader()
        writer.writerows(tidy(comparison.facts))
    else:
        for title, header, rows in tables(comparison):
            if form == "markdown":
                _markdown(title, header, rows)
            else:
                print(title)
                print_table(header, rows)
                print()


def tables(comparison):
    """Yields (title, header, rows) of each table: scores, scores by label or target, differences, songs."""
    target, result = comparison.target, comparison.facts
    runs, main = result["runs"], target.compared_metrics
    rows = [[run["name"], run["recipe"], *_values(run["scores"], run["ci95"], main)] for run in runs]
    yield f"{result['task']}: scores on {result['songs']:,} test songs, {over(result)}", ["run", "recipe", *main], rows
    if target.has_labels:
        each = [(label, run["name"], run["scores"]["per_class"][label]) for label in result["labels"] for run in runs]
        rows = [[label, name, *(_cell(parts[part]) for part in BY_LABEL)] for label, name, parts in each]
        yield "by label", ["label", "run", *BY_LABEL], rows
    elif len(target.heads) > 1:
        each = [(head, run, [f"{head}/{name}" for name in BY_TARGET]) for head in target.heads for run in runs]
        rows = [[head, run["name"], *_values(run["scores"], run["ci95"], names)] for head, run, names in each]
        yield "by target", ["target", "run", *BY_TARGET], rows
    rows = []
    for pair in result["pairs"]:
        found = {name: pair["differences"][name] for name in main}
        cells = [_value(each["value"], each["ci95"], "+.3f") for each in found.values()]
        rows.append([pair["run"], pair["against"], *cells])
    yield "differences: the first run minus the second, on the same songs", ["run", "against", *main], rows
    rows = []
    for pair in result["pairs"]:
        for row in pair["wins"]:
            counts = [str(row[part]) for part in ("songs", "better", "worse", "equal")]
            share = _value(row["share"], row["ci95"])
            rows.append([pair["run"], pair["against"], row["target"], band_name(row["band"]), *counts, share])
    header = ["run", "against", "target", "true value", "songs", "nearer", "farther", "equal", "share nearer"]
    yield "songs on which the first run is nearer to the truth than the second", header, rows


def tidy(result):
    """Every number of a comparison as one row under TIDY's names."""
    for run in result["runs"]:
        for name, interval in run["ci95"].items():
            yield _row("score", run["name"], "", name, "", run["scores"][name], interval, result["songs"])
        for label, parts in run["scores"].get("per_class", {}).items():
            for part in ("precision", "recall", "f1"):
                yield _row("score", run["name"], "", part, label, parts[part], None, parts["support"])
    for pair in result["pairs"]:
        for name, found in pair["differences"].items():
            yield _row("difference", pair["run"], pair["against"], name, "", found["value"], found["ci95"], result["songs"])
        for row in pair["wins"]:
            place = pair["run"], pair["against"], row["target"], band_name(row["band"])
            yield _row("share nearer", *place, row["share"], row["ci95"], row["songs"])


def _row(what, run, against, name, band, value, interval, songs):
    low, high = interval or (None, None)
    return dict(zip(TIDY, (what, run, against, name, band, value, low, high, songs), strict=True))


def _markdown(title, header, rows):
    def line(cells):
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    print(f"**{title}**\n")
    print("\n".join([line(header), "|" + "---|" * len(header), *map(line, rows)]) + "\n")


def _values(scores, intervals, names):
    return [_value(scores[name], intervals[name]) for name in names]


def _cell(value):
    if value is None:
        return "undefined"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _value(value, interval, form=".3f"):
    if value is None:
        return "undefined"
    return f"{value:{form}}" + (f" [{interval[0]:{form}}, {interval[1]:{form}}]" if interval else "")
