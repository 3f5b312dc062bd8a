"""The headers of every page: against injected code, framing, caching and leaks of its address."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence

# Pages of the operator's own templates may have a style of their own.
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def security_headers(page: str, *, script: bool, frames: Sequence[str] = ()) -> dict[str, str]:
    """Returns the headers of a page.

    Args:
        page: its HTML.
        script: whether it may run the script of the site, and ask the site with it.
        frames: the sites whose pages may show it in a frame; none: nobody's.
    """
    # With its hash, a style in the page is allowed, and no other.
    styles = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode('ascii')}'"
        for style in _STYLE.findall(page)
    )
    scripts = " script-src 'self'; connect-src 'self';" if script else ""
    ancestors = " ".join(frames) or "'none'"
    headers = {
        "Content-Security-Policy": (
            f"default-src 'none'; img-src data:; style-src 'self'{f' {styles}' if styles else ''};{scripts}"
            f" form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
        ),
        "Referrer-Policy": "no-referrer",  # the address contains the token
        "X-Robots-Tag": "noindex, nofollow",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "cross-origin" if frames else "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cache-Control": "no-store",
    }
    # For browsers that do not know frame-ancestors; it cannot name other sites.
    return headers if frames else {**headers, "X-Frame-Options": "DENY"}


def operator_headers(page: str, *, shows_frame: bool) -> dict[str, str]:
    """Returns the headers of one of the operator's pages.

    Args:
        page: its HTML.
        shows_frame: whether it shows another page of the site in a frame.
    """
    headers = security_headers(page, script=False)
    if shows_frame:
        headers["Content-Security-Policy"] += "; frame-src 'self'"
    # With a referrer for the site itself, browsers send the origin of a form, which is checked.
    return {**headers, "Referrer-Policy": "same-origin"}


def previewed_message_headers() -> dict[str, str]:
    """Returns the headers of a message that is shown in a frame of the site.

    A message has its styles in it. It runs nothing, sends nothing, and leads out of its frame nowhere.
    """
    return {
        "Content-Security-Policy": (
            "default-src 'none'; img-src data: https:; style-src 'unsafe-inline'; sandbox;"
            " form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def redirect_headers() -> dict[str, str]:
    """Returns the headers of a redirect, whose address contains a token."""
    return {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


def file_headers(name: str, *, public: bool) -> dict[str, str]:
    """Returns the headers of a file to download.

    Args:
        name: of the file, ASCII.
        public: the file is for everybody.
    """
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        **data_headers(),
        "Cache-Control": "no-store",
    }
    return public_headers(headers) if public else headers


def data_headers() -> dict[str, str]:
    """Returns the headers of what is no page, such as a feed."""
    return {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def public_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Returns the same headers for a page that everybody may read, index and keep for a while."""
    others = {name: value for name, value in headers.items() if name != "X-Robots-Tag"}
    return {**others, "Cache-Control": "public, max-age=600"}
