"""The heartbeat: fetches the URL of an external monitor after a successful run.

The monitor raises an alert when the heartbeat is missing. No other alert still works when the
machine, the scheduler or the connection to the mail server is down.
"""

import time
from random import random

from digest.errors import DigestError
from digest.sources.http.responses import FetchError
from digest.version import __version__

TIMEOUT = 20.0  # seconds for the whole request: the run is over and should end


def ping(url: str, *, contact: str) -> str:
    """Fetches the URL; the content of the response does not matter.

    Args:
        url: http or https. It may lead into the local network, since the operator chose it.
        contact: an address for the operator of the monitor; part of the user agent.

    Returns:
        Why the request failed, without the secret URL; empty if it succeeded.
    """
    from digest.sources.http.client import Client, user_agent

    client = Client(
        user_agent=user_agent(__version__, contact=contact),
        sleep=time.sleep,
        clock=time.monotonic,
        jitter=random,
        # An attempt that hangs leaves time for another one.
        timeout=TIMEOUT / 2,
        total=TIMEOUT,
        max_raw=1_000_000,
        max_decoded=1_000_000,
    )
    try:
        client.get(url, trusted=True)
    except FetchError as error:
        if error.status is not None and 200 <= error.status < 300:
            # Such as 204: a success, although the client expects a body.
            return ""
        return f"{error.reason} (DIGEST_HEARTBEAT_URL)"
    except DigestError as error:
        return str(error)
    return ""
