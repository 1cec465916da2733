"""A headless browser that loads pages and notices everything that it should not have to."""

from __future__ import annotations

import shutil
from contextlib import contextmanager

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def open_browser():
    """Yield a headless Chromium, or skip where there is none."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium here; on Debian: apt install chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page with all that went wrong on it."""

    def __init__(self, browser, url, **options):
        self.page = browser.new_page(**options)
        self.errors = []
        self.requests = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._hear)
        self.page.on("dialog", self._dismiss)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.add_init_script(
            "document.addEventListener('securitypolicyviolation', "
            "e => console.error('policy ' + e.violatedDirective + e.blockedURI))"
        )
        self.page.goto(url)

    def _hear(self, message):
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def _dismiss(self, dialog):
        self.errors.append(f"dialog {dialog.message}")
        dialog.dismiss()

    @property
    def outside(self):
        """Requests that went anywhere but to the page's own file or server."""
        return [
            url
            for url in self.requests
            if not url.startswith(("file:", "data:", "http://127.0.0.1:"))
        ]
