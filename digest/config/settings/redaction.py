"""Which words of the settings no log may hold, and which addresses are nobody's secret."""

import base64
import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

from digest.logs import redactor

_WHOLE = ("smtp_password", "bounces_password", "heartbeat_url", "metrics_token")
# By sight: an address that cannot be parsed has its password in the same place.
_LOGIN = re.compile(r"://[^:/@]*:(.*)@", re.DOTALL)
_IN_QUERY = re.compile(r"[?&](?:password|sslpassword)=([^&]*)")
_LONG = 12  # letters of a path that somebody could guess nothing by


def register_secrets(values: Mapping[str, str]) -> None:
    """Covers what is secret in settings as they are written, good or not.

    Args:
        values: by the name of the field.
    """
    found = [values[field] for field in _WHOLE if field in values]
    found += [part.strip() for part in values.get("secret", "").split(",")]
    for field in ("database_url", "bounces_imap"):
        url = values.get(field, "")
        found += _LOGIN.findall(url) + _IN_QUERY.findall(url)
    user, password = values.get("smtp_user"), values.get("smtp_password")
    if user and password:  # as a mail server hears it (RFC 4616)
        found.append(base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii"))
    beat = values.get("heartbeat_url", "")
    if "://" in beat:  # an error of the network may tell the path alone
        path = urlsplit(beat).path.strip("/")
        found += [path] if len(path) >= _LONG else []
    redactor.conceal(*found, *map(unquote, found))


def register_environment_secrets(environ: Mapping[str, str]) -> None:
    """The same for settings in the environment, which nobody may have read yet."""
    register_secrets(
        {
            name.removeprefix("DIGEST_").lower(): value
            for name, value in environ.items()
            if name.startswith("DIGEST_")
        }
    )


def register_public_addresses(key: str | None, addresses: Iterable[str | None]) -> None:
    """Tells masked addresses apart by a keyed hash, and shows the installation's own ones.

    Args:
        key: the secret that keys the hash; None: masked addresses get no hash.
        addresses: the installation's own addresses; those not set are None.
    """
    if key:
        redactor.follow(key.encode())
    redactor.own(*(address for address in addresses if address))
