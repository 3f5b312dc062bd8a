"""What a single setting may be: checks that give its value, or say what is wrong with it."""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, ValidationInfo
from pydantic_core import PydanticCustomError

from digest.config.email_addresses import check_line, parse_mailbox
from digest.core.subscribers.email_addresses import check_address
from digest.core.subscribers.signed_tokens import LOCAL_PART, RETURN_TOKEN, return_pattern

KEEP_DAYS = 45  # at least: as digest.store.prune asks
SECRET_LENGTH = 32  # characters, at least

LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|\[?::1\]?", re.IGNORECASE)
_HOST = re.compile(r"[\w.-]+|\[?[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*\]?")
_DNS_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DNS_NAME = re.compile(rf"{_DNS_LABEL}(\.{_DNS_LABEL})*")
_SQLITE = "sqlite:///"
_DATABASE = re.compile(r"sqlite://|(postgres|postgresql)(\+psycopg)?://.")


def host(text: str) -> str:
    """The name or address of a server, without brackets."""
    if not _HOST.fullmatch(text):
        raise ValueError("no name of a server; leave scheme, port and spaces out")
    return text.strip("[]")


def dns_name(text: str) -> str:
    """A name in the DNS, ASCII, in lower case."""
    if len(text) > 190 or not _DNS_NAME.fullmatch(text):
        raise ValueError("no name in the DNS; write letters, digits, hyphens and dots")
    return text.lower()


def mailbox(value: Any) -> Any:
    """An address with a name, parsed."""
    return parse_mailbox(value) if isinstance(value, str) else value


def keep_days(days: int) -> int:
    """How long what grows is kept; fewer days would reach into those that papers are compared in."""
    if 0 < days < KEEP_DAYS:
        raise ValueError(f"less than {KEEP_DAYS} days; write {KEEP_DAYS} or more, or 0")
    return days


def secrets(value: Any) -> Any:
    """Keys with commas between, each long enough."""
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.split(",")]
    for number, part in enumerate(parts, start=1):
        if len(part) < SECRET_LENGTH:
            which = f"secret {number} of {len(parts)}" if len(parts) > 1 else "it"
            raise refusal(
                "secret",
                f"{which} is shorter than {SECRET_LENGTH} characters; make one with:"
                ' python3 -c "import secrets; print(secrets.token_urlsafe(32))"',
            )
    return tuple(SecretStr(part) for part in parts)


def in_home(path: Path, info: ValidationInfo) -> Path:
    """A path; a relative one begins at the home."""
    home: Path = info.data["home"]
    return home / check_line(str(path))


def database_url(url: str, info: ValidationInfo) -> str:
    """The address of a database; a relative file begins at the home."""
    if not _DATABASE.match(url):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    file = url.removeprefix(_SQLITE)
    if file in (url, "", ":memory:") or file.startswith("/"):
        return url
    return f"{_SQLITE}{info.data['home'] / file}"


def delivery(text: str) -> str:
    """The way out of letters, and where it leads."""
    kind, _, rest = text.partition(":")
    if kind == "smtp" and not rest:
        return text
    if kind not in ("maildir", "file", "sendmail"):
        raise ValueError("must be smtp, or begin with maildir:, file: or sendmail:")
    if not check_line(rest):
        raise ValueError(f"says not where; write {kind}: and a path")
    if kind == "sendmail":
        import shlex

        shlex.split(rest)  # raises ValueError if a quote is left open
    return text


def base_url(url: str) -> str:
    """The address of a web site, which must be safe to send readers to."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not _HOST.fullmatch(host):
        raise ValueError("no address of a web site")
    if parts.scheme == "http" and not LOOPBACK.fullmatch(host):
        raise ValueError("must begin with https://; http is for this machine alone")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError('must have no login, "?" or "#"')
    _ = parts.port  # raises ValueError if it is none
    return url.rstrip("/")


def return_path(text: str) -> str:
    """An address with room for a token: 40 letters, and the local part has 64 octets."""
    sample = "a" * RETURN_TOKEN
    if text.count("*") > 1 or "*" in text.rpartition("@")[2]:
        raise ValueError('"*" may stand once, before the "@"')
    if re.search(r"[A-Za-z0-9]\*|\*[A-Za-z0-9]", text):
        raise ValueError('the "*" must be apart from letters, as in bounces+*@example.org')
    local = return_pattern(text).rpartition("@")[0]
    if len(local) - 1 + RETURN_TOKEN > LOCAL_PART:
        room = LOCAL_PART - RETURN_TOKEN - 1
        raise ValueError(f'too long: before the "@" there is room for {room} characters')
    check_address(return_pattern(text).replace("*", sample))
    return text


def heartbeat_url(url: SecretStr) -> SecretStr:
    """An address to fetch; it may be inside the network, and is a secret as a whole."""
    from urllib.parse import urlsplit

    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("no address of the web")
    if parts.username is not None:
        raise ValueError("must hold no login")
    _ = parts.port  # raises ValueError if it is none
    return url


def imap_url(url: str) -> str:
    """The address of an IMAP folder, without a password."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.password is not None:
        raise ValueError("must hold no password; that goes into DIGEST_BOUNCES_PASSWORD")
    if parts.scheme not in ("imaps", "imap") or not parts.hostname or not parts.username:
        raise ValueError("no address of an IMAP folder")
    _ = parts.port  # raises ValueError if it is none
    return url


def listen_at(text: str) -> str:
    """Where to listen: host:port."""
    name, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ValueError("no address to listen at")
    host(name)
    return text


def crontab(text: str) -> str:
    """A crontab expression."""
    from datetime import UTC

    from digest.core.schedule.crontab import parse

    parse(text, zone=UTC)
    return text


def zone(name: str) -> str:
    """A time zone's IANA name."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no time zone that is known here") from None
    return name


def refusal(field: str, problem: str) -> PydanticCustomError:
    """The error for a validator to raise when the problem says all, advice included."""
    return PydanticCustomError("refusal", "{problem}", {"problem": problem, "field": field})


Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
