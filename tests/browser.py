"""A headless Chromium spoken to over a pipe (the DevTools protocol), for tests that look at pages as people's browsers do."""

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
START = "import fcntl, os, sys; r, w = (fcntl.fcntl(int(n), fcntl.F_DUPFD, 20) for n in sys.argv[1:3]); "
START += "os.dup2(r, 3); os.dup2(w, 4); os.execvp(sys.argv[3], sys.argv[3:])"


def program():
    """The path of a browser on this machine, or None."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Browser:
    """A running browser; `with Browser(folder) as browser:` ends it."""

    def __init__(self, folder):
        to_it, from_us = os.pipe()
        from_it, to_us = os.pipe()
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe")
        words = [program(), *options, f"--user-data-dir={folder}", "about:blank"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, str(to_it), str(to_us), *words], pass_fds=(to_it, to_us), stderr=subprocess.DEVNULL
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
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.events = []
        self.ask("Page.navigate", url=url)
        self._until(lambda: any(event["method"] == "Page.loadEventFired" for event in self.events), "the page to load")

    def complaints(self):
        """Errors and warnings on the console, and exceptions."""
        wrong = []
        for event in self.events:
            params = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                wrong.append(params["exceptionDetails"]["text"])
            if event["method"] == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
                wrong.append(str(params["args"]))
            if event["method"] == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                wrong.append(params["entry"]["text"])
        return wrong

    def requests(self):
        """The addresses that the page asked for."""
        return [event["params"]["request"]["url"] for event in self.events if event["method"] == "Network.requestWillBeSent"]

    def run(self, script):
        """The value of an expression in the page."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, script, what):
        """Wait until an expression is true."""
        self._until(lambda: self.run(script), what)

    def screenshot(self, path):
        """The whole page as PNG."""
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"]))

    def ask(self, method, **params):
        """Send a command and return its answer."""
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": params} | ({"sessionId": self.session} if self.session else {})
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
