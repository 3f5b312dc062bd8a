"""Fetches the pictures of papers for messages with embedded pictures.

What cannot be fetched or is refused is logged with its reason; the message goes out without it.
"""

from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from digest.errors import DigestError
from digest.logs import get_logger
from digest.mail.figures.figure import Figure, FigureSource
from digest.mail.figures.headers import MAX_BYTES
from digest.mail.figures.scaling import SHOWN_WIDTH, scale
from digest.mail.message.attachment import Attachment
from digest.sources.http.responses import FetchedResponse, FetchError
from digest.sources.kinds.common import HttpClient
from digest.version import __version__

if TYPE_CHECKING:
    from digest.mail.theming.theme import Theme

TIMEOUT = 10.0
"""Seconds for one picture."""

BUDGET = 60.0
"""Seconds for all pictures of a run; afterwards no more are fetched."""

MAX_KEPT = 200  # pictures: 30 MB at most

_log = get_logger("digest.figures")


def of_theme(theme: "Theme", *, contact: str, domain: str) -> FigureSource:
    """Returns what gives the pictures of a run, for a theme that wants some.

    Args:
        theme: of the home.
        contact: an address for the operators of sites.
        domain: the right side of content ids.
    """
    if theme.images == "linked":
        return linked
    import time

    return EmbeddedFigures(
        fetcher(picture_client(contact=contact)), domain=domain, clock=time.monotonic
    )


class EmbeddedFigures:
    """The pictures of a run, each fetched once. Several threads may share it.

    Args:
        fetch: returns the bytes at an https address; raises DigestError.
        domain: the right side of content ids.
        clock: returns monotonic time in seconds.
    """

    def __init__(
        self, fetch: Callable[[str], bytes], *, domain: str, clock: Callable[[], float]
    ) -> None:
        self._fetch = fetch
        self._domain = domain
        self._clock = clock
        self._kept: dict[str, Figure | None] = {}
        self._spent = 0.0
        self._unreachable: set[str | None] = set()  # hosts that are not asked again
        self._lock = Lock()

    def __call__(self, url: str) -> Figure | None:
        """Returns the picture at an address; None if there is none that a message can show."""
        with self._lock:
            if url not in self._kept:
                if len(self._kept) >= MAX_KEPT:
                    self._kept.clear()
                self._kept[url] = self._fetched(url)
            return self._kept[url]

    def _fetched(self, url: str) -> Figure | None:
        host = urlsplit(url).hostname
        if self._spent >= BUDGET or host in self._unreachable:
            return None
        start = self._clock()
        try:
            picture = scale(self._fetch(url))
        except DigestError as error:
            _log.warning("picture not shown", url=url, error=str(error))
            if isinstance(error, FetchError) and error.status is None:
                self._unreachable.add(host)
            return None
        finally:
            self._spent += self._clock() - start
        name = sha256(url.encode()).hexdigest()[:24]
        content_id = f"{name}@{self._domain}"
        return Figure(
            address=f"cid:{content_id}",
            width=picture.width,
            attachment=Attachment(
                name=f"{name}.jpg",
                media_type="image/jpeg",
                data=picture.data,
                content_id=content_id,
            ),
        )


def linked(url: str) -> Figure:
    """Returns a picture that the mail program of the reader loads from its site."""
    return Figure(address=url, width=SHOWN_WIDTH)


def fetcher(client: HttpClient) -> Callable[[str], bytes]:
    """Returns what fetches pictures; every redirect is checked, and the size is bounded.

    Args:
        client: from `picture_client`.
    """

    def fetch(url: str) -> bytes:
        response = client.get(
            url,
            accept="image/png, image/jpeg, image/gif, image/webp",
            validators=None,
            max_decoded=MAX_BYTES,
        )
        return response.body if isinstance(response, FetchedResponse) else b""

    return fetch


def picture_client(*, contact: str) -> HttpClient:
    """Returns a client with the limits of a picture.

    Args:
        contact: an address for the operators of sites.
    """
    import time
    from random import random

    from digest.sources.http.client import Client, user_agent

    return Client(
        user_agent=user_agent(__version__, contact=contact),
        sleep=time.sleep,
        clock=time.monotonic,
        jitter=random,
        timeout=TIMEOUT / 2,
        total=TIMEOUT,
        max_raw=MAX_BYTES + 100_000,
    )
