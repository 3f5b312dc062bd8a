"""Whether the world reaches `digest serve` of this installation at DIGEST_BASE_URL.

Not by the client of the sources: that one refuses addresses inside the network, where a
site's own name often leads.
"""

import http.client
import json
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.app.message_headers import PAGE
from digest.core.subscribers import signed_tokens

_MOST = 10_000  # bytes of an answer
_DEAD = "A" * 11 + "." + "A" * 22  # the shape of a token, and none


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """What was found at the base URL."""

    ok: bool
    problem: str = ""  # what is wrong, and what to do; empty if nothing is


def probe(
    base_url: str, *, keys: tuple[bytes, ...], challenge: str, timeout: float = 10
) -> ProbeResult:
    """Asks the site for a proof that it is this installation, then tries a one-click POST.

    Args:
        base_url: DIGEST_BASE_URL.
        keys: of this installation.
        challenge: 16 to 64 random letters and digits.
        timeout: seconds for each answer.
    """
    try:
        wrong = _health(base_url, keys=keys, challenge=challenge, timeout=timeout)
        if wrong is not None:
            return wrong
        status, _, headers = _ask(
            base_url, "POST", PAGE + _DEAD, timeout, body="List-Unsubscribe=One-Click"
        )
    except (OSError, http.client.HTTPException, ValueError) as error:
        return _bad(
            f"{base_url} cannot be reached: {error}", "check DNS, the certificate, the port"
        )
    if status != 200:
        return _bad(
            f"{base_url}{PAGE}: a one-click POST is answered with {status}",
            "mail providers follow no redirect and log in nowhere (RFC 8058): let POST through",
        )
    if "set-cookie" in {name.lower() for name, _ in headers}:
        return _bad(f"{base_url}{PAGE}: the answer sets a cookie", "let the web server set none")
    return ProbeResult(ok=True)


def _health(
    base_url: str, *, keys: tuple[bytes, ...], challenge: str, timeout: float
) -> ProbeResult | None:
    """What is wrong with /healthz; None if it is this installation's, and well."""
    status, body, _ = _ask(base_url, "GET", f"/healthz?challenge={challenge}", timeout)
    if status not in (200, 503):
        return _bad(f"{base_url}/healthz answers {status}, not 200", "start `digest serve`")
    said = _json(body)
    answer = str(said.get("proof", ""))
    if not any(
        signed_tokens.constant_time_equal(answer, signed_tokens.proof_of_key(challenge, secret=key))
        for key in keys
    ):
        return _bad(
            f"{base_url}/healthz is answered by something else, or with another DIGEST_SECRET",
            "let the web server pass everything below this address to `digest serve`",
        )
    if status == 503:
        return _bad(f"{base_url}/healthz: {said.get('status')}", "see digest status")
    return None


def _ask(
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
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    try:
        connection.request(method, parts.path + path, body=body, headers=kind)
        answer = connection.getresponse()
        return answer.status, answer.read(_MOST), answer.getheaders()
    finally:
        connection.close()


def _json(body: bytes) -> dict[str, object]:
    try:
        loaded = json.loads(body)
    except ValueError:
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _bad(problem: str, remedy: str) -> ProbeResult:
    return ProbeResult(ok=False, problem=f"{problem}; {remedy}")
