"""Pictures of a letter, taken by a browser: what a phone and a desk show, by day and by night."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from digest.errors import DigestError

WIDTHS = (320, 600, 1200)  # CSS pixels: a small phone, a column, a desk
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
HINT = "for pictures of it: pip install 'paper-digest[preview]', and Chromium on the PATH"

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_QUIET = "--disable-gpu --no-first-run --disable-background-networking --disable-component-update"


def browser() -> str | None:
    """The browser's path; None if there is none, or nothing to drive it with."""
    import importlib.util

    if importlib.util.find_spec("playwright") is None:
        return None
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


def take(html: Path, *, browser: str) -> Iterator[Path]:
    """Writes `digest-320-light.png` and so on beside the HTML, the whole letter in each.

    Raises:
        DigestError: the browser does not start, or takes no picture.
    """
    from playwright.sync_api import Error, sync_playwright

    # A browser refuses to run as root unless its sandbox is off; the page holds no scripts.
    args = [*_QUIET.split(), *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    try:
        with sync_playwright() as driver:
            chromium = driver.chromium.launch(executable_path=browser, args=args)
            for width in WIDTHS:
                for scheme in SCHEMES:
                    page = chromium.new_page(
                        viewport={"width": width, "height": 900},
                        color_scheme=scheme,
                        java_script_enabled=False,
                    )
                    page.goto(html.absolute().as_uri())
                    path = html.with_name(f"{html.stem}-{width}-{scheme}.png")
                    page.screenshot(path=path, full_page=True)
                    page.close()
                    yield path
            chromium.close()
    except Error as error:
        reason = error.message.strip().splitlines()[0]
        raise DigestError(f"{browser}: no picture of {html}: {reason}") from error
