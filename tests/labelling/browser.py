"""A browser without a window, by the protocol WebDriver (W3C)."""

import base64
import json
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

#: The key under which WebDriver returns an element (W3C WebDriver, section 12.2).
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"

#: Keys that are no letters (section 17.4.2).
KEYS = {
    "Enter": "\ue007",
    "Left": "\ue012",
    "Up": "\ue013",
    "Right": "\ue014",
    "Down": "\ue015",
    "Backspace": "\ue003",
}

DRIVER = shutil.which("chromedriver")

ARGUMENTS = (
    *(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-sync",
    ),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
)


class Browser:
    """A session of Chromium; its downloads go into ``folder``."""

    def __init__(self, address, folder, arguments=(), preferences=None):
        self.folder = Path(folder)
        downloads = {"download.default_directory": str(folder), "download.prompt_for_download": False}
        options = {
            "args": [*ARGUMENTS, f"--user-data-dir={folder}/profile", *arguments],
            "prefs": {**downloads, **(preferences or {})},
        }
        self._address = address
        request = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
        session = self._send("POST", "/session", request)
        self._session = f"/session/{session['sessionId']}"

    def _send(self, method, path, content=None):
        data = None if content is None else json.dumps(content).encode()
        request = Request(self._address + path, data, {"Content-Type": "application/json"}, method=method)
        with urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def _command(self, path, **content):
        return self._send("POST", self._session + path, content)

    def open(self, path):
        """Open or reload a page and wait until it is complete; under load the driver may return earlier."""
        self.run("window.isLeft = true")
        self._command("/url", url=Path(path).absolute().as_uri())
        deadline = time.monotonic() + 600
        while not self.run("return !window.isLeft && document.readyState === 'complete'"):
            assert time.monotonic() < deadline, f"{path} was not loaded in ten minutes"
            time.sleep(0.05)

    def run(self, script, *values):
        """Return what the body of a function in JavaScript returns."""
        return self._command("/execute/sync", script=script, args=list(values))

    def click(self, css):
        self._command(f"/element/{self._element(css)}/click")

    def type(self, css, text):
        self._command(f"/element/{self._element(css)}/value", text=text)
        self.settle()

    def settle(self):
        """Wait until the page has done what it put off."""
        self.run("return new Promise(done => setTimeout(done))")

    def press(self, *keys):
        """Press keys, one after the other, wherever the focus is."""
        for key in keys:
            pressed = [{"type": kind, "value": KEYS.get(key, key)} for kind in ("keyDown", "keyUp")]
            self._command("/actions", actions=[{"type": "key", "id": "keyboard", "actions": pressed}])
            if key == "Enter":
                self.settle()

    def accept(self):
        """Say yes to a question of the page."""
        self._command("/alert/accept")

    def resize(self, width, height, scheme="light"):
        """Set the size of the page in pixels, and its colours."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self._devtools("Emulation.setDeviceMetricsOverride", **metrics)
        self._devtools(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
        )

    def screenshot(self, path):
        Path(path).write_bytes(base64.b64decode(self._send("GET", self._session + "/screenshot")))

    def downloaded(self, pattern):
        """Return the path of a download, once it is there; an empty file only reserves its name."""
        for _ in range(6000):
            if paths := [path for path in self.folder.glob(pattern) if path.stat().st_size]:
                return paths[0]
            time.sleep(0.1)
        raise AssertionError(f"{pattern} was not downloaded; there are {list(self.folder.iterdir())}")

    def close(self):
        self._send("DELETE", self._session)

    def _element(self, css):
        return self._command("/element", using="css selector", value=css)[ELEMENT]

    def _devtools(self, command, **parameters):
        return self._command("/goog/cdp/execute", cmd=command, params=parameters)


@contextmanager
def browser(folder, **options):
    """Yield a browser; the driver chooses a free port."""
    driver = subprocess.Popen([DRIVER, "--port=0"], stdout=subprocess.PIPE, text=True)
    try:
        started = next(line for line in driver.stdout if "started successfully on port" in line)
        opened = Browser(f"http://127.0.0.1:{started.rstrip().rstrip('.').split()[-1]}", folder, **options)
        try:
            yield opened
        finally:
            opened.close()
    finally:
        driver.terminate()
        driver.wait()
        driver.stdout.close()
