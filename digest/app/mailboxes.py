"""Opens the mailboxes that `digest bounces` reads, from the settings or the command line."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from digest.config.settings.loader import Settings
from digest.errors import SettingsError, UsageError
from digest.pipeline.maintenance import BounceMailboxes

if TYPE_CHECKING:
    from digest.mail.bounces.mailboxes import MailboxReader


def configured_mailboxes(
    settings: Settings, *, keys: Callable[[], Sequence[bytes]]
) -> BounceMailboxes | None:
    """Returns the mailboxes of the settings; None if the settings name none.

    Args:
        settings: the bounce mailboxes and their password.
        keys: returns the keys that verify the tokens in bounces.
    """
    if settings.bounces_maildir is None and settings.bounces_imap is None:
        return None
    return BounceMailboxes(
        open=lambda: open_mailboxes(settings, files=(), maildir=None, imap=None),
        keys=keys,
    )


@contextmanager
def open_mailboxes(
    settings: Settings, *, files: Sequence[Path], maildir: Path | None, imap: str | None
) -> Iterator[list["MailboxReader"]]:
    """Opens the mailboxes for the duration of a `with` block.

    Args:
        settings: name the mailboxes to open if no other argument names one.
        files: single messages; `-` is standard input.
        maildir: a Maildir folder.
        imap: the URL of an IMAP mailbox.

    Raises:
        UsageError: a file does not exist.
        SettingsError: no mailbox is named anywhere, or the IMAP password is missing.
        InboxError: a mailbox cannot be read.
    """
    from digest.mail.bounces.mailboxes import FileMailbox, ImapMailbox, MaildirMailbox

    for path in files:
        if str(path) != "-" and not path.is_file():
            raise UsageError(f"{path}: no such file")
    if not files and maildir is None and imap is None:
        maildir, imap = settings.bounces_maildir, settings.bounces_imap
    mailboxes: list[MailboxReader] = [FileMailbox(files)] if files else []
    if maildir is not None:
        mailboxes.append(MaildirMailbox(maildir))
    if imap is None:
        if not mailboxes:
            raise SettingsError(
                "no mailbox to read: set DIGEST_BOUNCES_MAILDIR or DIGEST_BOUNCES_IMAP, or name"
                " files, --maildir or --imap"
            )
        yield mailboxes
        return
    password = settings.bounces_password
    if password is None:
        raise SettingsError("DIGEST_BOUNCES_PASSWORD is not set; the IMAP server asks for it")
    server = ImapMailbox(
        imap, password=password.get_secret_value(), ca_file=settings.bounces_ca_file
    )
    with server:
        yield [*mailboxes, server]
