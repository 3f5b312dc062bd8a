"""Settings: where they come from, and the messages about mistakes."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from digest.config.email_addresses import NamedAddress
from digest.config.settings.env_file import read_env_file
from digest.config.settings.loader import FIELDS_BY_VARIABLE, Settings, load
from digest.errors import SettingsError

SECRET = "an-old-key-of-thirty-two-letters"
Writer = Callable[..., Path]


@pytest.fixture
def home(tmp_path: Path) -> Writer:
    def write(*lines: str) -> Path:
        (tmp_path / ".env").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tmp_path

    return write


def refusal(home: Path, **environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(home, environ)
    return str(caught.value).replace(str(home), "HOME")


def test_a_home_without_settings_has_the_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path, {})
    database = f"sqlite:///{tmp_path}/digest.db"
    assert settings == Settings(home=tmp_path, database_url=database, smtp_port=587)
    assert (settings.smtp_security, settings.smtp_port) == ("starttls", 587)
    assert (settings.smtp_timeout, settings.list_name) == (60.0, "Paper Digest")
    assert settings.secret == ()


def test_the_file_sets_every_setting(home: Writer) -> None:
    folder = home(
        "# a comment",
        "export DIGEST_SMTP_HOST=mail.example.org",
        "DIGEST_SMTP_SECURITY=tls",
        "DIGEST_SMTP_PORT=2465",
        "DIGEST_SMTP_USER=digest",
        'DIGEST_SMTP_PASSWORD="pa$${HOME}ss #1"',
        "DIGEST_SMTP_ALLOW_PLAINTEXT=no",
        "DIGEST_SMTP_CA_FILE=certificates/ca.pem",
        "DIGEST_SMTP_TIMEOUT_CONNECT=1.5",
        "DIGEST_SMTP_TIMEOUT=2.5",
        "DIGEST_SMTP_TIMEOUT_DATA=3.5",
        "DIGEST_SMTP_TIMEOUT_DOT=4.5",
        "DIGEST_SMTP_CONNECTIONS=8",
        "DIGEST_SMTP_CONNECTION_LETTERS=20",
        "DIGEST_SMTP_CONNECTION_SECONDS=60",
        "DIGEST_SMTP_RATE=90.5",
        "DIGEST_RENDER_PROCESSES=3",
        "DIGEST_PUBLISH_PROCESSES=5",
        "DIGEST_WORKER_SHARDS=16",
        "DIGEST_DELIVERY=maildir:mail",
        "DIGEST_IN_DOUBT=hold",
        "DIGEST_MAX_LATENESS_HOURS=12",
        "DIGEST_FROM=Paper Digest <digest@example.org>",
        "DIGEST_REPLY_TO=ada@example.org",
        "DIGEST_DKIM_KEY=keys/dkim.pem",
        "DIGEST_DKIM_SELECTOR=s2026",
        "DIGEST_DKIM_DOMAIN=Mail.example.org",
        "DIGEST_LIST_NAME=Our papers  # a remark",
        "DIGEST_LANGUAGE=pt-br",
        "DIGEST_DATABASE_URL=postgresql://digest:pw@localhost/digest",
        "DIGEST_BASE_URL=https://digest.example.org/",
        "DIGEST_LISTEN=[::1]:8080",
        "DIGEST_BOUNCES=bounces-*@example.org",
        "DIGEST_BOUNCES_MAILDIR=Maildir",
        "DIGEST_BOUNCES_IMAP=imaps://b%40example.org@imap.example.org/INBOX",
        "DIGEST_BOUNCES_PASSWORD=imap-pass",
        "DIGEST_BOUNCES_CA_FILE=ca.pem",
        "DIGEST_SCHEDULE=0 7 * * 1-5",
        "DIGEST_SCHEDULE_COLLECT='*/10 6-8 * * *'",
        "DIGEST_SCHEDULE_PUBLISH=@hourly",
        "DIGEST_SCHEDULE_DELIVER=*/15 * * * *",
        "DIGEST_SCHEDULE_TIDY=0 3 * * *",
        "DIGEST_SCHEDULE_ZONE=Europe/Paris",
        "DIGEST_SCHEDULE_LISTEN=127.0.0.1:8026",
        f"DIGEST_SECRET={SECRET}-1, {SECRET}-2",
        "DIGEST_SECRET_OLD_UNTIL=2027-01-31",
        "DIGEST_TEMPLATES=/etc/digest/templates",
        "DIGEST_KEEP_DAYS=400",
        "DIGEST_KEEP_LEFT_DAYS=500",
        "DIGEST_OPERATOR=admin@example.org",
        "DIGEST_HEARTBEAT_URL=http://10.0.0.1/ping/abc",
        "DIGEST_METRICS_TOKEN=sixteen-letters-1",
        "DIGEST_QUEUE_ALARM_HOURS=2.5",
        "DIGEST_LOG_FORMAT=json",
        "DIGEST_LOG_LEVEL=debug",
        "DIGEST_LOG_ADDRESSES=yes",
        "DIGEST_BACKGROUND=tables/german",
        "DIGEST_SEMANTIC=models/mine",
        "DIGEST_RERANK_URL=http://127.0.0.1:8080/v1/",
        "DIGEST_RERANK_KEY=model-key",
        "DIGEST_RERANK_MODEL=small",
        "DIGEST_RERANK_TIMEOUT=5.5",
        "DIGEST_RERANK_DAILY=7",
        "DIGEST_ENRICH=arxiv, Crossref",
        "DIGEST_ENRICH_BUDGET=12.5",
        "DIGEST_OPENALEX_KEY=openalex-key",
        "DIGEST_PUBMED_KEY=pubmed-key",
        "DIGEST_SEMANTICSCHOLAR_KEY=scholar-key",
        "DIGEST_ZOTERO_KEY=zotero-key",
        "DIGEST_MAIL_PASSWORD=mail-password",
        "DIGEST_MAIL_CA_FILE=mail.pem",
        "DIGEST_DAILY_REQUESTS=OpenAlex=20, pubmed=5",
        "DIGEST_ADMIN=ops@example.org, second@example.org",
        "DIGEST_SIGNUP=invite",
        "DIGEST_SIGNUP_INVITATION=come-and-read",
        "DIGEST_SIGNUP_DOMAINS=Example.org, example.edu",
        "DIGEST_SIGNUP_BLOCKED=lists/blocked.txt",
        "DIGEST_SIGNUP_TOPICS=nlp, groups/climate.toml",
        "DIGEST_SIGNUP_TERMS=I accept https://example.org/privacy",
        "DIGEST_SIGNUP_FRAMES=https://lab.example.org, https://*.example.edu",
        "DIGEST_SIGNUP_HOURLY=9",
        "DIGEST_LINK_DAYS=3",
        "DIGEST_HAND_OVER_PROFILES=true",
        "DIGEST_VIEW_DAYS=90",
        "DIGEST_PUBLIC_ARCHIVE=true",
        "DIGEST_TRUSTED_PROXIES=127.0.0.1, 10.1.2.3/8",
        "OTHER_PROGRAM=x",
    )
    settings = load(folder, {})
    assert settings.smtp_host == "mail.example.org"
    assert (settings.smtp_security, settings.smtp_port) == ("tls", 2465)
    assert (settings.smtp_user, settings.smtp_allow_plaintext) == ("digest", False)
    assert settings.smtp_password is not None
    assert settings.smtp_password.get_secret_value() == "pa$${HOME}ss #1"
    assert settings.smtp_ca_file == folder / "certificates/ca.pem"
    assert (settings.smtp_timeout_connect, settings.smtp_timeout) == (1.5, 2.5)
    assert (settings.smtp_timeout_data, settings.smtp_timeout_dot) == (3.5, 4.5)
    assert (settings.smtp_connections, settings.smtp_rate) == (8, 90.5)
    assert (settings.smtp_connection_letters, settings.smtp_connection_seconds) == (20, 60)
    assert (settings.delivery, settings.in_doubt) == ("maildir:mail", "hold")
    assert (settings.max_lateness_hours, settings.worker_shards) == (12, 16)
    assert (settings.render_processes, settings.publish_processes) == (3, 5)
    assert (settings.listen, settings.bounces) == ("[::1]:8080", "bounces-*@example.org")
    assert settings.bounces_maildir == folder / "Maildir"
    assert settings.bounces_imap == "imaps://b%40example.org@imap.example.org/INBOX"
    assert settings.bounces_password is not None
    assert settings.bounces_password.get_secret_value() == "imap-pass"
    assert settings.bounces_ca_file == folder / "ca.pem"
    assert settings.from_ == NamedAddress(name="Paper Digest", address="digest@example.org")
    assert settings.reply_to == "ada@example.org"
    assert settings.dkim_key == folder / "keys/dkim.pem"
    assert (settings.dkim_selector, settings.dkim_domain) == ("s2026", "mail.example.org")
    assert (settings.list_name, settings.language) == ("Our papers", "pt_BR")
    assert settings.database_url == "postgresql://digest:pw@localhost/digest"
    assert settings.base_url == "https://digest.example.org"
    assert [key.get_secret_value() for key in settings.secret] == [f"{SECRET}-1", f"{SECRET}-2"]
    assert settings.secret_old_until == date(2027, 1, 31)
    assert settings.templates == Path("/etc/digest/templates")
    assert (settings.keep_days, settings.keep_left_days) == (400, 500)
    assert (settings.operator, settings.queue_alarm_hours) == ("admin@example.org", 2.5)
    assert settings.heartbeat_url is not None
    assert settings.heartbeat_url.get_secret_value() == "http://10.0.0.1/ping/abc"
    assert (settings.log_format, settings.log_level) == ("json", "debug")
    assert settings.log_addresses is True
    assert settings.background == folder / "tables/german"
    assert settings.semantic == "models/mine"
    assert (settings.rerank_url, settings.rerank_model) == ("http://127.0.0.1:8080/v1", "small")
    assert (settings.rerank_timeout, settings.rerank_daily) == (5.5, 7)
    assert (settings.enrich, settings.enrich_budget) == ("arxiv crossref", 12.5)
    keys = (
        "metrics_token",
        "rerank_key",
        "openalex_key",
        "pubmed_key",
        "mail_password",
        "semanticscholar_key",
        "zotero_key",
    )
    assert [getattr(settings, key).get_secret_value() for key in keys] == [
        "sixteen-letters-1",
        "model-key",
        "openalex-key",
        "pubmed-key",
        "mail-password",
        "scholar-key",
        "zotero-key",
    ]
    _assert_site(settings, folder)
    assert settings.schedule == "0 7 * * 1-5"
    assert settings.crontabs == {
        "collect": "*/10 6-8 * * *",
        "enrich": "*/10 6-8 * * *",
        "publish": "@hourly",
        "deliver": "*/15 * * * *",
        "tidy": "0 3 * * *",
        "webhooks": "*/5 * * * *",
        "attend": "*/15 * * * *",
    }
    assert (settings.schedule_zone, settings.schedule_listen) == ("Europe/Paris", "127.0.0.1:8026")
    missing = set(FIELDS_BY_VARIABLE) - {entry.name for entry in read_env_file(folder / ".env")}
    assert not missing, "settings are missing in this test"


def _assert_site(settings: Settings, folder: Path) -> None:
    assert settings.admin == ("ops@example.org", "second@example.org")
    assert (settings.signup, settings.signup_hourly, settings.link_days) == ("invite", 9, 3)
    assert (settings.view_days, settings.public_archive) == (90, True)
    assert settings.signup_invitation is not None
    assert settings.signup_invitation.get_secret_value() == "come-and-read"
    assert settings.signup_domains == ("example.org", "example.edu")
    assert settings.signup_blocked == folder / "lists/blocked.txt"
    assert settings.signup_topics == ("nlp", "groups/climate.toml")
    assert settings.signup_terms == "I accept https://example.org/privacy"
    assert settings.signup_frames == ("https://lab.example.org", "https://*.example.edu")
    assert settings.hand_over_profiles
    assert settings.trusted_proxies == ("127.0.0.1/32", "10.0.0.0/8")


def test_the_environment_overrides_the_file(home: Writer) -> None:
    folder = home("DIGEST_LIST_NAME=file", "DIGEST_SMTP_HOST=file.example.org")
    settings = load(folder, {"DIGEST_LIST_NAME": "environment"})
    assert (settings.list_name, settings.smtp_host) == ("environment", "file.example.org")


def test_an_empty_value_counts_as_unset(home: Writer) -> None:
    folder = home("DIGEST_SMTP_PORT=", "DIGEST_LIST_NAME=file", 'DIGEST_REPLY_TO="  "')
    settings = load(folder, {"DIGEST_LIST_NAME": "", "DIGEST_SMTP_TIMEOUT": " "})
    assert (settings.smtp_port, settings.smtp_timeout) == (587, 60)
    assert (settings.list_name, settings.reply_to) == ("file", None)


@pytest.mark.parametrize("security, port", [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_port_follows_the_security(tmp_path: Path, security: str, port: int) -> None:
    assert load(tmp_path, {"DIGEST_SMTP_SECURITY": security}).smtp_port == port


def test_an_unknown_name_in_the_file_is_refused_with_line_and_suggestion(home: Writer) -> None:
    folder = home("# the server", "", "", "DIGEST_SMTP_HOTS=secret")
    assert refusal(folder) == (
        'HOME/.env:4: unknown setting DIGEST_SMTP_HOTS; did you mean "DIGEST_SMTP_HOST"?'
    )


def test_the_home_cannot_be_set_in_its_own_file(home: Writer) -> None:
    assert "HOME/.env:1: DIGEST_HOME has no effect here" in refusal(home("DIGEST_HOME=/srv"))


def test_an_unknown_name_in_the_environment_is_ignored(tmp_path: Path) -> None:
    environ = {"DIGEST_HOME": "/elsewhere", "DIGEST_SMTP_HOTS": "x", "PATH": "/bin"}
    assert load(tmp_path, environ) == load(tmp_path, {})


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("KEEP_DAYS", "30", "less than 45 days; write 45 or more, or 0: '30'"),
        ("SMTP_PORT", "x", "not a whole number: 'x'; write DIGEST_SMTP_PORT=587"),
        ("SMTP_PORT", "0", "must be at least 1: '0'; write DIGEST_SMTP_PORT=587"),
        ("SMTP_PORT", "65536", "must be at most 65535: '65536'; write DIGEST_SMTP_PORT=587"),
        ("SMTP_SECURITY", "ssl", "must be 'starttls', 'tls' or 'none': 'ssl'; write"),
        ("SMTP_HOST", "smtp://x", "not the name of a server; leave out scheme, port and spaces"),
        ("SMTP_HOST", "x.org:25", "not the name of a server; leave out scheme, port and spaces"),
        ("SMTP_TIMEOUT", "0", "must be more than 0: '0'; write DIGEST_SMTP_TIMEOUT=60"),
        ("SMTP_TIMEOUT", "nan", "not a number: 'nan'; write"),
        ("SMTP_ALLOW_PLAINTEXT", "maybe", "neither true nor false: 'maybe'; write"),
        ("FROM", "Paper Digest", 'must have exactly one "@"'),
        ("FROM", "Digest <digest@example.org", 'must end in ">"'),
        ("FROM", "=?utf-8?q?a=0D=0ABcc:_evil@x?= <digest@example.org>", 'contains "=?"'),
        ("FROM", "a\nBcc: b <digest@example.org>", "contains control characters"),
        ("REPLY_TO", "ada", 'must have exactly one "@"'),
        ("LIST_NAME", "a\rb", "contains control characters"),
        ("LIST_NAME", "x" * 101, "longer than 100 characters"),
        ("BASE_URL", "http://digest.example.org", "must begin with https://"),
        ("BASE_URL", "http://127.0.0.1.example.org", "must begin with https://"),
        ("BASE_URL", "digest.example.org", "not the address of a website"),
        ("BASE_URL", "https://", "not the address of a website"),
        ("BASE_URL", "https://user@example.org", "must not contain a login"),
        ("BASE_URL", "https://example.org/?a=b", "must not contain a login"),
        ("BASE_URL", "https://example.org:99999", "Port out of range"),
        ("DATABASE_URL", "mysql://x", "must begin with sqlite:/// or postgresql://"),
        ("SECRET", "short", "it is shorter than 32 characters; make one with: python3 -c"),
        ("SECRET", f"{SECRET},short", "secret 2 of 2 is shorter than 32 characters"),
    ],
)
def test_a_wrong_value_is_reported_with_its_place_and_correction(
    tmp_path: Path, name: str, value: str, words: str
) -> None:
    message = refusal(tmp_path, **{f"DIGEST_{name}": value})
    assert message.startswith(f"environment: DIGEST_{name}: ")
    assert words in message
    assert message.isprintable()


def test_a_wrong_value_in_the_file_is_reported_with_its_line(home: Writer) -> None:
    folder = home("DIGEST_LIST_NAME=x", "DIGEST_SMTP_PORT=x")
    assert refusal(folder) == (
        "HOME/.env:2: DIGEST_SMTP_PORT: not a whole number: 'x'; write DIGEST_SMTP_PORT=587"
    )


def test_a_line_that_is_not_a_setting_is_refused_without_showing_it(home: Writer) -> None:
    folder = home("", "DIGEST_LIST_NAME=x", "hunter2")
    assert refusal(folder) == (
        'HOME/.env:3: not a setting; write NAME=value, or "#" before a comment'
    )
    assert "hunter2" not in refusal(home('DIGEST_SMTP_PASSWORD="hunter2'))


def test_a_file_that_is_not_utf8_is_refused_with_the_line(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\nDIGEST_LIST_NAME=Ren\xe9\n")
    assert refusal(tmp_path).startswith("HOME/.env:2: not UTF-8")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert refusal(tmp_path).startswith("HOME/.env: cannot be read: ")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"])
def test_plaintext_and_http_are_allowed_for_this_machine(tmp_path: Path, host: str) -> None:
    site = f"http://[{host.strip('[]')}]:8080" if ":" in host else f"http://{host}:8080"
    settings = load(
        tmp_path,
        {
            "DIGEST_SMTP_HOST": host,
            "DIGEST_SMTP_SECURITY": "none",
            "DIGEST_BASE_URL": site,
        },
    )
    assert settings.smtp_host == host.strip("[]")
    assert settings.base_url == site


@pytest.mark.parametrize("host", ["mail.example.org", "127.0.0.1.example.org", "10.0.0.1"])
def test_plaintext_to_another_machine_needs_its_own_setting(tmp_path: Path, host: str) -> None:
    plain = {"DIGEST_SMTP_HOST": host, "DIGEST_SMTP_SECURITY": "none"}
    message = refusal(tmp_path, **plain)
    assert message == (
        f"environment: DIGEST_SMTP_SECURITY: none would send mail to {host} unencrypted; write"
        " starttls or tls, or allow it with DIGEST_SMTP_ALLOW_PLAINTEXT=true"
    )
    load(tmp_path, {**plain, "DIGEST_SMTP_ALLOW_PLAINTEXT": "true"})


@pytest.mark.parametrize("host", ["localhost", "mail.example.org"])
def test_a_password_is_never_sent_without_encryption(tmp_path: Path, host: str) -> None:
    message = refusal(
        tmp_path,
        DIGEST_SMTP_HOST=host,
        DIGEST_SMTP_SECURITY="none",
        DIGEST_SMTP_ALLOW_PLAINTEXT="true",
        DIGEST_SMTP_USER="ada",
        DIGEST_SMTP_PASSWORD="hunter2",
    )
    assert "DIGEST_SMTP_PASSWORD: the password would be sent without encryption" in message


def test_user_and_password_must_be_set_together(home: Writer) -> None:
    assert refusal(home("DIGEST_SMTP_USER=ada")) == (
        "HOME/.env: DIGEST_SMTP_PASSWORD: missing, although DIGEST_SMTP_USER is set; set both"
    )
    assert refusal(home("DIGEST_SMTP_PASSWORD=hunter2")) == (
        "HOME/.env: DIGEST_SMTP_USER: missing, although DIGEST_SMTP_PASSWORD is set; set both"
    )


@pytest.mark.parametrize(
    "environ",
    [
        {"DIGEST_DATABASE_URL": "mysql://ada:hunter2@localhost/x"},
        {"DIGEST_SECRET": "hunter2"},
        {"DIGEST_SMTP_PASSWORD": "hunter2"},
    ],
)
def test_a_secret_never_appears_in_a_message(tmp_path: Path, environ: dict[str, str]) -> None:
    assert "hunter2" not in refusal(tmp_path, **environ)


def test_a_secret_never_appears_when_settings_are_printed(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        {
            "DIGEST_DATABASE_URL": "postgresql://ada:hunter2@localhost/x",
            "DIGEST_SECRET": f"hunter2-{SECRET}",
            "DIGEST_SMTP_USER": "ada",
            "DIGEST_SMTP_PASSWORD": "hunter2",
        },
    )
    assert "hunter2" not in f"{settings!r} {settings}"


def test_a_path_with_control_characters_is_refused(home: Writer) -> None:
    assert "control characters" in refusal(home('DIGEST_TEMPLATES="a\\nb"'))


@pytest.mark.parametrize(
    "url, meant",
    [
        ("sqlite:///data/x.db", "sqlite:///HOME/data/x.db"),
        ("sqlite:////var/x.db", "sqlite:////var/x.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql+psycopg://localhost/x", "postgresql+psycopg://localhost/x"),
    ],
)
def test_a_database_file_is_relative_to_the_home(tmp_path: Path, url: str, meant: str) -> None:
    settings = load(tmp_path, {"DIGEST_DATABASE_URL": url})
    assert settings.database_url.replace(f"/{tmp_path}", "/HOME") == meant


def test_a_relative_home_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(Path(), {}).database_url == f"sqlite:///{tmp_path}/digest.db"


def test_mail_needs_a_server_and_a_sender(tmp_path: Path) -> None:
    host, sender = {"DIGEST_SMTP_HOST": "x.org"}, {"DIGEST_FROM": "digest@example.org"}
    assert load(tmp_path, sender).delivery_problem() == (
        "mail cannot be sent: DIGEST_SMTP_HOST is not set;"
        f" write DIGEST_SMTP_HOST=smtp.example.org in {tmp_path}/.env"
    )
    assert load(tmp_path, host).delivery_problem() == (
        "mail cannot be sent: DIGEST_FROM is not set;"
        f" write DIGEST_FROM=Paper Digest <digest@example.org> in {tmp_path}/.env"
    )
    assert load(tmp_path, {**host, **sender}).delivery_problem() is None
    elsewhere = {"DIGEST_DELIVERY": "maildir:mail"}
    assert load(tmp_path, {**elsewhere, **sender}).delivery_problem() is None
    assert "DIGEST_FROM" in (load(tmp_path, elsewhere).delivery_problem() or "")


@pytest.mark.parametrize(
    "value,wrong",
    [
        ("pigeon:loft", "must be smtp, or begin with maildir:, file: or sendmail:"),
        ("smtp:host", "must be smtp, or begin with"),
        ("maildir:", "the place is missing; write maildir: and a path"),
        ("sendmail:/usr/sbin/sendmail 'x", "No closing quotation"),
    ],
)
def test_an_unknown_transport_is_refused(tmp_path: Path, value: str, wrong: str) -> None:
    assert f"DIGEST_DELIVERY: {wrong}" in refusal(tmp_path, DIGEST_DELIVERY=value)


def outcome(home: Path, environ: dict[str, str]) -> str:
    try:
        load(home, environ)
    except SettingsError as error:
        return "one line" if len(str(error).splitlines()) == 1 else str(error)
    return "settings"


@given(st.dictionaries(st.sampled_from(sorted(FIELDS_BY_VARIABLE)), st.text(max_size=40)))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_environment_gives_settings_or_one_line(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    assert outcome(tmp_path, environ) in ("settings", "one line")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_gives_settings_or_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / ".env").write_text(text, encoding="utf-8", newline="")
    assert outcome(tmp_path, {}) in ("settings", "one line")


@pytest.mark.parametrize(
    "value, problem",
    [
        ("nobody", "HOME/.env"),
        ("a-local-part-too-long-for-it@example.org", "at most 23 characters before"),
        ("a*b*@example.org", "once"),
        ("bounces*@example.org", "must not touch a letter"),
        ("bounces@*.example.org", 'before the "@"'),
    ],
)
def test_a_return_path_without_room_for_a_token_is_refused(
    home: Writer, value: str, problem: str
) -> None:
    assert problem in refusal(home(f"DIGEST_BOUNCES={value}"))


@pytest.mark.parametrize(
    "value", ["mail.example.net", "imaps://imap.example.net", "pop3://a@b.c", "imaps://a@b:x"]
)
def test_an_invalid_imap_address_is_refused_and_not_shown(home: Writer, value: str) -> None:
    message = refusal(home(f"DIGEST_BOUNCES_IMAP={value}"))
    assert "DIGEST_BOUNCES_IMAP" in message
    assert value not in message


def test_a_password_in_the_imap_address_is_refused_and_not_shown(home: Writer) -> None:
    message = refusal(home("DIGEST_BOUNCES_IMAP=imaps://a:s3cret@imap.example.org"))
    assert "DIGEST_BOUNCES_PASSWORD" in message
    assert "s3cret" not in message


@pytest.mark.parametrize(
    "value, names",
    [
        ("off", ()),
        (" OFF ", ()),
        ("arxiv", ("arxiv",)),
        ("crossref, arxiv,crossref", ("crossref", "arxiv")),
    ],
)
def test_the_services_that_are_asked_for_papers(
    tmp_path: Path, value: str, names: tuple[str, ...]
) -> None:
    assert load(tmp_path, {}).lookup_services == ("huggingface", "arxiv", "crossref")
    assert load(tmp_path, {"DIGEST_ENRICH": value}).lookup_services == names


@pytest.mark.parametrize("value", ["arxive", "off arxiv", "https://arxiv.org"])
def test_an_unknown_service_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(SettingsError, match=r"DIGEST_ENRICH: no service is called .* crossref"):
        load(tmp_path, {"DIGEST_ENRICH": value})


def test_digest_schedule_applies_to_collecting_and_publishing_only(tmp_path: Path) -> None:
    usual = load(tmp_path, {})
    changed = load(tmp_path, {"DIGEST_SCHEDULE": "0 7 * * *"})
    moved = dict.fromkeys(("collect", "enrich", "publish"), "0 7 * * *")
    assert changed.crontabs == {**usual.crontabs, **moved}
    assert (usual.polls_sources_separately, changed.polls_sources_separately) == (True, False)


@pytest.mark.parametrize(
    "name, value, problem",
    [
        ("DIGEST_SCHEDULE", "0 7 * *", "4 fields instead of five"),
        ("DIGEST_SCHEDULE_TIDY", "61 * * * *", "bad minute"),
        ("DIGEST_SCHEDULE_ZONE", "Europe/Nowhere", "not a known time zone"),
    ],
)
def test_an_invalid_schedule_is_refused(
    tmp_path: Path, name: str, value: str, problem: str
) -> None:
    with pytest.raises(SettingsError, match=f"{name}: .*{problem}"):
        load(tmp_path, {name: value})
