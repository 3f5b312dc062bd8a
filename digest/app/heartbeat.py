"""The heartbeat: an address that is fetched after a good run.

A monitor elsewhere raises the alarm when it stays away. That is the one alarm that also
comes when the machine, the scheduler or the way to the mail server is gone.
"""

import time
from random import random

from digest.errors import DigestError
from digest.sources.http.responses import FetchError
from digest.version import __version__

SECONDS = 20.0  # for all of it: the run is over and should end


def beat(url: str, *, contact: str) -> str:
    """Fetches the address; what is answered does not matter.

    Args:
        url: http or https; it may be inside the network, as the operator wrote it.
        contact: whom the monitor's keeper can ask.

    Returns:
        Why it could not be fetched, without the address; empty if it was.
    """
    from digest.sources.http.client import Client, user_agent

    client = Client(
        user_agent=user_agent(__version__, contact=contact),
        sleep=time.sleep,
        clock=time.monotonic,
        jitter=random,
        timeout=SECONDS / 2,
        total=SECONDS,
        max_raw=1_000_000,
        max_decoded=1_000_000,
    )
    try:
        client.get(url, trusted=True)
    except FetchError as error:
        if error.status is not None and 200 <= error.status < 300:
            return ""  # such as 204, which says nothing and means well
        return f"{error.reason} (DIGEST_HEARTBEAT_URL)"
    except DigestError as error:
        return str(error)
    return ""
