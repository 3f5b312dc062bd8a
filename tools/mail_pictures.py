"""Draws the pictures of the message in the README and docs/mail.md.

    pip install -e '.[test]' && python tools/mail_pictures.py

Writes docs/images/digest.png, themes.png and dark-and-picture.png. The messages are those of a home with the
invented papers of `mail_pictures.jsonl`. Needs Chromium on the PATH.
"""

import base64
import io
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PAPERS = Path(__file__).with_suffix(".jsonl")
IMAGES = ROOT / "docs" / "images"
PHONE, WIDE = 390, 720  # CSS pixels
BACKGROUND = (230, 234, 236)
GAP, CORNER = 28, 12  # pixels
COLOURS = 160
DENSITY = 1.25  # pixels for each CSS pixel

SETTINGS = """\
DIGEST_FROM=Paper Digest <digest@lab.example>
DIGEST_BASE_URL=https://digest.lab.example
DIGEST_DELIVERY=file:out
DIGEST_ENRICH=off
"""
SOURCES = '[[sources]]\nname = "papers"\nkind = "jsonl"\npath = "papers"\n'
PROFILE = """\
max_papers = 8
theme = "{theme}"

[[topics]]
name = "Efficient inference"
keywords = ["KV cache", "speculative decoding", "quantization"]
authors = ["Priya Raman"]

[[topics]]
name = "Agents"
keywords = ["LLM agents", "tool use"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A message on one screen."""

    theme: str = "calm"
    width: int = PHONE
    scheme: str = "light"
    with_picture: bool = False  # of the first paper


PICTURES = {
    "digest": (940, (Shot(width=WIDE), Shot())),
    "themes": (900, (Shot(), Shot(theme="compact"), Shot(theme="playful"))),
    "dark-and-picture": (900, (Shot(scheme="dark"), Shot(with_picture=True))),
}
"""For each picture, the height of the screens, and what is on them."""


def main() -> None:
    """Writes the pictures."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.exit("no Chromium on the PATH")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, (height, shots) in PICTURES.items():
            screens = [_screen(browser, shot, height, Path(folder)) for shot in shots]
            _draw(name, screens)
        browser.close()


def _message(theme: str, folder: Path) -> str:
    """Returns the HTML of a digest in a theme."""
    home = folder / theme
    if not home.exists():
        (home / "papers").mkdir(parents=True)
        (home / "profiles").mkdir()
        (home / ".env").write_text(SETTINGS, "utf-8")
        (home / "sources.toml").write_text(SOURCES, "utf-8")
        (home / "profile.toml").write_text(PROFILE.format(theme=theme), "utf-8")
        add = ("subscribers", "add", "ada@lab.example", "--profile", "profile.toml")
        _digest(home, "2026-05-08", *add)
        first, *others = PAPERS.read_text("utf-8").splitlines(keepends=True)
        # The first digest has a welcome, and the pictures show the second one.
        for day, lines in (("2026-05-08", [first]), ("2026-05-11", others)):
            (home / "papers" / f"{day}.jsonl").write_text("".join(lines), "utf-8")
            shutil.rmtree(home / "out", ignore_errors=True)
            _digest(home, day, "run")
    (sent,) = (home / "out").glob("*.eml")
    html = message_from_bytes(sent.read_bytes(), policy=policy.default).get_body(("html",))
    return str(html.get_content()) if html else ""


def _digest(home: Path, day: str, *arguments: str) -> None:
    command = [sys.executable, "-m", "digest", "--home", str(home), *arguments]
    subprocess.run(  # noqa: S603 - our own program
        [*command, "--now", f"{day}T06:00Z"], check=True, capture_output=True, cwd=home
    )


def _screen(browser: Browser, shot: Shot, height: int, folder: Path) -> Image.Image:
    html = _message(shot.theme, folder)
    if shot.with_picture:
        # Before the first paper below the heading, where a theme with pictures has it.
        html = re.sub(r"(Top picks</h2>\s*</div>)", rf"\1{_figure()}", html, count=1)
    context = browser.new_context(
        viewport={"width": shot.width, "height": height},
        color_scheme="dark" if shot.scheme == "dark" else "light",
        device_scale_factor=DENSITY,
    )
    page = context.new_page()
    page.set_content(html)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    context.close()
    return picture


def _figure() -> str:
    """Returns an image of bars, as a paper may have."""
    picture = Image.new("RGB", (700, 330), (238, 242, 241))
    pen = ImageDraw.Draw(picture)
    for bar in range(11):
        left, height = 45 + bar * 57, 70 + int(135 * (1 - 0.72**bar))
        colour = (218, 165, 65) if bar in (0, 4, 8) else (10, 95, 115)
        pen.rounded_rectangle((left, 290 - height, left + 42, 290), 5, fill=colour)
    pen.line((30, 290, 675, 290), fill=(90, 90, 90), width=2)
    data = io.BytesIO()
    picture.save(data, "PNG")
    source = base64.b64encode(data.getvalue()).decode()
    return f'<img src="data:image/png;base64,{source}" alt="" width="100%" style="margin:16px 0 0">'


def _draw(name: str, screens: list[Image.Image]) -> None:
    width = GAP + sum(screen.width + GAP for screen in screens)
    picture = Image.new("RGB", (width, screens[0].height + 2 * GAP), BACKGROUND)
    left = GAP
    for screen in screens:
        mask = Image.new("L", screen.size, 0)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, *screen.size), CORNER, fill=255)
        picture.paste(screen, (left, GAP), mask)
        left += screen.width + GAP
    file = IMAGES / f"{name}.png"
    picture.quantize(COLOURS).save(file, optimize=True)
    print(f"{file.relative_to(ROOT)}: {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
