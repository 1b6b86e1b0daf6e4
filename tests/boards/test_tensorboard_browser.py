"""TensorBoard in a real browser: its dashboards show a run's data."""

import pytest

from kerasfeat.boards.dashboard import board, logs_of

# All text of the page, also within its components.
TEXT = """
(() => {
  const read = root => [...root.childNodes].map(node =>
    node.nodeType === 3 ? node.data : ["STYLE", "SCRIPT"].includes(node.tagName) ? ""
      : node.tagName === "IFRAME" ? read(node.contentDocument || document.createElement("p"))
      : (node.shadowRoot ? read(node.shadowRoot) : "") + " " + read(node)).join(" ");
  return read(document).replace(/\\s+/g, " ");
})()
"""
DASHBOARDS = {
    "timeseries": ["loss /total", "metrics /accuracy"],
    "images": ["test_best/1_spectrogram", "step"],
    "hparams": ["learning_rate", "test/accuracy"],
    "audio": ["test_best/1_clip", "step"],
    "projector": ["songs by mood", "predicted mood", "Points: 70"],
}


@pytest.fixture(scope="module")
def address(fused):
    return board(logs_of([fused.path]), port=0).launch()


@pytest.mark.slow
def test_dashboards_show_data(browser, address):
    for name, words in DASHBOARDS.items():
        browser.open(f"{address}#{name}")
        for word in words:
            browser.wait_for(f"({TEXT}).includes({word!r})", f"{word!r} under {name}")
