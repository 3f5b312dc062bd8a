"""What the settings know as secret, no log shows; good settings or not."""

from pathlib import Path

import pytest

from digest.config.settings.loader import NEVER_SHOWN, Settings, load, variable_name
from digest.config.tables.keys import keys_of
from digest.errors import SettingsError
from digest.logs import redactor

SECRETS = {
    "smtp_password": ("DIGEST_SMTP_PASSWORD", "canary-smtp-1", "canary-smtp-1"),
    "bounces_password": ("DIGEST_BOUNCES_PASSWORD", "canary-imap-2", "canary-imap-2"),
    "mail_password": ("DIGEST_MAIL_PASSWORD", "canary-mail-14", "canary-mail-14"),
    "secret": ("DIGEST_SECRET", "canary-key-3" * 4, "canary-key-3" * 4),
    "heartbeat_url": ("DIGEST_HEARTBEAT_URL", "https://hc.example/canary-beat-4", "canary-beat-4"),
    "rerank_key": ("DIGEST_RERANK_KEY", "canary-model-9", "canary-model-9"),
    "pubmed_key": ("DIGEST_PUBMED_KEY", "canary-pubmed-12", "canary-pubmed-12"),
    "zotero_key": ("DIGEST_ZOTERO_KEY", "canary-zotero-13", "canary-zotero-13"),
    "openalex_key": ("DIGEST_OPENALEX_KEY", "canary-openalex-10", "canary-openalex-10"),
    "semanticscholar_key": ("DIGEST_SEMANTICSCHOLAR_KEY", "canary-s2-11", "canary-s2-11"),
    "metrics_token": ("DIGEST_METRICS_TOKEN", "canary-token-5-5", "canary-token-5-5"),
    "signup_invitation": ("DIGEST_SIGNUP_INVITATION", "canary-invite-8", "canary-invite-8"),
    "database_url": (
        "DIGEST_DATABASE_URL",
        "postgresql://digest:canary-db%2F6@localhost/d",
        "canary-db/6",
    ),
    "bounces_imap": ("DIGEST_BOUNCES_IMAP", "imaps://b:canary-imap-7@localhost", "canary-imap-7"),
}


def test_every_secret_setting_is_tested_here() -> None:
    assert set(SECRETS) == NEVER_SHOWN


def test_every_field_with_a_secret_text_is_a_secret_setting() -> None:
    keys = keys_of(Settings)
    hidden = {name for name, key in keys.items() if "SecretText" in str(key.annotation)}
    assert hidden
    assert hidden <= NEVER_SHOWN


def test_settings_as_text_show_no_secret(tmp_path: Path) -> None:
    environ = {
        "DIGEST_DATABASE_URL": SECRETS["database_url"][1],
        "DIGEST_METRICS_TOKEN": SECRETS["metrics_token"][1],
    }
    settings = load(tmp_path, environ)
    assert repr(settings) == str(settings) == f"Settings(home={str(tmp_path)!r})"


@pytest.mark.parametrize("field", SECRETS)
def test_a_secret_is_hidden_although_another_setting_is_wrong(tmp_path: Path, field: str) -> None:
    name, value, secret = SECRETS[field]
    assert name == variable_name(field)
    with pytest.raises(SettingsError):
        load(tmp_path, {name: value, "DIGEST_SMTP_PORT": "none"})
    assert secret not in redactor(f"a {secret} b")


def test_the_smtp_login_is_hidden_in_its_encoded_form(tmp_path: Path) -> None:
    import base64

    load(tmp_path, {"DIGEST_SMTP_USER": "u", "DIGEST_SMTP_PASSWORD": "canary-smtp-8"})
    coded = base64.b64encode(b"\0u\0canary-smtp-8").decode()
    assert coded not in redactor(f"AUTH PLAIN {coded}")


def test_the_installations_own_addresses_are_shown_and_readers_can_be_followed(
    tmp_path: Path,
) -> None:
    load(tmp_path, {"DIGEST_OPERATOR": "root@own.example", "DIGEST_SECRET": "k" * 32})
    shown = redactor("root@own.example reader@other.example")
    assert shown.startswith("root@own.example ***#")
