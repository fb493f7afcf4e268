"""A real Chromium, driven over its debugging pipe: nothing to install but the browser itself.

Messages are JSON with a NUL behind each, on descriptors 3 (to the browser) and 4 (from it).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
from base64 import b64decode
from pathlib import Path
from typing import Any, Self

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECONDS = 30.0
_OPTIONS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--window-size=1280,800",
)


class Browser:
    """`with Browser(profile) as browser:`, then `renew` for a tab. What its pages fetched and complained of is kept."""

    def __init__(self, profile: Path) -> None:
        self._profile = profile
        self._number = 0
        self._unread = b""
        self.fetched: list[str] = []
        self.complaints: list[str] = []

    def __enter__(self) -> Self:
        assert CHROMIUM is not None
        self._profile.mkdir(parents=True)
        (theirs_in, self._out), (self._in, theirs_out) = _pipe(), _pipe()
        actions = [
            (os.POSIX_SPAWN_DUP2, theirs_in, 3),
            (os.POSIX_SPAWN_DUP2, theirs_out, 4),
            *((os.POSIX_SPAWN_OPEN, n, "/dev/null", os.O_RDWR, 0) for n in (0, 1, 2)),
        ]
        command = [CHROMIUM, *_OPTIONS, f"--user-data-dir={self._profile}", "about:blank"]
        self._pid = os.posix_spawn(CHROMIUM, command, os.environ, file_actions=actions, setpgroup=0)
        os.close(theirs_in)
        os.close(theirs_out)
        self._session = ""
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._in)
        os.close(self._out)

    def renew(self) -> None:
        """A new tab, in a profile of its own: nothing is left of what was."""
        self._session = ""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.fetched, self.complaints = [], []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the protocol, and what it answers; events that come meanwhile are noted."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            said = self._next()
            if said.get("id") == self._number:
                assert "error" not in said, (method, said["error"])
                return dict(said["result"])
            self._note(said)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._in], [], [], SECONDS)
            assert ready, f"Chromium says nothing; {self.complaints}"
            piece = os.read(self._in, 1 << 16)
            assert piece, "Chromium has gone"
            self._unread += piece
        first, self._unread = self._unread.split(b"\0", 1)
        return dict(json.loads(first))

    def _note(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        match event.get("method"):
            case "Network.requestWillBeSent":
                self.fetched.append(params["request"]["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(params["exceptionDetails"]))
            case "Log.entryAdded" if params["entry"]["source"] != "network":  # a refusal is an answer like any other
                self.complaints.append(json.dumps(params["entry"]))

    def go(self, url: str) -> None:
        """Open an address."""
        self.call("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        """What an expression gives in the page; promises are waited for."""
        found = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until an expression is true in the page. Fails after half a minute."""
        look = f"""new Promise((done) => {{
            const end = Date.now() + {SECONDS * 1000};
            const look = () => {{
                const found = Boolean({condition});
                if (found || Date.now() > end) done(found); else setTimeout(look, 15);
            }};
            look();
        }})"""
        found = self.run(look)
        assert found, f"never true: {condition}; the page says: {self.text()}; {self.complaints}"

    def text(self) -> str:
        """All that can be read."""
        return str(self.run("document.body.innerText"))

    def fill(self, selector: str, text: str) -> None:
        """Type over what a field holds."""
        self.wait(f"document.querySelector({json.dumps(selector)})")
        self.run(f"(() => {{const it = document.querySelector({json.dumps(selector)}); it.focus(); it.select();}})()")
        self.call("Input.insertText", text=text)

    def press(self, key: str, *, control: bool = False) -> None:
        """One key, down and up."""
        more: dict[str, Any] = {"text": "\r", "windowsVirtualKeyCode": 13} if key == "Enter" and not control else {}
        if len(key) == 1:
            more = {"text": key}
        for kind in ("keyDown", "keyUp"):
            text = more if kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, modifiers=2 if control else 0, **text)

    def prefer(self, scheme: str) -> None:
        """`light` or `dark`, as a system would say it."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self) -> bytes:
        """The tab as PNG."""
        return b64decode(self.call("Page.captureScreenshot", format="png")["data"])


def _pipe() -> tuple[int, int]:
    """A pipe whose ends lie beyond the numbers that the browser gets, and that no other child inherits."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]
