"""Says as whom a message is sent: as the installation, or as one of its mailing lists."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from digest.app.messages import message_headers
from digest.config.email_addresses import NamedAddress
from digest.config.mailing_lists.loader import MailingList, MailingLists
from digest.config.settings.loader import Settings
from digest.mail.message.smtp_address import ascii_address

if TYPE_CHECKING:
    from digest.mail.authentication.dkim_signer import Signer


class SenderIdentity(Struct, frozen=True, kw_only=True):
    """What the headers of a message say of its sender."""

    title: str  # the name of the digest
    sender: NamedAddress
    reply_to: str | None
    list_id: str  # without the title
    group: str = "digest"  # in Feedback-ID

    @property
    def from_header(self) -> str:
        """The header From."""
        name, address = self.sender.name, self.sender.address
        return f"{name} <{address}>" if name else address

    @property
    def list_id_header(self) -> str:
        """The header List-Id."""
        return f"{self.title} <{self.list_id}>"


class ListSenders:
    """The senders of an installation. A list that does not exist any more has the usual one.

    Args:
        settings: the usual sender and its key.
        lists: returns the mailing lists; called when the first message of one is written.
    """

    def __init__(self, settings: Settings, lists: Callable[[], MailingLists]) -> None:
        self._settings = settings
        self._lists = lists
        # Called for each message.
        self.of = lru_cache(maxsize=None)(self._of)
        self.signer = lru_cache(maxsize=None)(self._signer)

    def _of(self, list_name: str | None) -> SenderIdentity:
        """Returns the sender of the messages of a list; None: those without one."""
        settings = self._settings
        usual = SenderIdentity(
            title=settings.list_name,
            sender=message_headers.sender(settings),
            reply_to=settings.reply_to,
            list_id=f"digest.{message_headers.message_domain(settings)}",
        )
        item = self._named(list_name)
        if item is None:
            return usual
        sender = item.sender or replace(usual.sender, name=item.title)
        return SenderIdentity(
            title=item.title,
            sender=sender,
            reply_to=item.reply_to or usual.reply_to,
            list_id=item.list_id or f"{item.name}.{domain_of(sender)}",
            group=item.name,
        )

    def _signer(self, list_name: str | None) -> "Signer | None":
        """Returns what signs the messages of a list; None: nothing does here.

        Raises:
            SettingsError: the key cannot be used.
        """
        settings, item = self._settings, self._named(list_name)
        if item is not None and item.dkim_key is not None:
            return message_headers.signer_with(
                item.dkim_key,
                domain=domain_of(self.of(list_name).sender),
                selector=item.dkim_selector or settings.dkim_selector,
            )
        if list_name is not None:
            return self.signer(None)  # one signer, as it remembers what it has worked out
        return message_headers.signer(
            settings, sender_domain=message_headers.message_domain(settings)
        )

    def _named(self, list_name: str | None) -> MailingList | None:
        return None if list_name is None else self._lists().named(list_name)


def domain_of(sender: NamedAddress) -> str:
    """Returns the domain of a sender, ASCII."""
    return ascii_address(sender.address).rpartition("@")[2].lower()
