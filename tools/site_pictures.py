"""Draws every page of the site, on a phone and on a wide screen, for docs/site.md.

    pip install -e '.[test]' && python tools/site_pictures.py

Writes docs/images/pages-phone.png and docs/images/pages-wide.png. The pages come from a real server
with the sample papers of the demo, and the addresses from `tests/support/servers/site_addresses.py`,
so a new page is drawn as soon as the tests know it. Needs Chromium on the PATH.
"""

import io
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.servers import site_addresses  # noqa: E402 - found by the path above
from support.servers.readers_site import ReadersSite, opened, source_of  # noqa: E402

from digest.pipeline.collect import collect  # noqa: E402
from digest.sources.daily_papers import text_dump  # noqa: E402

SAMPLES = ROOT / "digest" / "demo" / "samples"
IMAGES = ROOT / "docs" / "images"
KEYWORDS = "KV cache\nspeculative decoding\nquantization\nweather model"
BACKGROUND, INK = (236, 236, 232), (60, 60, 60)
GAP, LABEL = 16, 22  # pixels
COLOURS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A picture with many pages side by side."""

    name: str
    width: int  # of the window, in CSS pixels
    height: int
    scale: float
    columns: int


SHEETS = (
    Sheet(name="pages-phone", width=390, height=844, scale=0.5, columns=6),
    Sheet(name="pages-wide", width=1200, height=820, scale=0.3, columns=4),
)


def main() -> None:
    """Writes the pictures."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.exit("no Chromium on the PATH")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        with opened(Path(folder) / "home", more=site_addresses.SETTINGS) as site:
            shown = list(_pages(site))
            for sheet in SHEETS:
                page = browser.new_page(viewport={"width": sheet.width, "height": sheet.height})
                _draw(sheet, page, shown)
                page.close()
        browser.close()


def _pages(site: ReadersSite) -> Iterator[tuple[str, str]]:
    """Yields the route and an address of each page that readers see."""
    now = site.place.now[0]
    for file in sorted(SAMPLES.glob("*.txt")):
        shown = text_dump.parse(
            file.read_bytes(), source="demo", origin=file.name, modified=None, now=now
        )
        collect(site.place.app.store, [source_of(shown)], now=now)
    number = site.subscribe(keywords0=KEYWORDS)
    site_addresses.fill(site, number)
    for route, paths in site_addresses.EXAMPLES.items():
        if route in site_addresses.NO_PAGES or route.endswith(".json"):
            continue
        # Without the search, which finds nothing.
        yield route, f"{site.url}{next(iter(paths(site, number)))}".partition("?")[0]


def _draw(sheet: Sheet, page: Page, shown: list[tuple[str, str]]) -> None:
    width, height = round(sheet.width * sheet.scale), round(sheet.height * sheet.scale)
    rows = -(-len(shown) // sheet.columns)
    size = (
        GAP + sheet.columns * (width + GAP),
        GAP + rows * (height + LABEL + GAP),
    )
    picture = Image.new("RGB", size, BACKGROUND)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    for place, (route, address) in enumerate(shown):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        left = GAP + place % sheet.columns * (width + GAP)
        top = GAP + place // sheet.columns * (height + LABEL + GAP)
        pen.text((left, top), route, fill=INK, font=font)
        picture.paste(shot.resize((width, height), Image.Resampling.LANCZOS), (left, top + LABEL))
    file = IMAGES / f"{sheet.name}.png"
    picture.quantize(COLOURS).save(file, optimize=True)
    print(f"{file.relative_to(ROOT)}: {len(shown)} pages, {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
