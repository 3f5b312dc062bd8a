"""How long digests of real papers are on a phone, and how large: each theme, daily and weekly.

    python benchmarks/parts/mail_heights.py [FOLDER]

FOLDER as for mail_sizes.py, whose digests these are: 15 papers in three topics, each with links for
feedback. Heights in CSS pixels on a screen 390 wide, in Chromium with the fonts of this machine;
contrast as WCAG 2.2 computes it, the least of all texts of a message, in light and in dark.

Last seen: see benchmarks/README.md.
"""

import shutil
import statistics
import sys
from typing import Any

from benchmarks.parts.mail_sizes import NOW, edition, folder, papers
from digest.core.models.editions import Edition
from digest.core.signup.reader_links import FeedbackUrls
from digest.mail.rendering.renderer import Renderer
from digest.mail.theming.theme import built_in, built_in_names

WIDTH, WANTED_HEIGHT, WANTED_CONTRAST = 390, 4_500, 4.5
PAPERS, DIGESTS = 15, 40
CONTRASTS = """() => {
    const light = color => {
        const [r, g, b] = color.match(/[\\d.]+/g).map(Number).slice(0, 3).map(v => v / 255)
            .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const paper = light(getComputedStyle(document.querySelector('.page')).backgroundColor);
    return Math.min(...[...document.querySelectorAll('.page *')]
        .filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
        .map(e => {
            const ink = light(getComputedStyle(e).color);
            const [high, low] = ink > paper ? [ink, paper] : [paper, ink];
            return (high + 0.05) / (low + 0.05);
        }));
}"""


def html_of(renderer: Renderer, content: Edition, *, weekly: bool) -> str:
    """The HTML part of a digest, as it goes out."""
    return renderer.render(
        content,
        list_name="Paper Digest",
        reader_name="Maren",
        unsubscribe="mailto:digest@example.org?subject=unsubscribe%20AAAAAAAAAAE.nc1LR_37qlG0ipUZy",
        profile_name="profiles/maren.toml",
        weekly=weekly,
        feedback=FeedbackUrls("https://digest.example.org", 1, at=NOW, secret=b"k" * 32).of,
    ).html


def main() -> None:
    """Measure and print."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    days = folder()
    if program is None or not days.is_dir():
        sys.exit(f"needs Chromium on the PATH, and days in {days}")
    known = papers(days)
    step = max(1, (len(known) - PAPERS) // DIGESTS)
    digests = [edition(known[at : at + PAPERS]) for at in range(0, len(known) - PAPERS, step)]
    print(f"{len(digests)} digests of {PAPERS} papers, {WIDTH} pixels wide")
    print("theme     form    height: median  max     bytes: max  least contrast: light  dark")
    failed = False
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 800})
        for name in built_in_names():
            renderer = Renderer(theme=built_in(name))
            for weekly in (False, True):
                failed |= _measure(
                    page,
                    name,
                    [html_of(renderer, one, weekly=weekly) for one in digests],
                    weekly=weekly,
                )
        browser.close()
    sys.exit(1 if failed else 0)


def _measure(page: Any, name: str, messages: list[str], *, weekly: bool) -> bool:
    """Prints a line; returns whether a message is too long or too pale."""
    heights: list[int] = []
    least = {"light": 99.0, "dark": 99.0}
    for html in messages:
        page.set_content(html)
        heights.append(page.evaluate("document.documentElement.scrollHeight"))
        for scheme, ratio in least.items():
            page.emulate_media(color_scheme=scheme)
            least[scheme] = min(ratio, page.evaluate(CONTRASTS))
    size = max(len(html.encode()) for html in messages)
    print(
        f"{name:9} {'weekly' if weekly else 'daily':7} {statistics.median(heights):14.0f}  {max(heights):<7}"
        f" {size:10}  {least['light']:21.2f}  {least['dark']:.2f}"
    )
    return max(heights) > WANTED_HEIGHT or min(least.values()) < WANTED_CONTRAST


if __name__ == "__main__":
    main()
