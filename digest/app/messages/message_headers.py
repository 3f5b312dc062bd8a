"""The sender, the DKIM signer, and the headers and links for unsubscribing."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from digest.config.email_addresses import NamedAddress
from digest.config.settings.loader import Settings
from digest.core.subscribers import signed_tokens
from digest.mail.message.smtp_address import ascii_address

if TYPE_CHECKING:
    from digest.mail.authentication.dkim_signer import Signer

UNSUBSCRIBE_PATH = "/u/"  # the path of the unsubscribe page below the base URL; a token follows


def sender(settings: Settings) -> NamedAddress:
    """Returns DIGEST_FROM; without it a stand-in, which is enough for a preview."""
    return settings.from_ or NamedAddress(name=settings.list_name, address="digest@localhost")


def message_domain(settings: Settings) -> str:
    """Returns the right side of Message-IDs: the domain of the sender's address, ASCII."""
    return ascii_address(sender(settings).address).rpartition("@")[2]


def unsubscribe_links(
    subscription_id: int,
    *,
    base_url: str | None,
    mailbox: str,
    key: bytes,
    list_name: str | None = None,
) -> tuple[str, ...]:
    """Returns the links for unsubscribing; the first is shown, the last is always a mailto.

    Args:
        subscription_id: the subscription that the link ends.
        base_url: the public URL of `digest serve`; None if the site is not public.
        mailbox: the address that `digest bounces` reads.
        key: the key that signs the token.
        list_name: the mailing list, of which the page speaks.
    """
    token = signed_tokens.sign(signed_tokens.UNSUBSCRIBE, subscription_id, secret=key)
    # By this subject, `digest bounces` recognises the request.
    mailto = f"mailto:{mailbox}?subject=unsubscribe%20{token}"
    about = f"?list={list_name}" if list_name else ""
    return (f"{base_url}{UNSUBSCRIBE_PATH}{token}{about}", mailto) if base_url else (mailto,)


def change_link(address: str) -> str:
    """Returns a link that writes to the person who changes digests.

    Args:
        address: of that person.
    """
    return f"mailto:{quote(ascii_address(address), safe='@')}?subject=Change%20my%20digest"


def signer(settings: Settings, *, sender_domain: str) -> "Signer | None":
    """Returns the DKIM signer; None if no key is set, since the mail server may sign instead.

    Args:
        settings: the key, its selector and the signing domain.
        sender_domain: the signing domain if the settings name none.

    Raises:
        SettingsError: the key cannot be used.
    """
    if settings.dkim_key is None:
        return None
    return signer_with(
        settings.dkim_key,
        domain=settings.dkim_domain or sender_domain,
        selector=settings.dkim_selector,
    )


def signer_with(key: Path, *, domain: str, selector: str) -> "Signer":
    """Returns the DKIM signer with a key.

    Args:
        key: the file of the private key.
        domain: for which it signs.
        selector: its name in the DNS.

    Raises:
        SettingsError: the key cannot be used.
    """
    from digest.mail.authentication import dkim_keys  # imported late: takes 0.05 s
    from digest.mail.authentication.dkim_signer import Signer

    return Signer(domain=domain, selector=selector, key=dkim_keys.read_key(key))


def feedback_id(edition_id: int, *, local_date: date, instance: str, group: str = "digest") -> str:
    """Returns Feedback-ID, by which Gmail's Postmaster Tools group complaints; names no reader.

    It has at most four parts. The last one identifies the sender: 5 to 15 characters, always
    the same (https://support.google.com/a/answer/6254652).

    Args:
        edition_id: 0 for a trial.
        local_date: the day of the edition.
        instance: the id of this installation.
        group: the mailing list.
    """
    return f"{local_date if edition_id else 'trial'}:{group}:{instance}"


def unsubscribe_headers(links: Sequence[str]) -> dict[str, str]:
    """Returns List-Unsubscribe (RFC 2369), and List-Unsubscribe-Post (RFC 8058) for a page.

    Args:
        links: what `unsubscribe_links` returned: a page and a mailto, or the mailto alone.
    """
    headers = {"List-Unsubscribe": ", ".join(f"<{link}>" for link in links)}
    # RFC 8058 needs a web address, to which mail programs send a POST.
    if len(links) > 1:
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def bare_address(address: str | None) -> str | None:
    """Removes the token's place from an address: `bounces@host` for `bounces+*@host`."""
    if address is None or "*" not in address:
        return address
    local, _, domain = address.rpartition("@")
    # In `*@host` every local part arrives, so one is made up.
    prefix = re.sub(r"[^A-Za-z0-9]?\*.*", "", local) or "unsubscribe"
    return f"{prefix}@{domain}"


def plain_return_path(settings: Settings) -> str:
    """Returns the return path without a token, ASCII; empty if no sender is set."""
    address = bare_address(settings.bounces) or (settings.from_.address if settings.from_ else "")
    return ascii_address(address) if address else ""
