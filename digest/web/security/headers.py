"""The headers of every page: against injected code, framing, caching and leaks of its address."""

import base64
import hashlib
import re
from collections.abc import Sequence

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


def redirect_headers() -> dict[str, str]:
    """Returns the headers of a redirect, whose address contains a token."""
    return {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
