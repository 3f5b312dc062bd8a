"""Where a request comes from: for which host, from which site, from which network."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request

from digest.core.signup.limits import client_behind, network_of


def is_own_host(request: Request, base_url: str) -> bool:
    """Whether a request is for this site.

    A proxy may pass on its own name for this program: an IP address, or a name without a dot. A
    name with dots must be that of the base URL, so that no other name leads to the pages.
    """
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    if host == urlsplit(base_url).hostname or "." not in host:
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_from_elsewhere(request: Request) -> bool:
    """Whether a browser says that the page of another site sends this request.

    Browsers send no useful Origin from pages without a referrer, so Sec-Fetch-Site decides (Fetch
    Metadata Request Headers, W3C). Programs that send none have no reader's rights to abuse.
    """
    return request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none")


def is_from_own_page(request: Request, base_url: str) -> bool:
    """Whether a browser says that a page of this site sends this request.

    The operator's pages let browsers send the origin, so its absence is refused too. A proxy may have
    passed on another host, so the host of the base URL counts as well.
    """
    if is_from_elsewhere(request):
        return False
    origin = urlsplit(request.headers.get("origin", ""))
    own = {urlsplit(base_url).netloc.lower(), request.headers.get("host", "").lower()}
    return origin.scheme in ("http", "https") and origin.netloc.lower() in own - {""}


def client_network(request: Request, trusted: tuple[str, ...]) -> str | None:
    """Returns the network from which a request comes; None if it is unknown."""
    peer = request.client.host if request.client else None
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
    return network_of(client_behind(peer, forwarded, trusted))
