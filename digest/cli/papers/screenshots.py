"""Takes screenshots of a message with a browser, at several widths, in light and dark."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from digest.errors import DigestError

WIDTHS = (320, 600, 1200)  # CSS pixels: a small phone, a mail window, a desktop
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
INSTALL_HINT = "for screenshots, install Chromium, and: pip install 'paper-digest[preview]'"

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_BROWSER_OPTIONS = (
    "--disable-gpu --no-first-run --disable-background-networking --disable-component-update"
)


def find_browser() -> str | None:
    """Returns the path of the browser; None if there is none, or Playwright is not installed."""
    import importlib.util

    if importlib.util.find_spec("playwright") is None:
        return None
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


def take_screenshots(html: Path, *, browser: str) -> Iterator[Path]:
    """Takes a screenshot of the whole page for each width and colour scheme.

    Args:
        html: the page. The files are written beside it, as in `digest-320-light.png`.
        browser: the path of the browser.

    Returns:
        The path of each file, once it is written.

    Raises:
        DigestError: the browser does not start, or cannot take a screenshot.
    """
    from playwright.sync_api import Error, sync_playwright

    # Chromium refuses to run as root with its sandbox. The page contains no scripts.
    args = [*_BROWSER_OPTIONS.split(), *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    try:
        with sync_playwright() as driver:
            chromium = driver.chromium.launch(executable_path=browser, args=args)
            # Mail programs run no scripts, so the page runs none either. A page of its own for each
            # picture would be another window, which takes longer than the picture.
            page = chromium.new_page(java_script_enabled=False)
            for width in WIDTHS:
                for scheme in SCHEMES:
                    # By `--window-size`, Chromium lays out no page narrower than 500 pixels. A
                    # viewport may be as narrow as a phone.
                    page.set_viewport_size({"width": width, "height": 900})
                    page.emulate_media(color_scheme=scheme)
                    page.goto(html.absolute().as_uri())
                    path = html.with_name(f"{html.stem}-{width}-{scheme}.png")
                    page.screenshot(path=path, full_page=True)
                    yield path
            chromium.close()
    except Error as error:
        reason = error.message.strip().splitlines()[0]
        raise DigestError(f"{browser}: cannot take a screenshot of {html}: {reason}") from error
