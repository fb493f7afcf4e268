"""Debian's Chromium, driven by Playwright and watched: what its tabs fetched, complained of and asked people.

Playwright's wheel carries its driver and is told which browser to use, so that nothing is downloaded.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Request, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MISSING = "needs Chromium (apt-get install chromium)"
_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PATIENCE_MS = 30_000

expect.set_options(timeout=_PATIENCE_MS)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, for the tests of a module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_OPTIONS)
        yield browser
        browser.close()


class Tab:
    """A page in a context of its own, at a server: it shares nothing with other tabs."""

    def __init__(self, browser: Browser, endpoint: str, width: int = 1280, height: int = 800) -> None:
        self.endpoint = endpoint
        self.fetched: list[str] = []
        self.sent: list[str] = []
        self.complaints: list[str] = []
        self.dialogs: list[str] = []
        self._context = browser.new_context(viewport={"width": width, "height": height})
        self.page = self._context.new_page()
        self.page.set_default_timeout(_PATIENCE_MS)
        self._context.on("request", self._fetches)
        self._context.on("dialog", self._asked)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _fetches(self, request: Request) -> None:
        self.fetched.append(request.url)
        self.sent.append(request.post_data or "")

    def _said(self, message: ConsoleMessage) -> None:
        refused = message.text.startswith("Failed to load resource")  # a refusal is an answer like any other
        if message.type in ("error", "warning") and not refused:
            self.complaints.append(message.text)

    def _asked(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def begin(self) -> None:
        """Forget what was noted, and go to where whoever logs in begins."""
        self.page.goto("about:blank")
        self.fetched.clear()
        self.sent.clear()
        self.complaints.clear()
        self.dialogs.clear()
        self.page.goto(f"{self.endpoint}/_lambent/")
        expect(self.page.locator("#who code")).to_be_visible()

    def close(self) -> None:
        """Forget all of it."""
        self._context.close()

    @property
    def elsewhere(self) -> set[str]:
        """Hosts other than the server of which anything was fetched."""
        return {urlsplit(url).netloc for url in self.fetched} - {urlsplit(self.endpoint).netloc, ""}

    def log_in(self, key: str, secret: str) -> None:
        """Open the page and log in; the view that follows may still be empty."""
        self.page.goto(f"{self.endpoint}/_lambent/")
        self.page.fill("[name=id]", key)
        self.page.fill("[name=secret]", secret)
        self.page.keyboard.press("Enter")

    def visit(self, place: str) -> None:
        """Go to a view by what stands behind the hash."""
        self.page.evaluate("place => { location.hash = place }", place)

    def shows(self, text: str, where: str = "#content") -> None:
        """Wait until a part of the page contains a text."""
        expect(self.page.locator(where).first).to_contain_text(text, use_inner_text=True)
