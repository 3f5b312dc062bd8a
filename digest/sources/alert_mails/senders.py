"""Reads the papers of one alert mail, if it is of a wanted sender."""

from collections.abc import Sequence
from email.utils import parseaddr

from digest.core.mime_reader import parse_message
from digest.core.models.papers import Paper
from digest.sources.alert_mails import parse


def papers_of(data: bytes, senders: Sequence[str]) -> tuple[Paper, ...]:
    """Returns the papers of a message; none if it is of another sender.

    Args:
        data: the message.
        senders: addresses or domains; empty: everybody.
    """
    message = parse_message(data)
    _, sender = parseaddr(message.header("From"))
    return parse.papers(message) if _is_wanted(sender.casefold(), senders) else ()


def _is_wanted(sender: str, senders: Sequence[str]) -> bool:
    domain = sender.rpartition("@")[2]
    return not senders or any(
        name.casefold() in (sender, domain) or domain.endswith(f".{name.casefold()}")
        for name in senders
    )
