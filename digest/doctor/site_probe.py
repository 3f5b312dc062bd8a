"""Probes whether DIGEST_BASE_URL leads to `digest serve` of this installation.

It does not use the HTTP client of the sources, which refuses private addresses: inside a
network, the public name of a site often resolves to one.
"""

import http.client
import json
import ssl
from urllib.parse import urlsplit

from msgspec import Struct

from digest.app.messages.message_headers import UNSUBSCRIBE_PATH
from digest.core.subscribers import signed_tokens

_MAX_RESPONSE = 10_000  # bytes
_NO_SUBSCRIPTION = 0  # an id that no subscription has: its token is valid and changes nothing


class ProbeResult(Struct, frozen=True, kw_only=True):
    """Whether the site works, and if not, why."""

    ok: bool
    problem: str = ""  # what is wrong, and what to do; empty if the site works


def probe(
    base_url: str, *, keys: tuple[bytes, ...], challenge: str, timeout: float = 10
) -> ProbeResult:
    """Asks the site for a proof that it is this installation, then tries a one-click POST.

    Args:
        base_url: DIGEST_BASE_URL.
        keys: the keys of this installation, one of which must sign the proof.
        challenge: 16 to 64 random letters and digits.
        timeout: seconds for each response.
    """
    try:
        # First who answers: a one-click POST to the site of somebody else would prove nothing.
        key = _check_health(base_url, keys=keys, challenge=challenge, timeout=timeout)
        if isinstance(key, ProbeResult):
            return key
        token = signed_tokens.sign(signed_tokens.UNSUBSCRIBE, _NO_SUBSCRIPTION, secret=key)
        status, _, headers = _request(
            base_url,
            "POST",
            UNSUBSCRIBE_PATH + token,
            timeout,
            body="List-Unsubscribe=One-Click",
        )
    except (OSError, http.client.HTTPException, ValueError) as error:
        return _failure(
            f"{base_url} cannot be reached: {error}", "check DNS, the certificate, the port"
        )
    # Redirects and logins are what web servers most often put in front of a path.
    if status != 200:
        return _failure(
            f"{base_url}{UNSUBSCRIBE_PATH}: a one-click POST is answered with {status}",
            "mail providers follow no redirect and log in nowhere (RFC 8058): let POST through",
        )
    if "set-cookie" in {name.lower() for name, _ in headers}:
        return _failure(
            f"{base_url}{UNSUBSCRIBE_PATH}: the answer sets a cookie", "let the web server set none"
        )
    return ProbeResult(ok=True)


def _check_health(
    base_url: str, *, keys: tuple[bytes, ...], challenge: str, timeout: float
) -> ProbeResult | bytes:
    """Returns what is wrong with /healthz; if nothing, the key with which the site signs."""
    status, body, _ = _request(base_url, "GET", f"/healthz?challenge={challenge}", timeout)
    # 503 is an answer of our own site: it is reachable, but something is wrong behind it.
    if status not in (200, 503):
        return _failure(f"{base_url}/healthz answers {status}, not 200", "start `digest serve`")
    health = _json(body)
    proof = str(health.get("proof", ""))
    # After a change of DIGEST_SECRET the site may still sign with the old one.
    signing = [
        key
        for key in keys
        if signed_tokens.constant_time_equal(
            proof, signed_tokens.proof_of_key(challenge, secret=key)
        )
    ]
    if not signing:
        return _failure(
            f"{base_url}/healthz is answered by something else, or with another DIGEST_SECRET",
            "let the web server pass everything below this address to `digest serve`",
        )
    if status == 503:
        return _failure(f"{base_url}/healthz: {health.get('status')}", "see digest status")
    return signing[0]


def _request(
    base_url: str, method: str, path: str, timeout: float, body: str | None = None
) -> tuple[int, bytes, list[tuple[str, str]]]:
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            host, parts.port, timeout=timeout, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=timeout)
    request_headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    try:
        connection.request(method, parts.path + path, body=body, headers=request_headers)
        response = connection.getresponse()
        return response.status, response.read(_MAX_RESPONSE), response.getheaders()
    finally:
        connection.close()


def _json(body: bytes) -> dict[str, object]:
    try:
        loaded = json.loads(body)
    except ValueError:
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _failure(problem: str, remedy: str) -> ProbeResult:
    return ProbeResult(ok=False, problem=f"{problem}; {remedy}")
