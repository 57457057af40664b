"""A headless Chromium, driven over its DevTools protocol: a page is loaded, looked at, and what it tries to do is heard."""

from __future__ import annotations

import base64
import json
import os
import select
import shlex
import subprocess
import time
from pathlib import Path

from harness import Mismatch

# What a page tells of its own policy. It is there before the page is.
HEAR = """
window.__violations = [];
addEventListener("securitypolicyviolation", (event) => {
  window.__violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
});
"""
# Seconds that a page may take for anything.
PATIENCE = 60


class Chromium:
    """One browser with one tab."""

    def __init__(self, folder: Path) -> None:
        from_browser, to_us = os.pipe()
        from_us, to_browser = os.pipe()
        words = [
            "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
            f"--user-data-dir={folder / 'profile'}",
        ]  # fmt: skip
        # The protocol's pipes are the descriptors 3 and 4.
        line = f"exec {shlex.join(words)} 3<&{from_us} 4>&{to_us}"
        self.process = subprocess.Popen(
            ["bash", "-c", line], pass_fds=(from_us, to_us), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "HOME": str(folder)},
        )  # fmt: skip
        os.close(from_us)
        os.close(to_us)
        self.read, self.write = from_browser, to_browser
        self.left = b""
        self.number = 0
        self.events: list[dict] = []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source=HEAR)

    def __enter__(self) -> Chromium:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.read)
        os.close(self.write)

    def call(self, method: str, **parameters: object) -> dict:
        """Asks for something and waits for the answer; what happens meanwhile is kept in `events`."""
        self.number += 1
        message: dict = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for answer in self.messages(1):
                if answer.get("id") == self.number:
                    if "error" in answer:
                        raise Mismatch(f"{method}: {answer['error']}")
                    return answer["result"]
        raise Mismatch(f"Chromium does not answer {method} within {PATIENCE} s")

    def messages(self, seconds: float) -> list[dict]:
        """What has come within that time."""
        if not select.select([self.read], [], [], seconds)[0]:
            return []
        more = os.read(self.read, 1 << 20)
        if not more:
            raise Mismatch(f"Chromium ended with {self.process.wait()}")
        *whole, self.left = (self.left + more).split(b"\0")
        found = [json.loads(one) for one in whole]
        self.events += [one for one in found if "method" in one]
        # A dialog holds everything up until somebody answers.
        if any(one.get("method") == "Page.javascriptDialogOpening" for one in found):
            raise Mismatch("the page opens a dialog")
        return found

    def evaluate(self, expression: str) -> object:
        """The value of an expression of JavaScript, awaited."""
        done = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in done:
            raise Mismatch(f"{expression[:100]}: {json.dumps(done['exceptionDetails'])[:600]}")
        return done["result"].get("value")

    def open(self, page: Path, width: int = 800, height: int = 900, scheme: str = "light", script: bool = True) -> float:
        """Loads a page, and says how many seconds that took."""
        self.events.clear()
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        self.media("screen", scheme)
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        started = time.monotonic()
        self.call("Page.navigate", url=page.as_uri())
        until = started + PATIENCE
        while not any(one["method"] == "Page.loadEventFired" for one in self.events):
            if time.monotonic() > until:
                raise Mismatch(f"{page.name} is not loaded within {PATIENCE} s")
            self.messages(0.2)
        return time.monotonic() - started

    def media(self, kind: str, scheme: str = "light") -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=kind, features=features)

    def requests(self) -> list[str]:
        """What was asked for since the page was opened."""
        return [one["params"]["request"]["url"] for one in self.events if one["method"] == "Network.requestWillBeSent"]

    def picture(self, place: Path) -> None:
        """The whole page as it is shown."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 6000), "scale": 1}
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        place.write_bytes(base64.b64decode(shot["data"]))

    def paper(self) -> bytes:
        """The page as PDF."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"])
