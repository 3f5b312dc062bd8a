"""What a letter carries for its way: who signs it, and the links and addresses that end it."""

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from digest.config.email_addresses import NamedAddress
from digest.config.settings.loader import Settings
from digest.core.subscribers import signed_tokens
from digest.mail.message import mime

if TYPE_CHECKING:
    from digest.mail.authentication.dkim_signer import Signer

PAGE = "/u/"  # below the base URL; a token follows


def sender(settings: Settings) -> NamedAddress:
    """Returns DIGEST_FROM; without it a stand-in, which is enough for a preview."""
    return settings.from_ or NamedAddress(name=settings.list_name, address="digest@localhost")


def message_domain(settings: Settings) -> str:
    """Returns the right side of Message-IDs: the domain of the sender's address, ASCII."""
    return mime.ascii_address(sender(settings).address).rpartition("@")[2]


def unsubscribe_links(
    subscription_id: int, *, base_url: str | None, mailbox: str, key: bytes
) -> tuple[str, ...]:
    """The addresses that unsubscribe, the one to show first; the last one is always a mailto.

    Args:
        subscription_id: whose letter it is.
        base_url: where `digest serve` is reached; None: it is not.
        mailbox: the address that `digest bounces` reads.
        key: the one that signs.
    """
    token = signed_tokens.sign(signed_tokens.UNSUBSCRIBE, subscription_id, secret=key)
    mail = f"mailto:{mailbox}?subject=unsubscribe%20{token}"
    return (f"{base_url}{PAGE}{token}", mail) if base_url else (mail,)


def signer(chosen: Settings, *, sender_domain: str) -> "Signer | None":
    """What signs the letters (DKIM); None if the mail server is to.

    Raises:
        SettingsError: the key cannot be used.
    """
    if chosen.dkim_key is None:
        return None
    from digest.mail.authentication import dkim_keys  # late: a twentieth of a second
    from digest.mail.authentication.dkim_signer import Signer

    domain = chosen.dkim_domain or sender_domain
    return Signer(domain=domain, selector=chosen.dkim_selector, key=dkim_keys.read(chosen.dkim_key))


def feedback_id(edition_id: int, *, local_date: date, instance: str) -> str:
    """Feedback-ID, as Gmail's Postmaster Tools sum up complaints by it; names no reader.

    At most four parts; the last one is the sender's, 5 to 15 letters, and always the same
    (https://support.google.com/a/answer/6254652).
    """
    return f"{local_date if edition_id else 'trial'}:digest:{instance}"


def unsubscribe_headers(ways: Sequence[str]) -> dict[str, str]:
    """List-Unsubscribe (RFC 2369), and List-Unsubscribe-Post (RFC 8058) where there is a page."""
    headers = {"List-Unsubscribe": ", ".join(f"<{way}>" for way in ways)}
    if len(ways) > 1:
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def bare_address(address: str | None) -> str | None:
    """An address for mail without a token: `bounces+*@host` without what is for the token."""
    if address is None or "*" not in address:
        return address
    local, _, domain = address.rpartition("@")
    kept = re.sub(r"[^A-Za-z0-9]?\*.*", "", local) or "unsubscribe"
    return f"{kept}@{domain}"


def sender_address(chosen: Settings) -> str:
    """The envelope's sender without a token, ASCII; empty without DIGEST_FROM."""
    found = bare_address(chosen.bounces) or (chosen.from_.address if chosen.from_ else "")
    return mime.ascii_address(found) if found else ""
