"""The program's settings: `.env` in the home, overridden by the environment.

Each field of `Settings` is set by DIGEST_ and its name in capitals; the descriptions are
the help texts of `.env.example` and of the reference.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from digest.config.env_file import Entry, read_env_file
from digest.config.mailboxes import Mailbox, check_address, check_line, parse_mailbox
from digest.config.suggest import did_you_mean
from digest.core.links import LOCAL_PART, RETURN_TOKEN, return_pattern
from digest.errors import SettingsError, located

PREFIX = "DIGEST_"
SECRET_LENGTH = 32  # characters, at least
SMTP_PORTS = {"starttls": 587, "tls": 465, "none": 25}

_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|\[?::1\]?", re.IGNORECASE)
_HOST = re.compile(r"[\w.-]+|\[?[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*\]?")
_SQLITE = "sqlite:///"
_DATABASE = re.compile(r"sqlite://|(postgres|postgresql)(\+psycopg)?://.")
_NEVER_SHOWN = frozenset(
    {"smtp_password", "bounces_password", "bounces_imap", "database_url", "secret"}
)
# pydantic's kind of error -> what is wrong
_WRONG = {
    "int_parsing": "not a whole number",
    "float_parsing": "not a number",
    "finite_number": "not a number",
    "bool_parsing": "neither true nor false",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "string_too_long": "longer than {max_length} characters",
    "literal_error": "must be {expected}",
}


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise ValueError("no name of a server; leave scheme, port and spaces out")
    return text.strip("[]")


def _mailbox(value: Any) -> Any:
    return parse_mailbox(value) if isinstance(value, str) else value


def _secrets(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.split(",")]
    for number, part in enumerate(parts, start=1):
        if len(part) < SECRET_LENGTH:
            which = f"secret {number} of {len(parts)}" if len(parts) > 1 else "it"
            raise _refusal(
                "secret",
                f"{which} is shorter than {SECRET_LENGTH} characters; make one with:"
                ' python3 -c "import secrets; print(secrets.token_urlsafe(32))"',
            )
    return tuple(SecretStr(part) for part in parts)


def _in_home(path: Path, info: ValidationInfo) -> Path:
    home: Path = info.data["home"]
    return home / check_line(str(path))


def _database(url: str, info: ValidationInfo) -> str:
    if not _DATABASE.match(url):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    file = url.removeprefix(_SQLITE)
    if file in (url, "", ":memory:") or file.startswith("/"):
        return url
    return f"{_SQLITE}{info.data['home'] / file}"


def _base_url(url: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not _HOST.fullmatch(host):
        raise ValueError("no address of a web site")
    if parts.scheme == "http" and not _LOOPBACK.fullmatch(host):
        raise ValueError("must begin with https://; http is for this machine alone")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError('must have no login, "?" or "#"')
    _ = parts.port  # raises ValueError if it is none
    return url.rstrip("/")


def _return_path(text: str) -> str:
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


def _imap(url: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.password is not None:
        raise ValueError("must hold no password; that goes into DIGEST_BOUNCES_PASSWORD")
    if parts.scheme not in ("imaps", "imap") or not parts.hostname or not parts.username:
        raise ValueError("no address of an IMAP folder")
    _ = parts.port  # raises ValueError if it is none
    return url


def _listen(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ValueError("no address to listen at")
    _host(host)
    return text


def _refusal(field: str, problem: str) -> PydanticCustomError:
    """The error for a validator to raise when the problem says all, advice included."""
    return PydanticCustomError("refusal", "{problem}", {"problem": problem, "field": field})


class Settings(BaseModel):
    """All settings, checked; made by `load`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, str_strip_whitespace=True
    )

    home: Path = Field(description="The folder that holds everything; absolute.")
    smtp_host: Annotated[str, AfterValidator(_host)] | None = Field(
        default=None,
        description="The mail server that takes the digests; without it nothing is sent.",
        examples=["smtp.example.org"],
    )
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the connection is encrypted: starttls, tls (from the start) or none.",
        examples=["starttls"],
    )
    smtp_port: int = Field(
        default=0,  # becomes the usual one
        ge=1,
        le=65535,
        description="The server's port; by default 587 with starttls, 465 with tls, 25 with none.",
        examples=["587"],
    )
    smtp_user: str | None = Field(
        default=None,
        description="The login at the mail server; needs a password.",
        examples=["digest@example.org"],
    )
    smtp_password: SecretStr | None = Field(
        default=None,
        description="Its password; never sent over a connection without encryption.",
        examples=["an app password"],
    )
    smtp_allow_plaintext: bool = Field(
        default=False,
        description="Allow security none to a server that is not this machine.",
        examples=["false"],
    )
    smtp_ca_file: Annotated[Path, AfterValidator(_in_home)] | None = Field(
        default=None,
        description="Certificates (PEM) of a private authority to trust, relative to the home.",
        examples=["ca.pem"],
    )
    smtp_timeout: float = Field(
        default=60.0,
        gt=0,
        le=3600,
        allow_inf_nan=False,
        description="Seconds to wait for the mail server's answers.",
        examples=["60"],
    )
    from_: Annotated[Mailbox, BeforeValidator(_mailbox)] | None = Field(
        default=None,
        description="The sender of the digests; without it nothing is sent.",
        examples=["Paper Digest <digest@example.org>"],
    )
    reply_to: Annotated[str, AfterValidator(check_address)] | None = Field(
        default=None,
        description="The address that replies go to; by default the sender's.",
        examples=["ada@example.org"],
    )
    list_name: Annotated[str, AfterValidator(check_line)] = Field(
        default="Paper Digest",
        max_length=100,
        description="What the digest is called, in subjects and in mail programs.",
        examples=["Paper Digest"],
    )
    database_url: Annotated[str, AfterValidator(_database)] = Field(
        default="sqlite:///digest.db",
        repr=False,  # may hold a password
        description="The database: SQLite, relative to the home, or PostgreSQL.",
        examples=["postgresql://digest:password@localhost/digest"],
    )
    base_url: Annotated[str, AfterValidator(_base_url)] | None = Field(
        default=None,
        description=(
            "Where the world reaches `digest serve`, for one-click unsubscribing; https, or"
            " http to this machine alone."
        ),
        examples=["https://digest.example.org"],
    )
    listen: Annotated[str, AfterValidator(_listen)] = Field(
        default="127.0.0.1:8025",
        description="Where `digest serve` listens; a web server with https stands before it.",
        examples=["127.0.0.1:8025"],
    )
    bounces: Annotated[str, AfterValidator(_return_path)] | None = Field(
        default=None,
        description=(
            "Where bounces and unsubscribe mails come back to, read by `digest bounces`; each"
            " letter adds a signed token to it: bounces+TOKEN@example.org, or at the place of a"
            " *. By default the sender's address, without a token."
        ),
        examples=["bounces@example.org"],
    )
    bounces_maildir: Annotated[Path, AfterValidator(_in_home)] | None = Field(
        default=None,
        description="The Maildir that they are delivered to.",
        examples=["/home/digest/Maildir"],
    )
    bounces_imap: Annotated[str, AfterValidator(_imap)] | None = Field(
        default=None,
        description=(
            "The IMAP folder that they are delivered to; imaps, or imap with STARTTLS. The @ in"
            " a user's name is written %40."
        ),
        examples=["imaps://bounces%40example.org@imap.example.org/INBOX"],
    )
    bounces_password: SecretStr | None = Field(
        default=None,
        description="The password at the IMAP server; never sent without encryption.",
        examples=["an app password"],
    )
    bounces_ca_file: Annotated[Path, AfterValidator(_in_home)] | None = Field(
        default=None,
        description="Certificates (PEM) of a private authority that the IMAP server's is from.",
        examples=["ca.pem"],
    )
    secret: Annotated[tuple[SecretStr, ...], BeforeValidator(_secrets)] = Field(
        default=(),
        description=(
            "Signs the links in the mails; at least 32 characters. Several, with commas between:"
            " the first signs, all are accepted."
        ),
        examples=["32-or-more-random-characters"],  # too short, so that nobody keeps it
    )
    templates: Annotated[Path, AfterValidator(_in_home)] | None = Field(
        default=None,
        description="A folder of templates that come before the built-in ones.",
        examples=["templates"],
    )

    @field_validator("smtp_port", mode="before")
    @classmethod
    def _usual_port(cls, value: Any, info: ValidationInfo) -> Any:
        return SMTP_PORTS.get(info.data.get("smtp_security", ""), 587) if value == 0 else value

    @model_validator(mode="after")
    def _mail_settings_agree(self) -> "Settings":
        if self.smtp_password and self.smtp_security == "none":
            raise _refusal(
                "smtp_password",
                "a password would be sent in the clear, as DIGEST_SMTP_SECURITY is none; write"
                " starttls or tls there, or remove the user and the password",
            )
        if self.smtp_password and not self.smtp_user:
            raise _refusal("smtp_user", "missing, while DIGEST_SMTP_PASSWORD is set; write both")
        if self.smtp_user and not self.smtp_password:
            raise _refusal("smtp_password", "missing, while DIGEST_SMTP_USER is set; write both")
        remote = self.smtp_host and not _LOOPBACK.fullmatch(self.smtp_host)
        if remote and self.smtp_security == "none" and not self.smtp_allow_plaintext:
            raise _refusal(
                "smtp_security",
                f"none would send mail to {self.smtp_host} unencrypted; write starttls or tls, or"
                " insist with DIGEST_SMTP_ALLOW_PLAINTEXT=true",
            )
        return self

    def delivery_problem(self) -> str | None:
        """Why no mail can be sent, and what to write where; None if it can."""
        for field, value in (("smtp_host", self.smtp_host), ("from_", self.from_)):
            if value is None:
                name = variable(field)
                return (
                    f"mail cannot be sent: {name} is not set; write {name}={example(field)}"
                    f" in {self.home / '.env'}"
                )
        return None


def variable(field: str) -> str:
    """The name that sets a field: `smtp_host` -> `DIGEST_SMTP_HOST`."""
    return PREFIX + field.rstrip("_").upper()


def example(field: str) -> str:
    """A value that can be written for a field."""
    examples = Settings.model_fields[field].examples
    return str(examples[0]) if examples else "..."


FIELDS = {variable(name): name for name in Settings.model_fields if name != "home"}
"""Every setting: the variable's name -> the field's."""


def load(home: Path, environ: Mapping[str, str]) -> Settings:
    """The settings of a home: its `.env`, overridden by the environment.

    An empty value counts as none. Unknown DIGEST_ names are refused in the file and ignored
    in the environment, which may be meant for another version.

    Raises:
        SettingsError: a name is unknown, a value is wrong, or two contradict each other.
    """
    home = home.absolute()
    file = home / ".env"
    entries: dict[str, Entry] = {}
    for entry in read_env_file(file):
        if entry.name.startswith(PREFIX) and entry.name not in FIELDS:
            raise SettingsError(f"{entry.place}: {_unknown(entry.name)}")
        if entry.name in FIELDS and entry.value.strip():
            entries[FIELDS[entry.name]] = entry
    for name, field in FIELDS.items():
        value = environ.get(name, "")
        if value.strip():
            entries[field] = Entry(name=name, value=value, place="environment")
    values: dict[str, Any] = {field: entry.value for field, entry in entries.items()}
    try:
        return Settings(home=home, **values)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
    context: Mapping[str, Any] = detail.get("ctx", {})
    field = context.get("field") or str(detail["loc"][0])
    place = entries[field].place if field in entries else str(file)
    raise SettingsError(located(f"{variable(field)}: {_wrong(field, detail)}", place))


def _unknown(name: str) -> str:
    if name == "DIGEST_HOME":  # its value would be the way to this very file
        return "DIGEST_HOME has no effect here; set it in the environment, or use --home"
    return f"unknown setting {name}{did_you_mean(name, FIELDS)}"


def _wrong(field: str, detail: ErrorDetails) -> str:
    """What is wrong with a field's value; the value is shown unless it is a secret."""
    context: Mapping[str, Any] = detail.get("ctx", {})
    if detail["type"] == "refusal":
        return str(context["problem"])
    if detail["type"] == "value_error":
        problem = str(context["error"])
    else:
        problem = _WRONG.get(detail["type"], detail["msg"]).format(**context)
    secret = field in _NEVER_SHOWN
    value = "" if secret else f": {str(detail['input'])[:80]!r}"
    return f"{problem}{value}; write {variable(field)}={example(field)}"
