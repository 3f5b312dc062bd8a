"""Reads the validators and the links in the headers of a response."""

from types import MappingProxyType

import httpx

from digest.sources.http.responses import Validators


def validators_in(headers: httpx.Headers) -> Validators:
    """Returns the validators; those that are not safe to send back count as absent."""
    etag, last_modified = (
        value if value and value.isascii() and value.isprintable() and len(value) <= 1000 else None
        for value in (headers.get("ETag"), headers.get("Last-Modified"))
    )
    return Validators(etag=etag, last_modified=last_modified)


def links_in(url: httpx.URL, headers: httpx.Headers) -> MappingProxyType[str, str]:
    """Returns the Link header (RFC 8288), without links to other hosts, which are not trusted."""
    targets: dict[str, str] = {}
    # httpx offers its parser of this header only as a property of a response.
    for link in httpx.Response(200, headers=headers).links.values():
        try:
            target = url.join(link.get("url", ""))
        except httpx.InvalidURL:
            continue
        if target.raw_host == url.raw_host and target.scheme == url.scheme:
            targets.setdefault(link.get("rel", "").lower(), str(target))
    return MappingProxyType(targets)
