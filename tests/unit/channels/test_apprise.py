"""Services of Apprise: what its few answers mean."""

import sys
from datetime import UTC, date, datetime
from typing import Any

import pytest

from digest.channels.kinds.apprise_services import AppriseChannel
from digest.channels.message import ChannelMessage
from digest.config.channels.tables import APPRISE_SCHEMES
from digest.core.models.delivery import Deferred, InDoubt, Outcome, Sent

NOW = datetime(2026, 5, 11, tzinfo=UTC)
URL = f"pover://{'u' * 30}@{'a' * 30}"


def send(monkeypatch: pytest.MonkeyPatch, answer: Any) -> Outcome:
    apprise = pytest.importorskip("apprise", reason="no apprise")

    def notify(self: object, **_: object) -> Any:
        del self
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(apprise.Apprise, "notify", notify)
    channel = AppriseChannel(URL)
    (part,) = channel.parts(ChannelMessage(edition_id=1, day=date(2026, 5, 11), title="One"))
    return channel.send(part, key="k", now=NOW)


@pytest.mark.parametrize(
    "answer, kind",
    [(True, Sent), (False, InDoubt), (None, InDoubt), (OSError(f"at {URL}"), InDoubt)],
)
def test_a_failure_is_in_doubt_and_its_reason_has_no_address(
    monkeypatch: pytest.MonkeyPatch, answer: Any, kind: type[Outcome]
) -> None:
    outcome = send(monkeypatch, answer)
    assert isinstance(outcome, kind)
    assert "aaaa" not in str(outcome)


def test_every_allowed_scheme_is_one_of_apprise() -> None:
    apprise = pytest.importorskip("apprise", reason="no apprise")
    known = {
        scheme
        for service in apprise.Apprise().details()["schemas"]
        for scheme in (*(service["protocols"] or ()), *(service["secure_protocols"] or ()))
    }
    assert known >= APPRISE_SCHEMES
    assert AppriseChannel(URL).problem() == ""
    assert "does not understand" in AppriseChannel("pover://").problem()


def test_without_apprise_the_digest_waits_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    channel = AppriseChannel(URL)
    assert "pip install 'paper-digest[channels]'" in channel.problem()
    assert isinstance(channel.send(b"x", key="k", now=NOW), Deferred)
