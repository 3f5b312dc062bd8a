"""Builds the sources that read alert mails."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from digest.config.source_tables.kinds import MailSourceConfig
from digest.errors import SettingsError
from digest.pipeline.collect import Source

if TYPE_CHECKING:
    from digest.imap.folder import ImapFolder

_PASSWORD = "DIGEST_MAIL_PASSWORD"  # noqa: S105 - the name of the setting
_TIMEOUT = 30.0  # seconds for each reply
_TOTAL = 300.0  # seconds for one connection
_MOST = 2 * 2**20  # bytes of an answer


class MailAccess(Struct, frozen=True, kw_only=True):
    """How the IMAP servers of sources are reached."""

    password: str | None = None
    ca_file: Path | None = None


def build_mail(item: MailSourceConfig, *, access: MailAccess | None) -> Source:
    """Builds a source.

    Args:
        item: its table in sources.toml.
        access: it has the password of the account; None: there is none.
    """
    senders = tuple(item.senders)
    if item.path is not None:
        from digest.sources.kinds.mail import MailSource

        return MailSource(name=item.name, path=item.path, senders=senders, lookback=item.lookback)
    from digest.imap.address import parse_address
    from digest.sources.kinds.imap_mail import ImapMailSource

    url = item.imap or ""
    mail = access or MailAccess()
    return ImapMailSource(
        name=item.name,
        origin=parse_address(url, password_name=_PASSWORD).shown,
        open=partial(_folder, url, mail, read_only=not item.mark_seen),
        senders=senders,
        lookback=item.lookback,
        mark_seen=item.mark_seen,
    )


def _folder(url: str, mail: MailAccess, *, read_only: bool) -> "ImapFolder":
    from digest.imap.folder import ImapFolder

    if mail.password is None:
        raise SettingsError(f"{_PASSWORD} is not set; the IMAP server asks for it")
    return ImapFolder(
        url,
        password=mail.password,
        password_name=_PASSWORD,
        ca_file=mail.ca_file,
        timeout=_TIMEOUT,
        total=_TOTAL,
        read_only=read_only,
        most=_MOST,
    )
