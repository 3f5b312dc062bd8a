"""Defines the keys of `lists.toml`: names, ranges, descriptions."""

import re
from pathlib import PurePosixPath
from typing import Annotated

from msgspec import field

from digest.config.email_addresses import NamedAddress, check_line, parse_mailbox
from digest.config.settings.validators import dns_name
from digest.config.tables.markers import CheckedBy, Table, described
from digest.config.toml_document import display, full_message
from digest.core.subscribers.email_addresses import check_address

MAX_NAME = 40
"""The largest number of characters in the name of a list."""

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LIST_ID = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){1,7}")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise full_message(
            f"{display(text)} is no name of a list; write small letters, digits and hyphens, such"
            ' as "climate"'
        )
    return text


def _line(text: str) -> str:
    if not check_line(text):
        raise ValueError("must not be empty")
    return check_line(text)


def _mailbox(text: str) -> str:
    try:
        parse_mailbox(text)
    except ValueError as error:
        raise full_message(f"{display(text)} is no sender: {error}") from None
    return text


def _address(text: str) -> str:
    try:
        return check_address(text)
    except ValueError as error:
        raise full_message(f"{display(text)} is not an e-mail address: {error}") from None


def _list_id(text: str) -> str:
    if not _LIST_ID.fullmatch(text):
        raise full_message(
            f'{display(text)} is no List-Id; write a name like a domain, such as "climate.example.org"'
        )
    return text


def _in_home(text: str) -> str:
    path = PurePosixPath(text)
    if not text.strip() or not text.isprintable():
        raise full_message(f"{display(text)} is no file name")
    if path.is_absolute() or ".." in path.parts or text.startswith("~"):
        raise full_message(f"{display(text)}: write a file in the home, such as lists/climate.toml")
    return path.as_posix()


def _profile(text: str) -> str:
    path = PurePosixPath(_in_home(text))
    if path.suffix != ".toml":
        raise full_message(f"{display(text)} is no profile; write a file that ends in .toml")
    if path.parts[0] == "profiles":
        raise full_message(
            f"{display(text)}: each file in profiles/ is a subscription of its own; keep the"
            " profile of a list elsewhere, such as lists/climate.toml"
        )
    return path.as_posix()


class MailingListTable(Table, frozen=True, kw_only=True):
    """A mailing list: its profile, its sender and its page."""

    name: Annotated[
        str,
        CheckedBy(_name),
        described(
            "The name of the list, in the address of its page and in commands. Its readers are stored"
            " with this name.",
            example="climate",
            max_length=MAX_NAME,
        ),
    ]
    title: Annotated[
        str,
        CheckedBy(_line),
        described(
            "The name that readers see: in messages, and on the page of the list.",
            example="Climate Digest",
            max_length=80,
        ),
    ]
    profile: Annotated[
        str,
        CheckedBy(_profile),
        described(
            "The profile of the list, a file in the home outside of profiles/. It has the topics,"
            " sources, language and schedule; its `email` is ignored. All readers follow it.",
            example="lists/climate.toml",
        ),
    ]
    about: Annotated[
        str | None,
        CheckedBy(_line),
        described(
            "What the list is about, for its page.",
            example="the physics and chemistry of the climate",
            max_length=300,
        ),
    ] = None
    sender: Annotated[
        str | None,
        CheckedBy(_mailbox),
        described(
            "The sender (From) of its messages; if absent, DIGEST_FROM with the title as its name.",
            example="Climate Digest <climate@example.org>",
        ),
    ] = None
    reply_to: Annotated[
        str | None,
        CheckedBy(_address),
        described(
            "Where replies of its readers go; if absent, DIGEST_REPLY_TO.",
            example="climate-team@example.org",
        ),
    ] = None
    list_id: Annotated[
        str | None,
        CheckedBy(_list_id),
        described(
            "The List-Id of its messages, by which readers can filter; if absent, the name and the"
            " domain of the sender.",
            example="climate.example.org",
            max_length=200,
        ),
    ] = None
    theme: Annotated[
        str | None,
        CheckedBy(_in_home),
        described(
            "The look of its messages: the name of a built-in theme, or a theme file in the home; if"
            " absent, theme.toml.",
            example="playful",
        ),
    ] = None
    consent: Annotated[
        str | None,
        CheckedBy(_line),
        described(
            "What readers agree to when they subscribe on its page; it is stored with their consent. If"
            " absent, a sentence with the title.",
            example="I want to get the Climate Digest of Example University by mail.",
            max_length=250,
        ),
    ] = None
    offered: Annotated[
        bool,
        described(
            "Whether the site offers the list. The operator can always add readers.", example=False
        ),
    ] = True
    dkim_key: Annotated[
        str | None,
        CheckedBy(_in_home),
        described(
            "The DKIM key of the domain of `sender`; if absent, DIGEST_DKIM_KEY signs.",
            example="dkim-climate.pem",
        ),
    ] = None
    dkim_selector: Annotated[
        str | None,
        CheckedBy(dns_name),
        described(
            "The name of that key in the DNS; if absent, DIGEST_DKIM_SELECTOR.", example="digest"
        ),
    ] = None

    @property
    def named_sender(self) -> NamedAddress | None:
        """The sender; None: that of the installation."""
        return None if self.sender is None else parse_mailbox(self.sender)


class ListsFile(Table, frozen=True, kw_only=True):
    """The file `lists.toml`."""

    lists: Annotated[
        list[MailingListTable],
        described(
            "The mailing lists.",
            example=[
                {"name": "climate", "title": "Climate Digest", "profile": "lists/climate.toml"}
            ],
        ),
    ] = field(default_factory=list)
