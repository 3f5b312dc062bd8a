"""Loads the settings: the file `.env` in the home, overridden by environment variables.

The variable of a field of `Settings` is DIGEST_ and the name of the field in capitals. The
descriptions of the fields become `.env.example` and the reference page.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

from msgspec.structs import replace

from digest.config.email_addresses import check_line
from digest.config.profiles.presentation_fields import LanguageCode
from digest.config.settings import redaction as settings_redaction
from digest.config.settings import validators
from digest.config.settings.delivery import SMTP_PORTS
from digest.config.settings.env_file import EnvEntry, read_env_file
from digest.config.settings.ranking import RankingSettings
from digest.config.settings.validators import PathInHome
from digest.config.suggestions import did_you_mean
from digest.config.tables.keys import keys_of
from digest.config.tables.markers import Before, CheckedBy, described
from digest.config.tables.problems import ProblemsError, TableProblem
from digest.config.tables.readers import reader_of
from digest.config.tables.text_values import TEXT, SecretText
from digest.errors import SettingsError, located

PREFIX = "DIGEST_"

# Also the URLs that may contain a password, and the heartbeat URL, which is a secret as a whole.
NEVER_SHOWN = frozenset(
    {
        "smtp_password",
        "bounces_password",
        "mail_password",
        "bounces_imap",
        "database_url",
        "secret",
        "heartbeat_url",
        "metrics_token",
        "rerank_key",
        "openalex_key",
        "pubmed_key",
        "zotero_key",
        "semanticscholar_key",
        "signup_invitation",
    }
)


class Settings(RankingSettings, frozen=True, kw_only=True):
    """All settings, checked. Use `load` to create them."""

    list_name: Annotated[
        str,
        CheckedBy(check_line),
        described(
            "The name of the digest, in subjects and in mail programs.",
            example="Paper Digest",
            max_length=100,
        ),
    ] = "Paper Digest"
    language: Annotated[
        LanguageCode,
        described(
            "The language of messages and pages for readers who chose none: en, de, or that of a"
            " catalogue languages/CODE.po in DIGEST_TEMPLATES.",
            example="de",
        ),
    ] = "en"
    database_url: Annotated[
        str,
        CheckedBy(validators.database_url),
        described(
            "The database: SQLite, with a file relative to the home, or PostgreSQL.",
            example="postgresql://digest:password@localhost/digest",
        ),
    ] = "sqlite:///digest.db"
    secret: Annotated[
        tuple[SecretText, ...],
        Before(validators.secrets),
        described(
            "The key that signs the links in the messages; at least 32 characters. Several"
            " keys may be given with commas between them: the first one signs, and all are"
            " accepted.",
            example="32-or-more-random-characters",  # too short on purpose, so that nobody uses it
        ),
    ] = ()
    secret_old_until: Annotated[
        date | None,
        described(
            "The last day (UTC) on which the site accepts links that another key than the first"
            " one signed, if that key may be known to others. Without it, they are accepted for"
            " ever.",
            example="2027-01-31",
        ),
    ] = None
    keep_days: Annotated[
        int,
        CheckedBy(validators.keep_days),
        described(
            "Days for which the contents of digests, abstracts and the reports of fetches are"
            " kept; at least 45. 0 keeps them for ever. What identifies a paper is always"
            " kept.",
            example="180",
            ge=0,
        ),
    ] = 180
    keep_left_days: Annotated[
        int,
        CheckedBy(validators.keep_days),
        described(
            "Days for which the address of a reader who left is kept, with its consent log and"
            " digests, and for which reports of bounces are kept; at least 45. After that only a"
            " keyed hash stays, so that the address gets no mail by mistake. 0 keeps them for"
            " ever.",
            example="365",
            ge=0,
        ),
    ] = 365
    templates: Annotated[
        PathInHome,
        described(
            "A folder with your own templates, which are used in place of the built-in ones.",
            example="templates",
        ),
    ] = None

    def __repr__(self) -> str:
        """Returns the home alone: other settings may contain a password."""
        return f"Settings(home={str(self.home)!r})"

    def delivery_problem(self) -> str | None:
        """Returns why no mail can be sent and what to write where; None if mail can be sent."""
        for field, value in (("smtp_host", self.smtp_host), ("from_", self.from_)):
            if value is None and (field != "smtp_host" or self.delivery == "smtp"):
                name = variable_name(field)
                return (
                    f"mail cannot be sent: {name} is not set; write {name}={example_value(field)}"
                    f" in {self.home / '.env'}"
                )
        return None


def variable_name(field: str) -> str:
    """Returns the name of the variable for a field: `smtp_host` -> `DIGEST_SMTP_HOST`."""
    # `from_` has an underscore because `from` is a keyword of Python.
    return PREFIX + field.rstrip("_").upper()


def example_value(field: str) -> str:
    """Returns an example value of a field."""
    examples = keys_of(Settings)[field].examples
    return str(examples[0]) if examples else "..."


FIELDS_BY_VARIABLE = {variable_name(name): name for name in keys_of(Settings) if name != "home"}
"""The field of each variable, for all settings."""


def load(home: Path, environ: Mapping[str, str]) -> Settings:
    """Loads the settings of a home: its `.env`, overridden by the environment.

    An empty value counts as absent. An unknown DIGEST_ name is an error in the file. In the
    environment it is ignored, because it may be meant for another version.

    From now on the secrets are hidden in all logs, even if loading fails.

    Args:
        home: the home folder.
        environ: the environment variables.

    Raises:
        SettingsError: a name is unknown, a value is wrong, or two values contradict each other.
    """
    home = home.absolute()
    file = home / ".env"
    entries: dict[str, EnvEntry] = {}
    for entry in read_env_file(file):
        if entry.name.startswith(PREFIX) and entry.name not in FIELDS_BY_VARIABLE:
            raise SettingsError(f"{entry.place}: {_unknown_name(entry.name)}")
        if entry.name in FIELDS_BY_VARIABLE and entry.value.strip():
            entries[FIELDS_BY_VARIABLE[entry.name]] = entry
    for name, field in FIELDS_BY_VARIABLE.items():
        value = environ.get(name, "")
        if value.strip():
            entries[field] = EnvEntry(name=name, value=value, place="environment")
    texts = {field: entry.value for field, entry in entries.items()}
    settings_redaction.register_secrets(texts)
    try:
        loaded = _read(home, texts)
    except ProblemsError as error:
        problem = error.found[0]
        # A check of several settings names the one to correct.
        field = problem.key or str(problem.path[0])
        place = entries[field].place if field in entries else str(file)
        text = f"{variable_name(field)}: {_worded(field, problem)}"
        raise SettingsError(located(text, place)) from None
    settings_redaction.register_public_addresses(
        loaded.secret[0].get_secret_value() if loaded.secret else None,
        (
            loaded.operator,
            *loaded.admin,
            loaded.reply_to,
            loaded.bounces,
            loaded.smtp_user,
            loaded.from_.address if loaded.from_ else None,
        ),
    )
    return loaded


def _read(home: Path, texts: Mapping[str, str]) -> Settings:
    written = reader_of(Settings, TEXT).read({"home": home, **texts})
    values = {name: getattr(written, name) for name in keys_of(Settings)}
    paths = {name: home / value for name, value in values.items() if isinstance(value, Path)}
    return replace(
        written,
        smtp_port=written.smtp_port or SMTP_PORTS[written.smtp_security],
        database_url=validators.database_in_home(written.database_url, home),
        **paths,
    )


def _unknown_name(name: str) -> str:
    # It says where this file is, so it cannot be in it.
    if name == "DIGEST_HOME":
        return "DIGEST_HOME has no effect here; set it in the environment, or use --home"
    return f"unknown setting {name}{did_you_mean(name, FIELDS_BY_VARIABLE)}"


def _worded(field: str, problem: TableProblem) -> str:
    """Returns the problem with the value of a field, with the value unless it is a secret."""
    if problem.kind == "whole message":
        return problem.text
    value = "" if field in NEVER_SHOWN else f": {str(problem.value)[:80]!r}"
    return f"{problem.text}{value}; write {variable_name(field)}={example_value(field)}"
