"""A real browser, driven over WebDriver (W3C) through chromedriver, with nothing in between.

Both are Debian's packages chromium and chromium-driver, or those of another system that are on the
path; where there are none, tests that need a browser are skipped."""

import base64
import json
import os
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key under which WebDriver names an element."""

TAB, ENTER, SPACE = "\ue004", "\ue007", " "

QUIET = (
    "--headless=new --disable-gpu --disable-quic --no-first-run --disable-sync --disable-extensions"
    " --disable-background-networking --disable-component-update --disable-default-apps"
    " --disable-dev-shm-usage --lang=en --window-size=1280,900"
    " --no-sandbox"  # root cannot have one, nor can most containers; the pages are our own
).split()


class Browser:
    """One window of the browser."""

    def __init__(self, port, session=None):
        self.port, self.session = port, session

    def call(self, method, path, said=None):
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            body = None if method == "GET" else json.dumps(said or {})
            connection.request(method, path, body, {"Content-Type": "application/json"})
            value = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        if isinstance(value, dict) and "error" in value:
            raise AssertionError(f"{method} {path}: {value['error']}: {value['message']}")
        return value

    def __call__(self, method, path, **said):
        return self.call(method, f"/session/{self.session}{path}", said)

    def go(self, url):
        self("POST", "/url", url=url)

    @property
    def url(self):
        return self("GET", "/url")

    @property
    def title(self):
        return self("GET", "/title")

    def find(self, css):
        return self("POST", "/element", using="css selector", value=css)[ELEMENT]

    def all(self, css):
        found = self("POST", "/elements", using="css selector", value=css)
        return [element[ELEMENT] for element in found]

    def text(self, css="body"):
        return self("GET", f"/element/{self.find(css)}/text")

    def texts(self, css):
        return [self("GET", f"/element/{element}/text") for element in self.all(css)]

    def click(self, css):
        self("POST", f"/element/{self.find(css)}/click")

    def follow(self, text):
        """Click on a link, and wait for the page behind it."""
        link = self("POST", "/element", using="link text", value=text)[ELEMENT]
        with self.leaving():
            self("POST", f"/element/{link}/click")

    def submit(self, css="main form button"):
        """Click on the button of a form, and wait for the page that answers."""
        with self.leaving():
            self.click(css)

    @contextmanager
    def leaving(self):
        """Wait for another page to be there whole, after what is done in the block."""
        self.run("window.isLeft = true")
        yield
        until = time.monotonic() + 30
        while not self.run("return !window.isLeft && document.readyState == 'complete'"):
            assert time.monotonic() < until, f"no other page came after {self.url}"
            time.sleep(0.01)

    def fill(self, css, text):
        element = self.find(css)
        if self.run("return arguments[0].type", {ELEMENT: element}) == "date":
            year, month, day = text.split("-")
            text = f"{month}{day}{year}"  # as the widget of an English browser takes it
        else:
            self("POST", f"/element/{element}/clear")
        self("POST", f"/element/{element}/value", text=text)

    def press(self, *keys):
        """Press keys, one after another, wherever the focus is."""
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self("POST", "/actions", actions=[{"type": "key", "id": "keys", "actions": strokes}])

    def run(self, script, *arguments):
        return self("POST", "/execute/sync", script=script, args=list(arguments))

    def width(self, pixels):
        """Let the page be so wide; None: as wide as the window."""
        name = "setDeviceMetricsOverride" if pixels else "clearDeviceMetricsOverride"
        metrics = dict(width=pixels, height=844, deviceScaleFactor=1, mobile=True) if pixels else {}
        self("POST", "/goog/cdp/execute", cmd=f"Emulation.{name}", params=metrics)

    def log(self, kind):
        return self("POST", "/se/log", type=kind)

    def console(self):
        """What stands in the console since it was last asked."""
        return [entry["message"] for entry in self.log("browser")]

    def requests(self):
        """The addresses of any network that were asked for since it was last asked."""
        told = (json.loads(entry["message"])["message"] for entry in self.log("performance"))
        return [
            event["params"]["request"]["url"]
            for event in told
            if event["method"] == "Network.requestWillBeSent"
            and event["params"]["request"]["url"].startswith(("http", "ws"))
        ]

    def picture(self, path, size=None):
        """Write a picture of the whole page, or of so much of it: width and height."""
        clip = (
            {"clip": {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}}
            if size
            else {}
        )
        told = self(
            "POST",
            "/goog/cdp/execute",
            cmd="Page.captureScreenshot",
            params={"captureBeyondViewport": True, **clip},
        )
        Path(path).write_bytes(base64.b64decode(told["data"]))


@contextmanager
def opened(folder):
    """A browser for as long as the block lasts, whose profile is in a folder."""
    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
    if not driver or not chromium:
        pytest.skip("no browser: apt-get install chromium chromium-driver")
    process = subprocess.Popen(
        [driver, "--port=0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "LANGUAGE": "en_US"},  # its date fields are filled in as English ones
    )
    try:
        ready = next(line for line in process.stdout if "started successfully" in line)
        browser = Browser(int(re.search(r"on port (\d+)", ready)[1]))
        arguments = [*QUIET, f"--user-data-dir={folder}"]
        options = {
            "goog:chromeOptions": {"binary": chromium, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        made = browser.call("POST", "/session", {"capabilities": {"alwaysMatch": options}})
        browser.session = made["sessionId"]
        try:
            browser.go("about:blank")
            yield browser
        finally:
            browser("DELETE", "")
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
