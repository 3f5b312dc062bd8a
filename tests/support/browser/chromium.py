"""Chromium for tests of pages and messages, which are skipped where there is none."""

import shutil
from contextlib import ExitStack
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
# Chromium obeys only the last of these options, so most of them are what Playwright disables.
_DISABLED_FEATURES = (
    "LocalNetworkAccessChecks",  # a made-up site may then frame a page of this machine
    "SpareRendererForSitePerProcess",  # a process ready for the next site, of which there is none
    # The list below the address bar is a page of its own, twice, in each window, which nobody sees.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "OptimizationHints",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
)
_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(_DISABLED_FEATURES)}",
    # A page lives shorter than its scripts take to be optimised in other threads.
    "--js-flags=--no-opt --single-threaded",
)
_started: list[tuple[Any, ExitStack]] = []


def shared_chromium() -> Any:
    """Returns the browser of Playwright that the tests of this process share."""
    if not _started:
        with ExitStack() as stack:
            driver = stack.enter_context(playwright.sync_playwright())
            chromium = driver.chromium.launch(executable_path=CHROMIUM, args=_OPTIONS)
            stack.callback(chromium.close)
            _started.append((chromium, stack.pop_all()))
    return _started[0][0]


def stop_chromium() -> None:
    """Stops the shared browser, whose event loop would be in the way of tests of `asyncio`."""
    while _started:
        _, stack = _started.pop()
        stack.close()
