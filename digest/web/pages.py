"""The web pages, rendered once at the start, because they are the same for every reader."""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from starlette.responses import HTMLResponse

NAMES = ("unsubscribe", "left", "paused", "resumed", "again", "later", "incomplete", "missing")

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


class Pages:
    """All web pages, rendered.

    Args:
        folders: template folders; a page is taken from the first folder that has it.
        list_name: the name of the digest.
    """

    def __init__(self, folders: Iterable[Path], *, list_name: str) -> None:
        environment = SandboxedEnvironment(
            loader=FileSystemLoader(list(folders)),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._pages = {
            name: environment.get_template(f"web/{name}.html").render(list_name=list_name)
            for name in NAMES
        }

    def answer(
        self, name: str, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> HTMLResponse:
        """Returns a page with headers against caching, indexing and leaks of its address."""
        page = self._pages[name]
        return HTMLResponse(
            page, status_code=status, headers={**_security_headers(page), **dict(headers or {})}
        )


def _security_headers(page: str) -> dict[str, str]:
    # With its hash, the style of the page is allowed, and no other.
    styles = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode('ascii')}'"
        for style in _STYLE.findall(page)
    )
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src {styles or chr(39) + 'none' + chr(39)};"
            " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "Referrer-Policy": "no-referrer",  # the address contains the token
        "X-Robots-Tag": "noindex, nofollow",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
