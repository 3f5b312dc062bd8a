"""The feed of a digest on the site: an edition is in it as soon as it is made."""

from collections.abc import Sequence
from datetime import datetime

from digest.channels.message import ChannelMessage
from digest.core.models.delivery import Outcome, Sent


class SiteFeedChannel:
    """Sends nothing.

    Args:
        base_url: of the site; None: there is none.
    """

    def __init__(self, base_url: str | None) -> None:
        self._base_url = base_url

    @property
    def place(self) -> str:
        """The same for all."""
        return "rss"

    @property
    def target(self) -> str:
        """The same for all."""
        return "rss"

    def parts(self, message: ChannelMessage) -> Sequence[bytes]:
        """Returns one message, which is never sent."""
        return [str(message.edition_id).encode()]

    def send(self, part: bytes, *, key: str, now: datetime) -> Outcome:
        """Returns `Sent`: the feed reads the ledger."""
        del part, key, now
        return Sent(reply="in the feed of the digest")

    def problem(self) -> str:
        """Returns that there is no site to read the feed from; empty if there is one."""
        return "" if self._base_url else "DIGEST_BASE_URL is not set, so nobody can read the feed"

    def ask(self, *, now: datetime) -> str:
        """Returns the same as `problem`: there is nobody to ask."""
        del now
        return self.problem()
