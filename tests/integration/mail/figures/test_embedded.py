"""Pictures from servers on loopback, normal and hostile, in real messages."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from support.builders import TODAY, candidate, paper
from support.servers.hostile_server import Answer, Internet, Server, answer, endless, redirect

from digest.app.rendering.figures import BUDGET, EmbeddedFigures, fetcher, linked
from digest.core.models.editions import Edition, EditionEntry, Section
from digest.core.models.papers import PaperLink
from digest.mail.figures.scaling import MAX_EMBEDDED
from digest.mail.rendering.renderer import RenderedContent, Renderer
from digest.sources.http.client import Client
from digest.sources.http.responses import FetchError

pytest.importorskip("PIL", reason="Pillow is not installed")

from PIL import Image

NAMES = {"pictures.example": ["93.184.215.14"], "intranet.example": ["10.1.2.3"]}
URL = "http://pictures.example/p.png"


def picture(form: str = "PNG", size: tuple[int, int] = (1200, 648), **options: Any) -> bytes:
    out = BytesIO()
    Image.radial_gradient("L").resize(size).convert("RGB").save(out, form, **options)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of some kilobytes that has 20,000 by 20,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    side = 20_000
    rows = zlib.compress(b"\0" * (side // 8 + 1) * side, 9)
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def served(*answers: Answer) -> tuple[EmbeddedFigures, Server]:
    server = Server(*answers)
    now = [0.0]
    client = Client(
        user_agent="Test/1",
        sleep=lambda _: None,
        clock=lambda: now[0],
        jitter=lambda: 0.5,
        resolve=lambda host, _: NAMES.get(host, [host]),
        backend=Internet({"93.184.215.14": server}),
        max_raw=2_100_000,
    )
    return EmbeddedFigures(fetcher(client), domain="d.example", clock=lambda: now[0]), server


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_is_scaled_and_encoded_again(form: str) -> None:
    figures, server = served(answer(picture(form)))
    with server:
        first, again = figures(URL), figures(URL)
    assert first is again
    assert len(server.requests) == 1
    assert first is not None
    assert first.attachment is not None
    assert (first.width, first.attachment.media_type) == (560, "image/jpeg")
    assert first.address == f"cid:{first.attachment.content_id}"
    assert len(first.attachment.data) <= MAX_EMBEDDED
    with Image.open(BytesIO(first.attachment.data)) as shown:
        assert (shown.format, shown.size) == ("JPEG", (1120, 605))


@pytest.mark.parametrize(
    "given, reason",
    [
        (lambda: answer(b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"), "not a PNG"),
        (lambda: answer(b"<html>Sign in</html>"), "not a PNG"),
        (lambda: answer(bomb()), "too large"),
        (lambda: answer(picture(size=(32, 32))), "an icon"),
        (lambda: answer(picture()[:-3000]), "cannot be decoded"),
        (lambda: redirect("http://intranet.example/p.png"), "intranet"),
        (lambda: redirect("http://127.0.0.1/p.png"), "127.0.0.1"),
        (lambda: endless(b"HTTP/1.1 200 OK\r\n\r\n\x89PNG\r\n\x1a\n", b"\0" * 65536), "bytes"),
        (lambda: answer(b"", status="404 Not Found"), "404"),
    ],
    ids=["svg", "html", "bomb", "icon", "cut", "inside", "loopback", "endless", "missing"],
)
def test_a_hostile_picture_is_refused_with_a_reason_and_the_digest_goes_out(
    given: Callable[[], Answer], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    figures, server = served(given())
    with server:
        content = render(Renderer(figures=figures), "https://pictures.example/p.png", figures)
    assert "Best paper" in content.html
    assert "<img" not in content.html
    assert content.attachments == ()
    (record,) = [item for item in caplog.records if item.name == "digest.figures"]
    assert record.getMessage() == "picture not shown"
    assert reason in record.fields["error"]  # type: ignore[attr-defined]


def render(renderer: Renderer, url: str, figures: EmbeddedFigures | None = None) -> RenderedContent:
    if figures is not None:  # the servers on loopback speak http
        original = figures._fetch
        figures._fetch = lambda address: original(address.replace("https:", "http:"))
    item = paper("Best paper", links=(PaperLink(rel="thumbnail", url=url),))
    entry = EditionEntry(candidate=candidate(item), score=90.0)
    return renderer.render(
        Edition(local_date=TODAY, sections=(Section(topic="T", entries=(entry,)),), matched=1),
        list_name="D",
        reader_name="",
        unsubscribe=None,
        profile_name=None,
    )


def test_an_embedded_picture_is_attached_and_has_an_alternative_text() -> None:
    figures, server = served(answer(picture()))
    with server:
        content = render(Renderer(figures=figures), "https://pictures.example/p.png", figures)
    (attached,) = content.attachments
    assert f'<img src="cid:{attached.content_id}" width="560"' in content.html
    assert 'alt="Picture of “Best paper”"' in content.html
    assert len(content.html.encode()) < 90_000


def test_a_linked_picture_is_loaded_from_its_site_over_https_only() -> None:
    renderer = Renderer(figures=linked)
    assert '<img src="https://x.example/p.png"' in render(renderer, "https://x.example/p.png").html
    for url in ("http://x.example/p.png", 'https://x.example/"><script>', "javascript:alert(1)"):
        assert "<img" not in render(renderer, url).html


def test_without_the_setting_no_picture_is_shown() -> None:
    assert "<img" not in render(Renderer(), "https://x.example/p.png").html


def test_pictures_that_take_too_long_in_all_are_no_more_fetched() -> None:
    now = [0.0]
    asked: list[str] = []

    def slow(url: str) -> bytes:
        asked.append(url)
        now[0] += BUDGET / 2
        return b""

    figures = EmbeddedFigures(slow, domain="d.example", clock=lambda: now[0])
    for number in range(5):
        assert figures(f"https://x.example/{number}") is None
    assert len(asked) == 2


def test_a_host_that_cannot_be_reached_is_asked_once_in_a_run() -> None:
    asked: list[str] = []

    def unreachable(url: str) -> bytes:
        asked.append(url)
        raise FetchError(url, "no address", status=404 if "missing" in url else None)

    figures = EmbeddedFigures(unreachable, domain="d.example", clock=lambda: 0.0)
    for name in ("missing", "1", "2"):
        assert figures(f"https://x.example/{name}") is None
    assert figures("https://y.example/3") is None
    assert asked == ["https://x.example/missing", "https://x.example/1", "https://y.example/3"]


def test_the_theme_refuses_embedded_pictures_without_pillow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from digest.errors import SettingsError
    from digest.mail.figures import scaling
    from digest.mail.theming import theme

    file = tmp_path / "theme.toml"
    file.write_text('images = "embedded"\n', encoding="utf-8")
    assert theme.read(file).images == "embedded"
    monkeypatch.setattr(scaling, "can_scale", lambda: False)
    with pytest.raises(SettingsError, match="needs Pillow: pip install"):
        theme.read(file)
