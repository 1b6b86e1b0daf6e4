"""A headless Chromium spoken to over a pipe (the DevTools protocol), for tests that look at pages
as people's browsers do.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_S = 60
# Chromium speaks on file descriptors 3 and 4.
START = (
    "import fcntl, os, sys; r, w = (fcntl.fcntl(int(n), fcntl.F_DUPFD, 20) for n in "
    "sys.argv[1:3]); "
)
START += "os.dup2(r, 3); os.dup2(w, 4); os.execvp(sys.argv[3], sys.argv[3:])"


# Each text's contrast with what lies behind it (WCAG 2.2), and what is behind a text in a plot is
# the page.
CONTRAST = """
(() => {
  const read = text => {
    const n = text.match(/[\\d.]+/g).map(Number);
    return n.length < 4 ? [...n.slice(0, 3), 1] : n; };
  const over = (front, back) =>
    back.slice(0, 3).map((c, i) => front[3] * front[i] + (1 - front[3]) * c);
  const linear = c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = colour => { const [r, g, b] = colour.map(c => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = element => { const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const c = read(getComputedStyle(e).backgroundColor); layers.push(c); if (c[3] === 1) break; }
    return layers.reverse().reduce((back, layer) => over(layer, back), [255, 255, 255]); };
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
    if (!text || ["STYLE", "SCRIPT"].includes(element.tagName)) continue;
    if (!element.getClientRects().length) continue;
    const style = getComputedStyle(element), drawn = element.namespaceURI.endsWith("svg");
    const front = read(drawn ? style.fill : style.color);
    front[3] *= Number(style.opacity);
    const back = behind(element), lights = [light(over(front, back)), light(back)];
    const [low, high] = lights.sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) found.push([text, ratio, style.fontSize]);
  }
  return found;
})()
"""
# Elements that stick out of the page on the right, but for what lies in a box that scrolls.
WIDE = """
[...document.querySelectorAll("body *")]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, svg"))
  .map(e => e.outerHTML.slice(0, 90))
"""
SCREENS = [(1200, False), (1200, True), (390, False), (390, True)]


def program():
    """The path of a browser on this machine, or None."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Browser:
    """A running browser; `with Browser(folder) as browser:` ends it."""

    def __init__(self, folder):
        to_it, from_us = os.pipe()
        from_it, to_us = os.pipe()
        options = (
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--remote-debugging-pipe",
        )
        words = [program(), *options, f"--user-data-dir={folder}", "about:blank"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, str(to_it), str(to_us), *words],
            pass_fds=(to_it, to_us),
            stderr=subprocess.DEVNULL,
        )
        for end in (to_it, to_us):
            os.close(end)
        self._write, self._read, self._rest, self._sent = from_us, from_it, b"", 0
        self.events, self.session = [], None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        for end in (self._write, self._read):
            os.close(end)

    def open(self, url, width=1200, height=900, dark=False):
        """Load a page in a new tab; `events` holds what it does from here on."""
        self.session = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        self.ask(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
        )
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        self.events = []
        self.ask("Page.navigate", url=url)
        self._until(
            lambda: any(event["method"] == "Page.loadEventFired" for event in self.events),
            "the page to load",
        )

    def complaints(self):
        """Errors and warnings on the console, and exceptions."""
        wrong = []
        for event in self.events:
            params = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                wrong.append(params["exceptionDetails"]["text"])
            if event["method"] == "Runtime.consoleAPICalled" and params["type"] in (
                "error",
                "warning",
                "assert",
            ):
                wrong.append(str(params["args"]))
            if event["method"] == "Log.entryAdded" and params["entry"]["level"] in (
                "error",
                "warning",
            ):
                wrong.append(params["entry"]["text"])
        return wrong

    def requests(self):
        """The addresses that the page asked for."""
        return [
            event["params"]["request"]["url"]
            for event in self.events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def run(self, script):
        """The value of an expression in the page."""
        answer = self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, script, what):
        """Wait until an expression is true."""
        self._until(lambda: self.run(script), what)

    def screenshot(self, path):
        """The whole page as PNG."""
        path.write_bytes(
            base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"])
        )

    def ask(self, method, **params):
        """Send a command and return its answer."""
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": params} | (
            {"sessionId": self.session} if self.session else {}
        )
        os.write(self._write, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + PATIENCE_S
        while True:
            answer = self._next(end)
            if answer.get("id") == self._sent:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self.events.append(answer)

    def _until(self, holds, what):
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < end, f"waited {PATIENCE_S} s in vain for {what}"
            self.ask("Browser.getVersion")
            time.sleep(0.1)

    def _next(self, end):
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0, end - time.monotonic()))
            assert ready, f"the browser has said nothing for {PATIENCE_S} s"
            block = os.read(self._read, 1 << 20)
            assert block, "the browser has ended"
            self._rest += block
        message, self._rest = self._rest.split(b"\0", 1)
        return json.loads(message)


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
