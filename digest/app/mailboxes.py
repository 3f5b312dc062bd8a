"""The inboxes that `digest bounces` reads, as the settings or the command line name them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from digest.config.settings.loader import Settings
from digest.errors import SettingsError, UsageError
from digest.pipeline.maintenance import BounceMailboxes

if TYPE_CHECKING:
    from digest.mail.bounces.mailboxes import MailboxReader


def configured(
    settings: Settings, *, keys: Callable[[], Sequence[bytes]]
) -> BounceMailboxes | None:
    """The mailboxes of the settings; None: they name none."""
    if settings.bounces_maildir is None and settings.bounces_imap is None:
        return None
    return BounceMailboxes(
        open=lambda: inboxes(settings, files=(), maildir=None, imap=None),
        keys=keys,
    )


@contextmanager
def inboxes(
    settings: Settings, *, files: Sequence[Path], maildir: Path | None, imap: str | None
) -> Iterator[list["MailboxReader"]]:
    """What was named, else what the settings name; open until the block ends.

    Raises:
        UsageError: a file is missing, or nothing is named anywhere.
        InboxError: the mailbox cannot be read.
    """
    from digest.mail.bounces.mailboxes import FileMailbox, ImapMailbox, MaildirMailbox

    for path in files:
        if str(path) != "-" and not path.is_file():
            raise UsageError(f"{path}: no such file")
    if not files and maildir is None and imap is None:
        maildir, imap = settings.bounces_maildir, settings.bounces_imap
    opened: list[MailboxReader] = [FileMailbox(files)] if files else []
    if maildir is not None:
        opened.append(MaildirMailbox(maildir))
    if imap is None:
        if not opened:
            raise SettingsError(
                "no mailbox to read: set DIGEST_BOUNCES_MAILDIR or DIGEST_BOUNCES_IMAP, or name"
                " files, --maildir or --imap"
            )
        yield opened
        return
    password = settings.bounces_password
    if password is None:
        raise SettingsError("DIGEST_BOUNCES_PASSWORD is not set; the IMAP server asks for it")
    server = ImapMailbox(
        imap, password=password.get_secret_value(), ca_file=settings.bounces_ca_file
    )
    with server:
        yield [*opened, server]
