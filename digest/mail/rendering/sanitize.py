"""Makes text from sources safe before a template sees it.

Removes control and bidirectional override characters, limits lengths, and allows only http and
https addresses in links.
"""

import re
from functools import lru_cache
from urllib.parse import urlsplit

from digest.core.text.invisible import without_invisible

_URL = 600
# The characters that run from right to left (Unicode's classes R and AL) are among these.
_MAY_BE_RTL = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]+")
_DIRECTION_PREFIX = 200  # characters that decide the direction; left to right if none is strong


def clean(text: str) -> str:
    """Returns the text on one line, without characters that could affect the text around it."""
    return " ".join(without_invisible(text).split())


def clip(text: str, limit: int) -> str:
    """Shortens the text to at most `limit` characters, between words if possible, with "…"."""
    if len(text) <= limit:
        return text
    start = text[: limit - 1]
    space = start.rfind(" ")
    if space > limit // 2 and text[limit - 1] != " ":
        start = start[:space]
    return start.rstrip(" ,;:.–—-") + "…"


def safe_url(url: str | None) -> str | None:
    """Returns the address if it is safe in a link, else None.

    Safe: http or https, a host without a user name, and no invisible characters.
    """
    if url is None or len(url) > _URL or not url.isprintable() or re.search(r'[\s<>"\\^`{|}]', url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:  # such as an unclosed [ in the host
        return None
    # `https://arxiv.org@elsewhere.example` leads to elsewhere.example, which readers overlook.
    return url if parts.scheme in ("http", "https") and host and "@" not in parts.netloc else None


def safe_link(url: str | None) -> str | None:
    """Returns the same as `safe_url`, faster for many addresses that differ in their last part."""
    if url is None:
        return None
    folder, slash, last = url.rpartition("/")
    # Such a last part makes no safe address unsafe.
    if _PLAIN_NAME.fullmatch(last) and len(url) <= _URL and _is_safe(folder + slash):
        return url
    return safe_url(url)


@lru_cache(maxsize=100)
def _is_safe(url: str) -> bool:
    return safe_url(url) is not None


def host(url: str) -> str:
    """Returns the host of a safe address, without "www."."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def is_rtl(text: str) -> bool:
    """Whether the text runs from right to left."""
    if text.isascii() or not _MAY_BE_RTL.search(text):  # most texts
        return False
    # Imported here: what only builds headers needs no patterns for TeX.
    from digest.core.text.display import direction

    return direction(text[:_DIRECTION_PREFIX]) == "rtl"
