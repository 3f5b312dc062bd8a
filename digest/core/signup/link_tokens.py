"""Signs and verifies the dated tokens of the site: in links, in forms, and as codes.

A token is `base64url(number, 8 bytes; seconds since 1970, 6 bytes) . base64url(HMAC-SHA256, 16
bytes)`. It is valid for one purpose. Its age is known without the database, so the answer to an old
token tells nothing about what is stored.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from digest.core.subscribers import signed_tokens


class LinkPurpose(StrEnum):
    """What a dated token allows."""

    FORM = "form"  # to send the form that contains it
    WAITING = "waiting"  # to type the code of a request; the number is the request
    CONFIRM = "confirm"  # to confirm a request; the number is the request
    PREFERENCES = "preferences"  # from a digest: to change a subscription, while it is young
    MANAGE = "manage"  # mailed on request: for an hour, also to change the address and to erase
    ADMIN = "admin"  # mailed to an operator: to sign in; the number is the request
    ADMIN_WAITING = "admin waiting"  # to type the code of an operator's request
    EDITION = "edition"  # to see an edition; the number is the edition


class LinkScope(StrEnum):
    """How much the holder of a link to the preferences may do."""

    LEAVE = "leave"  # pause, resume and leave
    EDIT = "edit"  # also change topics and schedule
    MANAGE = "manage"  # also change the address, download and erase


MANAGE_LIFE = timedelta(hours=1)
"""How long a link that was mailed on request allows everything."""

FORM_LIFE = timedelta(days=1)
"""How long a form can be sent after it was shown."""

FILL_TIME = timedelta(seconds=2)
"""A form that is sent sooner was not filled in by a person."""

CODE_DIGITS = 6
CODE_TRIES = 5

_MAX_SKEW = timedelta(minutes=5)  # between the clocks of two processes
_NUMBER_BYTES, _TIME_BYTES = 8, 6


class SignedLink(Struct, frozen=True, kw_only=True):
    """The content of a valid token."""

    number: int
    at: datetime  # when it was signed, in whole seconds

    def age(self, now: datetime) -> timedelta:
        """Returns the age; a token from the future, beyond the error of a clock, has the highest."""
        age = now - self.at
        return age if age >= -_MAX_SKEW else timedelta.max


def sign_link(purpose: LinkPurpose, number: int, *, at: datetime, secret: bytes) -> str:
    """Returns the token for a link.

    Args:
        purpose: what it allows.
        number: the subscription or the request; 0 in forms.
        at: an aware moment, from which its age counts.
        secret: the key that signs.
    """
    payload = number.to_bytes(_NUMBER_BYTES, "big")
    payload += int(at.timestamp()).to_bytes(_TIME_BYTES, "big")
    return signed_tokens.sign_payload(purpose, payload, secret=secret)


def verify_link(purpose: LinkPurpose, token: str, *, secrets: Sequence[bytes]) -> SignedLink | None:
    """Returns the content of a token, however old; None if it is not valid for the purpose.

    Args:
        purpose: the purpose for which the token must have been signed.
        token: untrusted text.
        secrets: all valid keys.
    """
    length = _NUMBER_BYTES + _TIME_BYTES
    payload = signed_tokens.verify_payload(purpose, token, length=length, secrets=secrets)
    if payload is None:
        return None
    seconds = int.from_bytes(payload[_NUMBER_BYTES:], "big")
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):  # no year that Python knows
        return None
    return SignedLink(number=int.from_bytes(payload[:_NUMBER_BYTES], "big"), at=at)


def scope_of(
    purpose: LinkPurpose, link: SignedLink, *, now: datetime, edit_life: timedelta
) -> LinkScope:
    """Returns what the holder of a link to the preferences may do now.

    Args:
        purpose: PREFERENCES or MANAGE.
        link: the content of its token.
        now: the current time.
        edit_life: how long a link allows changes of topics and schedule.
    """
    age = link.age(now)
    if purpose is LinkPurpose.MANAGE and age <= MANAGE_LIFE:
        return LinkScope.MANAGE
    return LinkScope.EDIT if age <= edit_life else LinkScope.LEAVE


def is_filled_by_a_person(link: SignedLink, now: datetime) -> bool:
    """Whether a form was sent neither too soon nor too late after it was shown."""
    # The token has whole seconds, so up to one second more may have passed.
    return FILL_TIME <= link.age(now) <= FORM_LIFE


def code_of(request: int, *, at: datetime, secret: bytes) -> str:
    """Returns the code of six digits that a message contains and the waiting page asks for.

    It is computed, so it is not stored.

    Args:
        request: the number of the request.
        at: when the request was made.
        secret: the key that signs.
    """
    text = f"{request} {int(at.timestamp())}"
    number = signed_tokens.keyed_number("code", text, below=10**CODE_DIGITS, secret=secret)
    return f"{number:0{CODE_DIGITS}}"


def is_code(text: str, request: int, *, at: datetime, secrets: Sequence[bytes]) -> bool:
    """Whether a typed text is the code of a request; spaces and hyphens in it do not count."""
    typed = "".join(text.replace("-", " ").split())
    good = [
        signed_tokens.constant_time_equal(typed, code_of(request, at=at, secret=secret))
        for secret in secrets
    ]
    return any(good)
