"""The golden messages in a real browser: on small and wide screens, in light and dark."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support.browser.chromium import IN_CHROMIUM

GOLDEN = Path(__file__).parents[3] / "data" / "mail"
FORMS = ("full", "one_paper", "empty", "welcome", "weekly", "long", "right_to_left")
THEMES = ("compact", "playful")
LANGUAGES = ("german", "pseudo", "pseudo_right_to_left")

pytestmark = IN_CHROMIUM

# Blocks with text, in page order: each must begin below the end of the previous one.
BLOCKS = """() => [...document.querySelectorAll('h1, h2, h3, p')]
    .map(e => ({box: e.getBoundingClientRect(), name: e.tagName + ' ' + e.innerText.slice(0, 40)}))
    .map(({box, name}) => ({top: box.top, bottom: box.bottom, left: box.left, right: box.right, name}))"""

# WCAG contrast of each element that has text, against the background of the page.
CONTRASTS = """() => {
    const light = color => {
        const [r, g, b] = color.match(/[\\d.]+/g).map(Number).slice(0, 3).map(v => v / 255)
            .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const paper = light(getComputedStyle(document.querySelector('.page')).backgroundColor);
    return [...document.querySelectorAll('.page *')]
        .filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
        .map(e => {
            const ink = light(getComputedStyle(e).color);
            const [high, low] = ink > paper ? [ink, paper] : [paper, ink];
            return {ratio: (high + 0.05) / (low + 0.05), text: e.innerText.slice(0, 40)};
        });
}"""


@pytest.fixture(scope="module")
def page(browser: Any) -> Iterator[Any]:
    """One page for all messages: a new one takes longer than a message."""
    opened = browser.new_page()
    yield opened
    opened.close()


def show(page: Any, form: str, *, width: int = 600, scheme: str = "light") -> str:
    """Shows a message on a screen of this width, and returns its address."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    address = (GOLDEN / f"{form}.html").as_uri()
    page.goto(address)
    return address


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(
    "form, width",
    [
        *((form, width) for form in (*FORMS, *THEMES) for width in (320, 600, 1200)),
        # Texts in other languages are longer, which shows on small screens.
        *((form, 320) for form in LANGUAGES),
    ],
)
def test_nothing_overlaps_or_exceeds_the_screen_and_all_text_is_readable(
    page: Any, form: str, width: int, scheme: str
) -> None:
    requests: list[str] = []

    def note(request: Any) -> None:
        requests.append(request.url)

    page.on("request", note)
    address = show(page, form, width=width, scheme=scheme)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    blocks = page.evaluate(BLOCKS)
    assert len(blocks) >= 4
    for above, below in pairwise(blocks):
        assert below["top"] >= above["bottom"] - 0.5, (above["name"], below["name"])
    assert [b["name"] for b in blocks if b["left"] < 16 or b["right"] > width - 16] == []
    assert max(b["right"] for b in blocks) - min(b["left"] for b in blocks) <= 640
    assert [c for c in page.evaluate(CONTRASTS) if c["ratio"] < 4.5] == []
    assert requests == [address]
    page.remove_listener("request", note)


@pytest.mark.parametrize("form", [*FORMS, *THEMES])
def test_axe_finds_no_serious_problem(page: Any, form: str, scheme: str) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    show(page, form, scheme=scheme)
    # Of the rules that passed, only the first element is described.
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    expected = {"color-contrast", "heading-order", "link-name"}
    if scheme == "dark":  # only the colours are different
        expected = {"color-contrast"}
        options["runOnly"] = ["color-contrast"]
    found = axe.Axe().run(page, options=options).response
    assert {item["id"] for item in found["passes"]} >= expected
    serious = [item for item in found["violations"] if item["impact"] in ("serious", "critical")]
    assert [(item["id"], item["nodes"][0]["html"]) for item in serious] == []
    # The outer element of MJML is not a landmark, but everything inside it is in one.
    assert {item["id"] for item in found["violations"]} <= {"region"}


def test_a_dark_screen_shows_a_dark_message(page: Any) -> None:
    backgrounds = []
    for scheme in ("light", "dark"):
        show(page, "full", scheme=scheme)
        backgrounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert backgrounds == ["rgb(255, 255, 255)", "rgb(20, 23, 26)"]


def test_right_to_left_papers_are_right_aligned(page: Any) -> None:
    show(page, "right_to_left")
    titles = page.evaluate("""() => [...document.querySelectorAll('h3')].map(e => {
        const text = document.createRange(); text.selectNodeContents(e);
        return [getComputedStyle(e).direction, e.getBoundingClientRect().right - text.getBoundingClientRect().right];
    })""")
    assert [direction for direction, _ in titles] == ["rtl", "rtl"]
    assert max(gap for _, gap in titles) < 2


def test_links_are_large_enough_for_a_thumb(browser: Any) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 900}, has_touch=True)
    page.goto((GOLDEN / "full.html").as_uri())
    heights = page.evaluate(
        "() => [...document.querySelectorAll('p > a.link')].map(e => e.getBoundingClientRect().height)"
    )
    assert heights
    assert min(heights) >= 36
    page.close()
