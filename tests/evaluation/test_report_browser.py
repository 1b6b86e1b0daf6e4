"""The report in a real browser: nothing on the console, nothing asked for, nothing too wide, and all text legible."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from browser import Browser, program

from kerasfeat.evaluation.report import write_report

# Each text's contrast with what lies behind it (WCAG 2.2), and what is behind a text in a plot is the page.
CONTRAST = """
(() => {
  const read = text => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n.slice(0, 3), 1] : n; };
  const over = (front, back) => back.slice(0, 3).map((c, i) => front[3] * front[i] + (1 - front[3]) * c);
  const light = colour => { const [r, g, b] = colour.map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = element => { const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const c = read(getComputedStyle(e).backgroundColor); layers.push(c); if (c[3] === 1) break; }
    return layers.reverse().reduce((back, layer) => over(layer, back), [255, 255, 255]); };
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
    if (!text || ["STYLE", "SCRIPT"].includes(element.tagName) || !element.getClientRects().length) continue;
    const style = getComputedStyle(element), front = read(element.namespaceURI.endsWith("svg") ? style.fill : style.color);
    front[3] *= Number(style.opacity);
    const back = behind(element), [low, high] = [light(over(front, back)), light(back)].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) found.push([text, ratio, style.fontSize]);
  }
  return found;
})()
"""
# Elements that stick out of the page on the right, but for what lies in a box that scrolls.
WIDE = """
[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, svg"))
  .map(e => e.outerHTML.slice(0, 90))
"""
SCREENS = [(1200, False), (1200, True), (390, False), (390, True)]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if program() is None:
        pytest.skip("needs Chromium, which is not on this machine")
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where screenshots go; KERASFEAT_SCREENSHOTS keeps them."""
    path = Path(os.environ.get("KERASFEAT_SCREENSHOTS") or tmp_path_factory.mktemp("screens"))
    path.mkdir(parents=True, exist_ok=True)
    return path


def look(browser, folder, page, name):
    """Hold what every page must keep, on every screen."""
    for width, dark in SCREENS:
        browser.open(page.as_uri(), width, dark=dark)
        browser.screenshot(folder / f"{name}-{width}-{'dark' if dark else 'light'}.png")
        assert browser.complaints() == []
        assert [url for url in browser.requests() if not url.startswith("data:")] == [page.as_uri()]
        assert browser.run(CONTRAST) == []
        assert browser.run("document.scrollingElement.scrollWidth") <= width, browser.run(WIDE)
        assert browser.run(WIDE) == []


@pytest.mark.parametrize(
    ("kind", "options"),
    [("classes", {"songs": 173}), ("values", {"songs": 173}), ("classes", {"songs": 173, "labels": [f"genre {n}" for n in range(23)]})],
)
def test_report(write_run, browser, folder, tmp_path, kind, options):
    run = write_run(tmp_path / "run", kind, **options)
    table, songs = pd.read_csv(run / "predictions.csv"), options["songs"]
    (tmp_path / "song.wav").write_bytes(b"RIFF")
    table["audio"] = str(tmp_path / "song.wav")
    table["title"] = [f"A {'very ' * (n % 13)}long title of song {n}" for n in range(songs)]
    table["artist_songs"], table["year"] = np.arange(songs) % 29 + 1, 1980 + np.arange(songs) % 41
    table["genre"] = [f"genre of {n % 17} words" for n in range(songs)]
    table["loudness"], table["duration_ms"] = -np.linspace(3, 50, songs), np.linspace(31e3, 700e3, songs)
    table.to_csv(run / "predictions.csv", index=False)
    metrics = json.loads((run / "metrics.json").read_text())
    main = "accuracy" if kind == "classes" else "mae"
    value = metrics["test"][main]
    metrics["learning_curve"] = [{"songs": 87 * 2**n, "value": value * (0.7 + n / 10), "interval": None} for n in range(4)]
    (run / "metrics.json").write_text(json.dumps(metrics))
    look(browser, folder, write_report(run), f"report-{kind}-{len(options)}")
