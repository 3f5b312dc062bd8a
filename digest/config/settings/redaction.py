"""Tells the log redactor which values are secret, and which addresses may be shown."""

import base64
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from digest.config.settings.env_file import read_env_file
from digest.logs import redactor

_SECRET_FIELDS = (
    "smtp_password",
    "bounces_password",
    "mail_password",
    "heartbeat_url",
    "metrics_token",
    "rerank_key",
    "openalex_key",
    "pubmed_key",
    "zotero_key",
    "semanticscholar_key",
    "signup_invitation",
)
# Besides those: what may contain a password, and what belongs to one machine.
_NOT_EXPORTED = frozenset((*_SECRET_FIELDS, "secret", "database_url", "bounces_imap"))
# A pattern and not a URL parser: a URL that cannot be parsed may contain a password too.
_PASSWORD_IN_URL = re.compile(r"://[^:/@]*:(.*)@", re.DOTALL)
_PASSWORD_IN_QUERY = re.compile(r"[?&](?:password|sslpassword)=([^&]*)")
_MIN_PATH_LENGTH = 12  # a shorter path is a common word, which must stay readable in logs


def register_secrets(values: Mapping[str, str]) -> None:
    """Hides the secrets of settings in all logs, whether the settings are valid or not.

    Args:
        values: the settings as they are written, by the name of the field.
    """
    secrets = [values[field] for field in _SECRET_FIELDS if field in values]
    secrets += [part.strip() for part in values.get("secret", "").split(",")]
    for field in ("database_url", "bounces_imap"):
        url = values.get(field, "")
        # Without the part after the last `@`, in which each `://` would be tried to the end.
        secrets += _PASSWORD_IN_URL.findall(url[: url.rfind("@") + 1])
        secrets += _PASSWORD_IN_QUERY.findall(url)
    user, password = values.get("smtp_user"), values.get("smtp_password")
    # The form in which they are sent to the mail server (RFC 4616).
    if user and password:
        secrets.append(base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii"))
    heartbeat = values.get("heartbeat_url", "")
    # A network error may show the path without the host.
    if "://" in heartbeat:
        path = urlsplit(heartbeat).path.strip("/")
        secrets += [path] if len(path) >= _MIN_PATH_LENGTH else []
    # An error may show a secret with or without the % escapes of a URL.
    redactor.add_secrets(*secrets, *map(unquote, secrets))


def lines_without_secrets(file: Path) -> str:
    """Returns the settings of a `.env` file as lines; of the secrets, only their names.

    Args:
        file: the file; it may be absent.

    Raises:
        SettingsError: the file cannot be read.
    """
    lines = []
    for entry in read_env_file(file):
        field = entry.name.removeprefix("DIGEST_").lower()
        if not entry.name.startswith("DIGEST_"):
            continue
        if field in _NOT_EXPORTED:
            lines.append(f"# {entry.name}=  (not exported)")
        else:
            lines.append(f"{entry.name}={_quoted(entry.value)}")
    return "".join(f"{line}\n" for line in lines)


def _quoted(value: str) -> str:
    """Returns a value as a `.env` file writes it."""
    if value.isprintable() and not any(sign in value for sign in " '\"#\\$"):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def register_environment_secrets(environ: Mapping[str, str]) -> None:
    """Hides the secrets of settings in the environment, before the settings are loaded.

    Args:
        environ: the environment variables.
    """
    register_secrets(
        {
            name.removeprefix("DIGEST_").lower(): value
            for name, value in environ.items()
            if name.startswith("DIGEST_")
        }
    )


def register_public_addresses(key: str | None, addresses: Iterable[str | None]) -> None:
    """Sets the key for masked addresses, and the addresses that are shown in full.

    A masked address gets a keyed hash, so that two masked addresses can be told apart.

    Args:
        key: the secret that keys the hash; None: masked addresses get no hash.
        addresses: the installation's own addresses; those not set are None.
    """
    if key:
        redactor.set_hash_key(key.encode())
    redactor.allow_addresses(*(address for address in addresses if address))
