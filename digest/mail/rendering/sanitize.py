"""Feed text made harmless before a template sees it.

Control and bidirectional override characters go, every length is bounded, and only http and
https addresses become links.
"""

import re
from urllib.parse import urlsplit

from digest.core.text.display import direction
from digest.core.text.invisible import without_invisible

_URL = 600
_DIRECTION_WITHIN = 200  # characters; a text without any strong one among them is left to right


def clean(text: str) -> str:
    """The text on one line, without characters that could act on what is around it."""
    return " ".join(without_invisible(text).split())


def clip(text: str, limit: int) -> str:
    """The text in at most `limit` characters: cut between words where possible, with "…"."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    space = kept.rfind(" ")
    if space > limit // 2 and text[limit - 1] != " ":
        kept = kept[:space]
    return kept.rstrip(" ,;:.–—-") + "…"


def safe_url(url: str | None) -> str | None:
    """The address if it may stand in a link: http or https, a plain host, nothing invisible."""
    if url is None or len(url) > _URL or not url.isprintable() or re.search(r'[\s<>"\\^`{|}]', url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:  # such as an unclosed [ in the host
        return None
    # `https://arxiv.org@elsewhere.example` is made to deceive.
    return url if parts.scheme in ("http", "https") and host and "@" not in parts.netloc else None


def host(url: str) -> str:
    """The host that a safe address leads to, without "www."."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def is_rtl(text: str) -> bool:
    """Whether the text runs from right to left."""
    return direction(text[:_DIRECTION_WITHIN]) == "rtl"
