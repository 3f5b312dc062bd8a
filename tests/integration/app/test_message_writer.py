"""Messages are written from a claimed edition: rendered once, and without parsing again."""

from collections.abc import Iterator
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from support.builders import NOW, candidate

from digest.app.application import App
from digest.config.profiles import loader as profile_loader
from digest.config.scaffold import example_profile
from digest.core.models.delivery import ClaimedEdition
from digest.core.models.editions import Edition, EditionEntry, Section
from digest.core.models.subscribers import AddressStatus, Subscription, SubscriptionOrigin
from digest.errors import SettingsError

STARTER = example_profile(email="ada@reader.example", timezone="UTC")
NAMED = f'name = "Ada"\n{STARTER}'


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "sources.toml").write_text("")
    with App.open(tmp_path, environ={"DIGEST_FROM": "Papers <digest@example.org>"}) as app:
        yield app


def claimed(profile_text: str, edition_id: int = 1) -> ClaimedEdition:
    entry = EditionEntry(candidate=candidate("Waggle dances"), score=80.0, matches=())
    return ClaimedEdition(
        edition_id=edition_id,
        subscription=Subscription(
            subscription_id=edition_id,
            email="ada@reader.example",
            name="papers",
            origin=SubscriptionOrigin.FILE,
            profile_text=profile_text,
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
    )


def html(app: App, profile_text: str) -> str:
    return app.message_writer.render(claimed(profile_text)).html


def test_a_retry_writes_the_same_bytes(app: App) -> None:
    first, again = (app.message_writer.write(claimed(NAMED)) for _ in range(2))
    assert first == again


def test_content_that_is_rendered_already_gives_the_same_message(app: App) -> None:
    edition = claimed(NAMED)
    content = app.message_writer.render(edition)
    assert app.message_writer.envelope(edition, content) == app.message_writer.write(edition)


def test_a_profile_is_parsed_once_for_all_its_messages(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    parse = profile_loader._validate

    def count(text: str) -> object:
        parsed.append(text)
        return parse(text)

    monkeypatch.setattr(profile_loader, "_validate", count)
    texts = [f"{NAMED}\n# reader {number} of this test\n" for number in range(3)]
    for _ in range(2):
        for number, text in enumerate(texts, start=1):
            app.message_writer.write(claimed(text, number))
    assert parsed == texts


def test_a_changed_profile_changes_the_next_message(app: App) -> None:
    assert "Ada" in html(app, NAMED)
    changed = html(app, NAMED.replace('"Ada"', '"Grace"'))
    assert "Grace" in changed
    assert "Ada" not in changed


def test_a_profile_that_cannot_be_parsed_only_costs_the_name(app: App) -> None:
    broken = html(app, f"{NAMED}\nno_such_key = 1\n")
    assert "Ada" not in broken
    assert "Waggle dances" in broken


def test_an_alert_is_written_when_the_templates_are_wrong(tmp_path: Path) -> None:
    environ = {"DIGEST_FROM": "digest@example.org", "DIGEST_TEMPLATES": str(tmp_path / "none")}
    (tmp_path / "profiles").mkdir()
    (tmp_path / "sources.toml").write_text("")
    with App.open(tmp_path, environ=environ) as app:
        with pytest.raises(SettingsError, match="DIGEST_TEMPLATES"):
            app.message_writer.write(claimed(NAMED))
        alert = app.message_writer.write_alert(to="op@own.example", subject="s", text="t", now=NOW)
    assert message_from_bytes(alert.message, policy=policy.default)["To"] == "op@own.example"
