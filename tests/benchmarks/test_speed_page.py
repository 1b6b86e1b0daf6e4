"""`python -m benchmarks` measures rows, keeps them, and writes them into a page."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.speed.measured import Against, Measured, Point
from benchmarks.speed.page import BEGIN, END, Family, write_page

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def page(tmp_path):
    """A page with a sentence of somebody's own on either side of the tables."""
    path = tmp_path / "performance.md"
    path.write_text(f"# Speed\n\nRead this.\n\n{BEGIN}\noutdated\n{END}\n\n## What was tried\n")
    return path


def cells(page, name):
    """The cells of each line of a row."""
    lines = [line for line in page.read_text().splitlines() if line.startswith(f"| {name} |")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_command_writes_the_row_that_it_measured(page, tmp_path):
    words = ["--only", "starting", "--repeats", "1", "--out", tmp_path / "out", "--page", page]
    command = [sys.executable, "-m", "benchmarks", *map(str, words)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    ((_, _, ours, beside, other, faster, _, _),) = cells(page, "`kerasfeat --help`")
    assert beside == "`python -c pass`"
    (row,) = json.loads((tmp_path / "out" / "starting.json").read_text())["rows"]
    (against,) = row["against"]
    assert float(faster) == pytest.approx(against["seconds"][0] / row["seconds"][0], abs=0.01)
    assert 0 < float(faster) < 1
    text = page.read_text()
    assert "Read this." in text and "## What was tried" in text and "outdated" not in text
    assert "Python 3." in text and "cores of" in text


def family(*rows, scale=1.0, others=0.02):
    return Family("a machine", "some versions", "synthesised", 3, scale, others, rows)


def test_a_goal_is_met_or_its_row_says_what_bounds_it(page):
    ours = (1.0, 2.0, 4.0)
    fast = Against("slow tool", (3.0, 4.0, 20.0), least=2.0)
    slow = Against("fast tool", (0.5, 1.5, 3.0), least=0.9)
    soon = Against("TensorFlow", (0.5, 1.0, 1.5), most_beyond_s=1.5)
    row = Measured("work", "5 clips", ours, (fast, slow, soon), bound="the disk takes 0.9 s.")
    write_page(page, [family(row, Measured("alone", "once", (2.0,)))])
    assert [line[2:] for line in cells(page, "work")] == [
        ["2.0 s (1.0 s to 4.0 s)", "slow tool", "4.0 s (3.0 s to 20.0 s)", "3.00", "2.00", "yes"],
        [
            "2.0 s (1.0 s to 4.0 s)",
            "fast tool",
            "1.5 s (500 ms to 3.0 s)",
            "0.75",
            "0.90",
            "**no**",
        ],
        [
            "2.0 s (1.0 s to 4.0 s)",
            "TensorFlow",
            "1.0 s (500 ms to 1.5 s)",
            "+1.0 s",
            "at most +1.5 s",
            "yes",
        ],
    ]
    assert cells(page, "alone") == [["alone", "once", "2.0 s", "", "", "", "", ""]]
    assert "- work: the disk takes 0.9 s." in page.read_text()


def test_growth_that_is_too_steep_is_marked_and_explained(page):
    square = tuple(Point(size, size**2 / 100, 300.0) for size in (5, 20, 80))
    even = tuple(Point(size, size / 100, size * 50.0) for size in (5, 20, 80))
    steep = Measured("steep", "", unit="clips", growth=square, why="each is compared with each.")
    write_page(page, [family(steep, Measured("even", "", unit="rows", growth=even))])
    ((_, work, seconds, exponent, memory),) = cells(page, "steep")
    assert (work, exponent) == ("5 / 20 / 80 clips", "**2.00**")
    assert seconds == "250 ms / 4.0 s / 64.0 s"
    assert memory == "300 / 300 / 300 MB, flat"
    ((_, _, _, exponent, memory),) = cells(page, "even")
    assert (exponent, memory) == ("1.00", "250 / 1,000 / 4,000 MB, 16.0x")
    assert "- steep: each is compared with each." in page.read_text()


def test_what_was_kept_is_written_without_measuring(page, tmp_path):
    from benchmarks.speed import FAMILIES

    out = tmp_path / "out"
    out.mkdir()
    for number, name in enumerate(FAMILIES, 2):
        row = Measured(name, "kept", (float(number),)).to_json()
        told = {"on": "it", "versions": "some", "songs": "few", "repeats": 1, "rows": [row]}
        told |= {"scale": 1, "others": 0}
        (out / f"{name}.json").write_text(json.dumps(told))
    command = [sys.executable, "-m", "benchmarks", "--out", str(out), "--page", str(page)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert "measuring" not in done.stdout
    assert [cells(page, name)[0][2] for name in FAMILIES] == [
        f"{number}.0 s" for number in range(2, len(FAMILIES) + 2)
    ]


def test_figures_of_a_trial_or_of_a_busy_machine_are_told_as_such(page):
    row = Measured("alone", "once", (2.0,))
    write_page(page, [family(row)])
    assert "trial" not in page.read_text() and "Other programs" not in page.read_text()
    write_page(page, [family(row), family(row, scale=0.25), family(row, others=0.37)])
    assert "A trial at 0.25 of the usual sizes" in page.read_text()
    assert "Other programs took up to 37% of the processors" in page.read_text()
