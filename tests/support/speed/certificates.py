"""The certificates of authorities, which httpx reads for each client, also for one without TLS.

That takes 27 ms, longer than most requests to a server of a test.
"""

import os
import ssl
from functools import cache
from typing import Any

from httpx import create_ssl_context
from httpx._transports import default


def share_certificates() -> None:
    """Lets all clients that do not say what they trust share what is usually trusted."""
    default.create_ssl_context = _create_once  # type: ignore[attr-defined,assignment]


def _create_once(*, verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
    if verify is not True or cert is not None:
        return create_ssl_context(verify=verify, cert=cert, trust_env=trust_env)
    return _usual(trust_env, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _usual(trust_env: bool, _file: str | None, _folder: str | None) -> ssl.SSLContext:  # noqa: FBT001 - a key
    return create_ssl_context(trust_env=trust_env)
