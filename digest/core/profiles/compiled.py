"""A profile as it is stored: once for all readers who share it.

The address of the reader is in the text of a profile, because the format requires it. It is left
out of the stored text where it is the first line, so that the same profile of many readers is one row.
"""

import json
import re
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from digest.core.models.profiles import Profile
from digest.core.profiles import encoding
from digest.core.profiles.presentation import channel_of, may_say
from digest.core.profiles.reading_lists import named_in

_ADDRESS_LINE = re.compile(r'email = ("[^"\n]+")\n')

ANY_READER = 'email = ""\n'
"""Stands in a stored text for the line with the address of its reader."""


class ProfileRecord(Struct, frozen=True, kw_only=True):
    """A profile as it is stored, with what is read from it every day."""

    text: str  # TOML, from `shared_text`
    content_hash: str  # of the text
    version: int = 0  # of the encoding; 0: it was not compiled yet
    data: bytes | None = None  # `encoding.encode`; None: not compiled, or this version refuses it
    name: str = ""  # of the reader
    weekly: bool = False  # one digest a week
    language: str = "english"
    has_reading_lists: bool = False
    has_presentation: bool = False  # how its reader wants the message: `presentation.may_say`
    deliver_to: str | None = None  # the name of a channel; None: it is sent by mail


def compile_text(text: str, profile: Profile | None) -> ProfileRecord:
    """Returns a profile as it is stored.

    Args:
        text: From `shared_text`.
        profile: What the text says; None if this version of the program refuses the text.
    """
    if profile is None:
        return replace(not_compiled(text), version=encoding.VERSION)
    return ProfileRecord(
        text=text,
        content_hash=content_hash(text),
        version=encoding.VERSION,
        data=encoding.encode(profile),
        name=profile.name,
        weekly=len(profile.days) == 1,
        language=profile.language,
        has_reading_lists=bool(named_in(profile)),
        has_presentation=may_say(text),
        deliver_to=channel_of(text),
    )


def not_compiled(text: str) -> ProfileRecord:
    """Returns a profile whose text was not parsed yet; it is compiled when it is first needed.

    Args:
        text: From `shared_text`.
    """
    # The channel is known from the start: an edition that is queued must never go by mail instead.
    return ProfileRecord(
        text=text,
        content_hash=content_hash(text),
        has_presentation=may_say(text),
        deliver_to=channel_of(text),
    )


def shared_text(text: str, email: str) -> str:
    """Returns the text of a profile without the address of its reader in the first line.

    Args:
        text: As it was written.
        email: The address.
    """
    own_line = _address_line(email)
    return ANY_READER + text[len(own_line) :] if text.startswith(own_line) else text


def written_text(text: str, email: str) -> str:
    """Returns a profile as it was written: the inverse of `shared_text`.

    Args:
        text: From `shared_text`.
        email: The address of the reader.
    """
    if text.startswith(ANY_READER):
        return _address_line(email) + text[len(ANY_READER) :]
    return text


def address_in(text: str) -> str | None:
    """Returns the address that `shared_text` would leave out of a text; None if there is none."""
    found = _ADDRESS_LINE.match(text)
    try:
        email = json.loads(found[1]) if found else ""
    except ValueError:  # an escape that TOML knows and JSON does not
        return None
    return email if email and text.startswith(_address_line(email)) else None


def content_hash(text: str) -> str:
    """Returns the SHA-256 of a text in hexadecimal digits, by which equal texts are found."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _address_line(email: str) -> str:
    return f"email = {json.dumps(email)}\n"
