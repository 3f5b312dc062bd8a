"""Validators of single settings: each returns the value or raises ValueError with the problem."""

import re
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from digest.config.email_addresses import check_line
from digest.config.tables.markers import CheckedBy, WholeMessageError
from digest.config.tables.text_values import SecretText
from digest.core.subscribers.email_addresses import check_address
from digest.core.subscribers.signed_tokens import (
    MAX_LOCAL_PART,
    RETURN_TOKEN_LENGTH,
    return_pattern,
)
from digest.late_patterns import late_pattern

MIN_KEEP_DAYS = 45  # papers are compared with those of this period
MIN_SECRET_LENGTH = 32  # characters

LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|\[?::1\]?", re.IGNORECASE)
# A name, or an IPv6 address with or without brackets.
_HOST = re.compile(r"[\w.-]+|\[?[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*\]?")
_DNS_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DNS_NAME = late_pattern(rf"{_DNS_LABEL}(\.{_DNS_LABEL})*")
_SQLITE = "sqlite:///"
_DATABASE = late_pattern(r"sqlite://|(postgres|postgresql)(\+psycopg)?://.")


def host(text: str) -> str:
    """Returns the name or IP address of a server, without brackets."""
    if not _HOST.fullmatch(text):
        raise ValueError("not the name of a server; leave out scheme, port and spaces")
    return text.strip("[]")


def dns_name(text: str) -> str:
    """Returns a DNS name in lower case; only ASCII is accepted."""
    if len(text) > 190 or not _DNS_NAME.fullmatch(text):
        raise ValueError("not a DNS name; write letters, digits, hyphens and dots")
    return text.lower()


def keep_days(days: int) -> int:
    """Checks the number of days for which contents are kept: 0, or at least `MIN_KEEP_DAYS`."""
    if 0 < days < MIN_KEEP_DAYS:
        raise ValueError(f"less than {MIN_KEEP_DAYS} days; write {MIN_KEEP_DAYS} or more, or 0")
    return days


def secrets(value: str) -> tuple[str, ...]:
    """Splits keys at commas, and checks the length of each key."""
    parts = [part.strip() for part in value.split(",")]
    for number, part in enumerate(parts, start=1):
        if len(part) < MIN_SECRET_LENGTH:
            which = f"secret {number} of {len(parts)}" if len(parts) > 1 else "it"
            raise refusal(
                "secret",
                f"{which} is shorter than {MIN_SECRET_LENGTH} characters; make one with:"
                ' python3 -c "import secrets; print(secrets.token_urlsafe(32))"',
            )
    return tuple(parts)


def path_in_home(path: Path) -> Path:
    """Checks that a path is one line. `digest.config.settings.loader` puts it below the home."""
    return Path(check_line(str(path)))


def database_url(url: str) -> str:
    """Checks the URL of a database."""
    if not _DATABASE.match(url):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    return url


def database_in_home(url: str, home: Path) -> str:
    """Returns the URL of a database; a relative SQLite file starts at the home."""
    file = url.removeprefix(_SQLITE)
    # No relative file: another database, or a form that the store refuses.
    if file in (url, "", ":memory:") or file.startswith("/"):
        return url
    return f"{_SQLITE}{home / file}"


def delivery(text: str) -> str:
    """Checks a transport, such as "smtp" or "maildir:FOLDER"."""
    kind, _, rest = text.partition(":")
    if kind == "smtp" and not rest:
        return text
    if kind not in ("maildir", "file", "sendmail"):
        raise ValueError("must be smtp, or begin with maildir:, file: or sendmail:")
    if not check_line(rest):
        raise ValueError(f"the place is missing; write {kind}: and a path")
    if kind == "sendmail":
        import shlex

        shlex.split(rest)  # raises ValueError if a quote is left open
    return text


def base_url(url: str) -> str:
    """Checks the address of a website to which links in messages lead."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not _HOST.fullmatch(host):
        raise ValueError("not the address of a website")
    if parts.scheme == "http" and not LOOPBACK.fullmatch(host):
        raise ValueError("must begin with https://; http is allowed for this machine only")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError('must not contain a login, "?" or "#"')
    _ = parts.port  # raises ValueError if the port is not valid
    return url.rstrip("/")


def return_path(text: str) -> str:
    """Checks a return path: the local part needs space for a token.

    A token has `RETURN_TOKEN_LENGTH` characters, and the local part at most 64 octets (RFC 5321).
    """
    sample = "a" * RETURN_TOKEN_LENGTH
    if text.count("*") > 1 or "*" in text.rpartition("@")[2]:
        raise ValueError('"*" may be used once, before the "@"')
    # The token is recognised only between other characters
    # (`digest.core.subscribers.signed_tokens`).
    if re.search(r"[A-Za-z0-9]\*|\*[A-Za-z0-9]", text):
        raise ValueError('the "*" must not touch a letter or digit, as in bounces+*@example.org')
    local = return_pattern(text).rpartition("@")[0]
    if len(local) - 1 + RETURN_TOKEN_LENGTH > MAX_LOCAL_PART:
        room = MAX_LOCAL_PART - RETURN_TOKEN_LENGTH - 1
        raise ValueError(f'too long: write at most {room} characters before the "@"')
    check_address(return_pattern(text).replace("*", sample))
    return text


def heartbeat_url(url: SecretText) -> SecretText:
    """Checks a web address, which may be inside the network. The whole address is a secret."""
    from urllib.parse import urlsplit

    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("not a web address")
    if parts.username is not None:
        raise ValueError("must not contain a login")
    _ = parts.port  # raises ValueError if the port is not valid
    return url


def api_url(url: str) -> str:
    """Checks the address of an API, which may be inside the network."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("not a web address")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError('must not contain a login, "?" or "#"')
    _ = parts.port  # raises ValueError if the port is not valid
    return url.rstrip("/")


def is_open(url: str) -> bool:
    """Returns whether others on the network could read what is sent to a web address."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return parts.scheme == "http" and not LOOPBACK.fullmatch(parts.hostname or "")


def imap_url(url: str) -> str:
    """Checks the address of an IMAP folder, which must not contain a password."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.password is not None:
        raise ValueError("must not contain a password; set DIGEST_BOUNCES_PASSWORD instead")
    if parts.scheme not in ("imaps", "imap") or not parts.hostname or not parts.username:
        raise ValueError("not the address of an IMAP folder")
    _ = parts.port  # raises ValueError if the port is not valid
    return url


def listen_at(text: str) -> str:
    """Checks an address to listen on, as host:port."""
    name, _, port = text.rpartition(":")
    if not re.fullmatch("[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError("not an address to listen on; write host:port")
    host(name)
    return text


def crontab(text: str) -> str:
    """Checks a crontab expression."""
    from datetime import UTC

    from digest.core.schedule.crontab import parse

    parse(text, zone=UTC)
    return text


def zone(name: str) -> str:
    """Checks the IANA name of a time zone."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("not a known time zone") from None
    return name


def refusal(field: str, problem: str) -> WholeMessageError:
    """Returns an error for a check to raise whose text is complete, including the advice.

    Args:
        field: the setting to which the error belongs.
        problem: the text.
    """
    return WholeMessageError(problem, key=field)


PathInHome = Annotated[Path | None, CheckedBy(path_in_home)]
Seconds = Annotated[float, Meta(gt=0, le=3600)]
