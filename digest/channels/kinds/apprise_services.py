"""Services that Apprise knows (https://github.com/caronc/apprise), of the extra `channels`.

Apprise opens connections itself, so `channels.toml` allows only services whose host is part of its code.
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from digest.channels import escaping
from digest.channels.message import ChannelMessage
from digest.channels.parts import Format, divide, utf8_bytes
from digest.core.models.delivery import Deferred, InDoubt, Outcome, Sent

_FORMAT = Format(
    text=escaping.without_mentions,
    strong=lambda text: text,
    linked=lambda text, url: f"{text}\n{url}",
    size=utf8_bytes,
    limit=1000,  # Pushover takes 1,024 characters, the others more
)


class AppriseChannel:
    """A service, by its Apprise address.

    Args:
        url: as Apprise writes it.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def place(self) -> str:
        """The scheme."""
        return f"apprise {urlsplit(self._url).scheme}"

    @property
    def target(self) -> str:
        """The address, with its secrets."""
        return self._url

    def parts(self, message: ChannelMessage) -> Sequence[bytes]:
        """Returns the messages of a digest."""
        return [part.text.encode() for part in divide(message, _FORMAT)]

    def send(self, part: bytes, *, key: str, now: datetime) -> Outcome:
        """Sends one message."""
        del key, now
        try:
            from apprise import Apprise, NotifyFormat
        except ImportError:
            return Deferred(reason=f"{self.place}: {_MISSING}")
        service = Apprise()
        if not service.add(self._url):
            return Deferred(reason=f"{self.place}: {_WRONG}")
        try:
            accepted = service.notify(body=part.decode(), body_format=NotifyFormat.TEXT)
        # It raises whatever the code of a service raises, before or after sending.
        except Exception as error:  # noqa: BLE001 - as said
            return InDoubt(reason=f"{self.place}: {type(error).__name__}")
        if accepted:
            return Sent(reply=self.place)
        # It says no more than this, not even whether the service has answered.
        return InDoubt(reason=f"{self.place}: Apprise reports a failure")

    def problem(self) -> str:
        """Returns what is wrong with the installation or the address; empty if nothing is."""
        try:
            from apprise import Apprise
        except ImportError:
            return _MISSING
        return "" if Apprise.instantiate(self._url) else _WRONG

    def ask(self, *, now: datetime) -> str:
        """Returns the same as `problem`: there is nobody to ask."""
        del now
        return self.problem()


_MISSING = "Apprise is not installed; install it with: pip install 'paper-digest[channels]'"
_WRONG = "Apprise does not understand the address; see its page of the service"
