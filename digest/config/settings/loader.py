"""Loads the settings: the file `.env` in the home, overridden by environment variables.

The variable of a field of `Settings` is DIGEST_ and the name of the field in capitals. The
descriptions of the fields become `.env.example` and the reference page.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from digest.config.email_addresses import check_line
from digest.config.profiles.presentation_fields import LanguageCode
from digest.config.settings import redaction as settings_redaction
from digest.config.settings import validators
from digest.config.settings.delivery import DeliverySettings
from digest.config.settings.enrichment import EnrichmentSettings
from digest.config.settings.env_file import EnvEntry, read_env_file
from digest.config.settings.inbound import InboundSettings
from digest.config.settings.monitoring import MonitoringSettings
from digest.config.settings.ranking import RankingSettings
from digest.config.settings.schedule import ScheduleSettings
from digest.config.settings.site import SiteSettings
from digest.config.suggestions import did_you_mean
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
# Our text for each error type of pydantic
_PROBLEMS = {
    "int_parsing": "not a whole number",
    "float_parsing": "not a number",
    "finite_number": "not a number",
    "bool_parsing": "neither true nor false",
    "date_from_datetime_parsing": "no day such as 2027-01-31",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "string_too_long": "longer than {max_length} characters",
    "too_short": "shorter than {min_length} characters",
    "string_too_short": "shorter than {min_length} characters",
    "literal_error": "must be {expected}",
}


class Settings(
    RankingSettings,
    EnrichmentSettings,
    MonitoringSettings,
    ScheduleSettings,
    SiteSettings,
    InboundSettings,
    DeliverySettings,
):
    """All settings, checked. Use `load` to create them."""

    list_name: Annotated[str, AfterValidator(check_line)] = Field(
        default="Paper Digest",
        max_length=100,
        description="The name of the digest, in subjects and in mail programs.",
        examples=["Paper Digest"],
    )
    language: LanguageCode = Field(
        default="en",
        description=(
            "The language of messages and pages for readers who chose none: en, de, or that of a"
            " catalogue languages/CODE.po in DIGEST_TEMPLATES."
        ),
        examples=["de"],
    )
    database_url: Annotated[str, AfterValidator(validators.database_url)] = Field(
        default="sqlite:///digest.db",
        repr=False,  # may contain a password
        description="The database: SQLite, with a file relative to the home, or PostgreSQL.",
        examples=["postgresql://digest:password@localhost/digest"],
    )
    secret: Annotated[tuple[SecretStr, ...], BeforeValidator(validators.secrets)] = Field(
        default=(),
        description=(
            "The key that signs the links in the messages; at least 32 characters. Several"
            " keys may be given with commas between them: the first one signs, and all are"
            " accepted."
        ),
        examples=["32-or-more-random-characters"],  # too short on purpose, so that nobody uses it
    )
    secret_old_until: date | None = Field(
        default=None,
        description=(
            "The last day (UTC) on which the site accepts links that another key than the first"
            " one signed, if that key may be known to others. Without it, they are accepted for"
            " ever."
        ),
        examples=["2027-01-31"],
    )
    keep_days: Annotated[int, AfterValidator(validators.keep_days)] = Field(
        default=180,
        ge=0,
        description=(
            "Days for which the contents of digests, abstracts and the reports of fetches are"
            " kept; at least 45. 0 keeps them for ever. What identifies a paper is always"
            " kept."
        ),
        examples=["180"],
    )
    keep_left_days: Annotated[int, AfterValidator(validators.keep_days)] = Field(
        default=365,
        ge=0,
        description=(
            "Days for which the address of a reader who left is kept, with its consent log and"
            " digests, and for which reports of bounces are kept; at least 45. After that only a"
            " keyed hash stays, so that the address gets no mail by mistake. 0 keeps them for"
            " ever."
        ),
        examples=["365"],
    )
    templates: Annotated[Path, AfterValidator(validators.in_home)] | None = Field(
        default=None,
        description=(
            "A folder with your own templates, which are used in place of the built-in ones."
        ),
        examples=["templates"],
    )

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
    examples = Settings.model_fields[field].examples
    return str(examples[0]) if examples else "..."


FIELDS_BY_VARIABLE = {variable_name(name): name for name in Settings.model_fields if name != "home"}
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
    values: dict[str, Any] = {field: entry.value for field, entry in entries.items()}
    settings_redaction.register_secrets(values)
    try:
        loaded = Settings(home=home, **values)
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
        return loaded  # noqa: TRY300 - the code below handles the error
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
    context: Mapping[str, Any] = detail.get("ctx", {})
    # A validator of several settings names the one to correct.
    field = context.get("field") or str(detail["loc"][0])
    place = entries[field].place if field in entries else str(file)
    raise SettingsError(located(f"{variable_name(field)}: {_problem(field, detail)}", place))


def _unknown_name(name: str) -> str:
    # It says where this file is, so it cannot be in it.
    if name == "DIGEST_HOME":
        return "DIGEST_HOME has no effect here; set it in the environment, or use --home"
    return f"unknown setting {name}{did_you_mean(name, FIELDS_BY_VARIABLE)}"


def _problem(field: str, detail: ErrorDetails) -> str:
    """Returns the problem with the value of a field, with the value unless it is a secret."""
    context: Mapping[str, Any] = detail.get("ctx", {})
    if detail["type"] == "refusal":
        return str(context["problem"])
    if detail["type"] == "value_error":
        problem = str(context["error"])
    else:
        problem = _PROBLEMS.get(detail["type"], detail["msg"]).format(**context)
    secret = field in NEVER_SHOWN
    value = "" if secret else f": {str(detail['input'])[:80]!r}"
    return f"{problem}{value}; write {variable_name(field)}={example_value(field)}"
