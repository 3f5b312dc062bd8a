"""Chromium for tests of pages and messages, which are skipped where there is none."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
IN_CHROMIUM = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH: not checked in a browser"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.browser,
    pytest.mark.slow,
]
_OPTIONS = (
    "--no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
    # A made-up site may then frame a page of this machine.
    " --disable-features=LocalNetworkAccessChecks"
)


@contextmanager
def launched_chromium() -> Iterator[Any]:
    """Starts Chromium, and stops it afterwards.

    Yields:
        The browser of Playwright.
    """
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=_OPTIONS.split())
        yield chromium
        chromium.close()
