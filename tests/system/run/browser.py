"""A headless Chromium, led through the DevTools protocol over a pipe. No package is needed for it.

https://chromedevtools.github.io/devtools-protocol/"""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

from support import PATIENCE_S

NAMES = ("chromium", "chromium-browser", "google-chrome")


def browser_here():
    """The path of a Chromium, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """A browser with one page. It ends with the `with` statement, with all its processes."""

    def __init__(self, directory):
        self.directory = Path(directory) / "profile"
        self.number = 0
        self.events = []
        self.waiting = b""

    def __enter__(self):
        to_read, self.to = os.pipe()
        self.back, to_write = os.pipe()
        words = [browser_here(), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
                 "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
                 "--disable-dev-shm-usage", f"--user-data-dir={self.directory}", "--remote-debugging-pipe", "about:blank"]
        # Chromium reads from descriptor 3, and writes to descriptor 4.
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{to_read} 4>&{to_write}', "bash", *words], pass_fds=(to_read, to_write),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, "HOME": str(self.directory)})
        os.close(to_read)
        os.close(to_write)
        self.session = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        return self

    def __exit__(self, *_):
        os.close(self.to)  # it ends when nobody leads it any more
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.back)

    # --- The protocol ------------------------------------------------------------------------

    def ask(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + PATIENCE_S
        while True:
            answer = self.next_message(until)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def next_message(self, until):
        while b"\0" not in self.waiting:
            ready, _, _ = select.select([self.back], [], [], max(0, until - time.monotonic()))
            part = os.read(self.back, 1 << 20) if ready else b""
            if not part:
                raise AssertionError("Chromium does not answer")
            self.waiting += part
        message, _, self.waiting = self.waiting.partition(b"\0")
        return json.loads(message)

    # --- What a person would do --------------------------------------------------------------

    def size(self, width, height, scale=1):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)

    def scheme(self, name):
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def open(self, address):
        """Opens a page and waits until it is loaded."""
        self.events.clear()
        self.ask("Page.navigate", url=str(address))
        self.wait_for_event("Page.loadEventFired")

    def wait_for_event(self, method):
        until = time.monotonic() + PATIENCE_S
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.next_message(until))

    def value(self, expression):
        """The value of an expression of JavaScript, which may be a promise."""
        done = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise AssertionError(f"{expression}: {done['exceptionDetails']}")
        return done["result"].get("value")

    def wait_until(self, expression, bound=PATIENCE_S):
        """Waits for a true value of the expression and returns it."""
        until = time.monotonic() + bound
        while not (value := self.value(expression)):
            if time.monotonic() > until:
                raise AssertionError(f"waited {bound} s in vain for {expression}")
            time.sleep(0.01)
        return value

    def type(self, text):
        self.ask("Input.insertText", text=text)

    def key(self, name, code=0, text=""):
        """Presses a key: "Enter", "/"."""
        about = {"key": name, "windowsVirtualKeyCode": code}
        if text:
            about["text"] = text
        self.ask("Input.dispatchKeyEvent", type="keyDown", **about)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=name, windowsVirtualKeyCode=code)

    def complaints(self):
        """Errors and warnings of the console, and exceptions, since the page was opened."""
        self.value("0")  # so that all before it has arrived
        found = []
        for event in self.events:
            about = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                details = about["exceptionDetails"]
                found.append(details.get("exception", {}).get("description") or details["text"])
            elif event.get("method") == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
                found.append(str(about["args"]))
            elif event.get("method") == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
                found.append(about["entry"]["text"])
        return found

    def dialogs(self):
        return [event for event in self.events if event.get("method") == "Page.javascriptDialogOpening"]

    def requests(self):
        """The addresses that the page asked for."""
        return [event["params"]["request"]["url"] for event in self.events
                if event.get("method") == "Network.requestWillBeSent"]

    def visible_text(self):
        """What a screen reader reads, for a page that may not run scripts."""
        nodes = self.ask("Accessibility.getFullAXTree")["nodes"]
        return "\n".join(node["name"].get("value", "") for node in nodes
                         if not node.get("ignored") and node["role"].get("value") == "StaticText")

    def picture(self, file):
        """What can be seen, in the format that the name of the file says."""
        shot = self.ask("Page.captureScreenshot", format=Path(file).suffix[1:], optimizeForSpeed=False)
        Path(file).write_bytes(base64.b64decode(shot["data"]))
