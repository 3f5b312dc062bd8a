"""What every page of the web server must be for all readers, checked in Chromium."""

from typing import Any

import pytest

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

WIDTHS = (320, 390, 768, 1400)  # CSS pixels: two phones, a tablet, a desktop
_SMALLEST = 44  # CSS pixels: the height of what a thumb can press


def assert_accessible(page: Any, **options: object) -> None:
    """Axe finds nothing on the page.

    Args:
        page: the page of Playwright.
        **options: the options of `axe.run`.
    """
    # A page keeps the script of axe until it is left.
    checker = axe.Axe("null") if page.evaluate("'axe' in window") else axe.Axe()
    # Without `resultTypes`, axe also describes each element that passed.
    results = checker.run(page, options={"resultTypes": ["violations"], **options})
    assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"


def assert_usable(page: Any, *, pressed: str = "button:not(.trap), a.button, select") -> None:
    """The page is accessible in light and dark, fits on every screen, and can be pressed.

    Both colour schemes are checked on the same page: they differ in their colours alone.

    Args:
        page: the page of Playwright, in light.
        pressed: the selector of what must be large enough to press.
    """
    assert_accessible(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{page.url} at {width}"
    small = page.evaluate(
        "([selector, smallest]) => [...document.querySelectorAll(selector)]"
        ".filter(e => e.checkVisibility() && e.getBoundingClientRect().height < smallest)"
        ".map(e => e.outerHTML)",
        [pressed, _SMALLEST],
    )
    assert small == [], page.url
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light, page.url
    assert_accessible(page, runOnly=["color-contrast"])
    page.emulate_media(color_scheme="light")
