"""Messages are written from a claimed edition: rendered once, and without parsing again."""

import re
from collections.abc import Iterator
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.builders import NOW, candidate

from digest.app.application import App
from digest.config.profiles import loader as profile_loader
from digest.core.models.delivery import ClaimedEdition
from digest.core.models.editions import Edition, EditionEntry, Section
from digest.core.models.profiles import Presentation
from digest.core.models.subscribers import AddressStatus, Subscription, SubscriptionOrigin
from digest.core.signup.reader_links import FeedbackLink, verify_feedback
from digest.errors import SettingsError


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "sources.toml").write_text("")
    with App.open(tmp_path, environ={"DIGEST_FROM": "Papers <digest@example.org>"}) as app:
        yield app


def claimed(reader_name: str = "Ada", edition_id: int = 1) -> ClaimedEdition:
    entry = EditionEntry(candidate=candidate("Waggle dances"), score=80.0, matches=())
    return ClaimedEdition(
        edition_id=edition_id,
        subscription=Subscription(
            subscription_id=edition_id,
            email="ada@reader.example",
            name="papers",
            origin=SubscriptionOrigin.FILE,
            profile_id=1,
            status=AddressStatus.ACTIVE,
            paused=False,
            read_through=0,
        ),
        edition=Edition(
            local_date=date(2026, 5, 11),
            sections=(Section(topic="Bees", entries=(entry,)),),
            considered=1,
            matched=1,
        ),
        message_id=f"<2026-05-11.{edition_id}.aabb@example.org>",
        composed_at=NOW,
        attempts=0,
        reader_name=reader_name,
    )


def html(app: App, reader_name: str) -> str:
    return app.message_writer.render(claimed(reader_name)).html


def test_a_retry_writes_the_same_bytes(app: App) -> None:
    first, again = (app.message_writer.write(claimed()) for _ in range(2))
    assert first == again


def test_content_that_is_rendered_already_gives_the_same_message(app: App) -> None:
    edition = claimed()
    content = app.message_writer.render(edition)
    assert app.message_writer.envelope(edition, content) == app.message_writer.write(edition)


def test_a_message_is_written_without_reading_a_profile(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile_loader, "_parse_cached", None)
    assert b"Waggle dances" in app.message_writer.write(claimed()).message


def test_a_message_has_the_name_that_the_profile_has_now(app: App) -> None:
    assert "Ada" in html(app, "Ada")
    changed = html(app, "Grace")
    assert "Grace" in changed
    assert "Ada" not in changed


@pytest.mark.parametrize(
    "origin, shown, hidden",
    [
        (SubscriptionOrigin.IMPORT, "https://digest.example.org/p/", "write to boss@own.example"),
        (SubscriptionOrigin.FILE, "write to boss@own.example", "https://digest.example.org/p/"),
    ],
)
def test_a_reader_changes_topics_on_the_site_and_asks_where_a_file_decides(
    tmp_path: Path, origin: SubscriptionOrigin, shown: str, hidden: str
) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "sources.toml").write_text("")
    environ = {
        "DIGEST_FROM": "digest@example.org",
        "DIGEST_BASE_URL": "https://digest.example.org",
        "DIGEST_REPLY_TO": "boss@own.example",
    }
    edition = claimed()
    edition = replace(edition, subscription=replace(edition.subscription, origin=origin))
    with App.open(tmp_path, environ=environ) as app:
        content = app.message_writer.render(edition)
    for part in (content.html, " ".join(content.text.split())):
        assert shown in part
        assert hidden not in part


def test_an_alert_is_written_when_the_templates_are_wrong(tmp_path: Path) -> None:
    environ = {"DIGEST_FROM": "digest@example.org", "DIGEST_TEMPLATES": str(tmp_path / "none")}
    (tmp_path / "profiles").mkdir()
    (tmp_path / "sources.toml").write_text("")
    with App.open(tmp_path, environ=environ) as app:
        with pytest.raises(SettingsError, match="DIGEST_TEMPLATES"):
            app.message_writer.write(claimed())
        alert = app.message_writer.write_alert(to="op@own.example", subject="s", text="t", now=NOW)
    assert message_from_bytes(alert.message, policy=policy.default)["To"] == "op@own.example"


def test_feedback_is_asked_for_where_the_site_can_take_it(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "sources.toml").write_text("")
    environ = {"DIGEST_FROM": "Papers <digest@example.org>"}
    with App.open(tmp_path, environ=environ) as app:
        assert "Less like this" not in app.message_writer.render(claimed()).html
    environ["DIGEST_BASE_URL"] = "https://digest.example.org"
    with App.open(tmp_path, environ=environ) as app:
        content = app.message_writer.render(claimed(edition_id=7))
        found = re.search(r'href="https://digest\.example\.org/f/([^"/]+)/less"', content.html)
        assert found is not None
        link = verify_feedback(found[1], secrets=app.signing_keys)
    assert link == FeedbackLink(subscription_id=7, paper_id=1, on=NOW.date())
    assert found[1] in content.text


def test_a_message_is_in_the_language_of_its_reader(app: App) -> None:
    for code, word in ("de", "Abbestellen"), ("", "Unsubscribe"), ("xx", "Unsubscribe"):
        edition = replace(claimed(), presentation=Presentation(mail_language=code))
        assert word in app.message_writer.render(edition).text


def test_the_language_of_the_installation_needs_a_catalogue(tmp_path: Path) -> None:
    environ = {"DIGEST_FROM": "digest@example.org", "DIGEST_LANGUAGE": "xx"}
    (tmp_path / "sources.toml").write_text("")
    with App.open(tmp_path, environ=environ) as app, pytest.raises(SettingsError, match="xx"):
        app.message_writer.render(claimed())
