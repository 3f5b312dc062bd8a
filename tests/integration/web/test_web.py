"""The site on a real server: link scanners change nothing, one click unsubscribes."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Self

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event, text
from support.builders import NOW, candidate, paper
from support.editions import insert_edition
from support.servers.readers_site import collect_titles
from support.servers.served_home import (
    KEY,
    ONE_CLICK,
    SECRET,
    ServedHome,
    opened,
    subscribe,
    token_of,
)

from digest.app.application import App
from digest.core.models.delivery import ClaimedEdition, EditionState, Envelope, Outcome, Sent
from digest.core.models.editions import Edition, EditionEntry, KeywordMatch, Section
from digest.core.models.papers import PaperLink
from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers import signed_tokens
from digest.doctor import findings
from digest.doctor.delivery import check_one_click
from digest.doctor.site_probe import probe
from digest.pipeline.delivery.deliver import Runtime, deliver
from digest.store.reports import job_runs
from digest.store.subscribers import subscriptions

CHALLENGE = "abcdefghijklmnop"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[ServedHome]:
    with opened(tmp_path / "home") as served:
        yield served


def queue(place: ServedHome, number: int) -> None:
    """Queues an edition without papers."""
    with place.app.store.write() as tx:
        insert_edition(tx, number, Edition(local_date=date(2026, 5, 11), sections=()))


def claimed(place: ServedHome, number: int) -> ClaimedEdition:
    with place.app.store.read() as tx:
        (found,) = (
            item for item in subscriptions.live_subscriptions(tx) if item.subscription_id == number
        )
    shown = candidate(paper(links=(PaperLink(rel="abstract", url=f"{place.url}/healthz"),)))
    entry = EditionEntry(
        candidate=shown,
        score=80.0,
        matches=(KeywordMatch(keyword="x", field="title", contribution=80.0),),
    )
    return ClaimedEdition(
        edition_id=1,
        subscription=found,
        edition=Edition(
            local_date=date(2026, 5, 11),
            sections=(Section(topic="T", entries=(entry,)),),
            considered=1,
            matched=1,
        ),
        message_id="<2026-05-11.1.aabbccddeeff@example.org>",
        composed_at=NOW,
        attempts=0,
    )


def test_every_link_of_a_digest_is_fetched_and_nothing_changes(place: ServedHome) -> None:
    collect_titles(place, "Waggle dances")  # the paper of the edition
    number = subscribe(place)
    queue(place, number)  # which "View online" opens
    envelope = place.app.message_writer.write(claimed(place, number))
    message = message_from_bytes(envelope.message, policy=policy.default)
    whole = "\n".join(
        part.get_content() for part in message.walk() if part.get_content_maintype() == "text"
    )
    whole += str(message["List-Unsubscribe"])
    urls = {url.rstrip(">)\"',") for url in re.findall(rf"{place.url}[^\s\"<>]*", whole)}
    assert {place.page(token_of(number)), f"{place.url}/healthz"} <= urls
    before = place.rows()
    with httpx.Client(follow_redirects=True) as scanner:
        for url in urls:
            for method in ("GET", "HEAD"):
                assert scanner.request(method, url).status_code == 200
    assert place.rows() == before


def test_one_click_without_cookies_unsubscribes(place: ServedHome) -> None:
    number = subscribe(place)
    envelope = place.app.message_writer.write(claimed(place, number))
    message = message_from_bytes(envelope.message, policy=policy.default)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (url,) = re.findall(r"<(http[^>]+)>", str(message["List-Unsubscribe"]))
    answer = httpx.post(url, data=ONE_CLICK)
    assert (answer.status_code, answer.history) == (200, [])
    assert "set-cookie" not in answer.headers
    assert place.status() is AddressStatus.UNSUBSCRIBED
    with place.app.store.read() as tx:
        last = subscriptions.consent_log(tx, "ada@reader.example")[-1]
    assert (last.event, last.origin) == ("unsubscribed", "one-click")


@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
def test_one_click_comes_in_either_form(place: ServedHome, form: str) -> None:
    page = place.page(token_of(subscribe(place)))
    if form == "multipart":
        answer = httpx.post(page, files={"List-Unsubscribe": (None, "One-Click")})
    else:
        answer = httpx.post(page, data=ONE_CLICK)
    assert answer.status_code == 200
    assert place.status() is AddressStatus.UNSUBSCRIBED


def test_unsubscribing_again_changes_nothing(place: ServedHome) -> None:
    page = place.page(token_of(subscribe(place)))
    first = httpx.post(page, data=ONE_CLICK)
    before = place.rows()
    assert httpx.post(page, data=ONE_CLICK).text == first.text
    assert place.rows() == before


WISHES = [ONE_CLICK, {"wish": "left"}, {"wish": "paused"}, {"wish": "resumed"}]


def shown(answer: httpx.Response) -> tuple[int, str, dict[str, str]]:
    """Returns all of an answer except its time."""
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status_code, answer.text, headers


@pytest.mark.parametrize("wish", WISHES)
def test_a_cut_or_wrong_link_says_so_and_promises_nothing(
    place: ServedHome, wish: dict[str, str]
) -> None:
    number = subscribe(place)
    good = token_of(number)
    before = place.rows()
    wrong = [
        "x",
        good[:-1],
        good[:12],
        good + "A",
        token_of(number + 1)[:12] + good[12:],
        signed_tokens.sign(signed_tokens.UNSUBSCRIBE, number, secret=b"another"),
        signed_tokens.sign("open", number, secret=KEY),
    ]
    for method in ("GET", "POST"):
        answers = [
            httpx.request(method, place.page(token), data=wish if method == "POST" else None)
            for token in wrong
        ]
        for answer in answers:
            assert (answer.status_code, "location" in answer.headers) == (404, False)
            assert "link is incomplete" in answer.text
            assert "another message" in answer.text
            assert "reply" in answer.text
            assert "You are unsubscribed" not in answer.text
            assert "<form" not in answer.text
            assert shown(answer) == shown(answers[0])
    assert place.rows() == before


@pytest.mark.parametrize("wish", WISHES)
def test_the_answer_does_not_tell_whether_a_subscription_exists(
    place: ServedHome, wish: dict[str, str]
) -> None:
    good, nobody = (place.page(token_of(number)) for number in (subscribe(place), 999))
    assert shown(httpx.get(nobody)) == shown(httpx.get(good))
    before = place.rows()
    answer = httpx.post(nobody, data=wish)
    assert place.rows() == before
    assert shown(answer) == shown(httpx.post(good, data=wish))


def test_a_link_with_a_slash_at_its_end_is_not_redirected(place: ServedHome) -> None:
    page = place.page(token_of(subscribe(place)))
    answer = httpx.post(f"{page}/", data=ONE_CLICK)
    assert (answer.status_code, "location" in answer.headers) == (404, False)


def test_the_page_asks_first_and_sends_headers_that_protect_its_address(place: ServedHome) -> None:
    page = place.page(token_of(subscribe(place)))
    answer = httpx.get(page)
    assert '<form method="post">' in answer.text
    assert "<script" not in answer.text
    assert "reader.example" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"].startswith("noindex")
    assert place.status() is AddressStatus.ACTIVE
    assert httpx.post(page, data={"wish": "left"}).status_code == 200
    assert place.status() is AddressStatus.UNSUBSCRIBED


def test_a_pause_lasts_until_the_subscription_is_resumed(place: ServedHome) -> None:
    number = subscribe(place)

    def paused() -> bool:
        with place.app.store.read() as tx:
            return subscriptions.live_subscriptions(tx, email="ada@reader.example")[0].paused

    httpx.post(place.page(token_of(number)), data={"wish": "paused"})
    assert paused()
    httpx.post(place.page(token_of(number)), data={"wish": "resumed"})
    assert not paused()
    assert place.status() is AddressStatus.ACTIVE


@pytest.mark.parametrize(
    "body, status",
    [(b"", 400), (b"wish=dance", 400), (b"List-Unsubscribe=", 400), (b"x" * 5000, 413)],
)
def test_a_post_that_asks_for_nothing_changes_nothing(
    place: ServedHome, body: bytes, status: int
) -> None:
    page = place.page(token_of(subscribe(place)))
    before = place.rows()
    kinds = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain")
    for kind in kinds:
        assert httpx.post(page, content=body, headers={"Content-Type": kind}).status_code == status
    assert place.rows() == before


@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
def test_a_form_with_too_many_fields_is_refused_with_a_page(
    place: ServedHome, caplog: pytest.LogCaptureFixture, form: str
) -> None:
    page = place.page(token_of(subscribe(place)))
    before = place.rows()
    names = [f"f{number}" for number in range(21)]
    if form == "multipart":
        fields = [(name, (None, "x")) for name in (*names, "wish")]
        answer = httpx.post(page, files=fields)
    else:
        answer = httpx.post(page, data={**dict.fromkeys(names, "x"), **ONE_CLICK})
    assert answer.status_code == 400
    assert "Nothing has changed" in answer.text
    assert "Traceback" not in caplog.text
    assert place.rows() == before


def test_unknown_paths_and_methods_get_404_and_405(place: ServedHome) -> None:
    assert httpx.get(f"{place.url}/nothing").status_code == 404
    assert httpx.put(place.page("x")).status_code == 405
    assert httpx.get(f"{place.url}/u/").status_code == 404


class CallbackTransport:
    """A transport that calls a function after each message."""

    def __init__(self, after_each: Callable[[], object]) -> None:
        self.sent: list[str] = []
        self._after_each = after_each

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        del sender, message, following
        self.sent.append(recipient)
        self._after_each()
        return Sent(reply="taken")


def test_the_doctor_finds_the_site_and_notices_another_secret(place: ServedHome) -> None:
    def check(secret: str) -> tuple[str, str]:
        context = findings.CheckContext(
            home=place.app.home,
            environ={
                "DIGEST_BASE_URL": place.url,
                "DIGEST_SECRET": secret,
                "DIGEST_BOUNCES_MAILDIR": "Maildir",
            },
            now=NOW,
            challenge="c" * 32,
        )
        (result,) = (
            item for item in check_one_click(context) if "only this machine" not in item.text
        )
        return result.level, result.text

    assert check(SECRET) == ("ok", f"{place.url}: one-click unsubscribing works (RFC 8058)")
    level, text = check("x" * 32)
    assert (level, "another DIGEST_SECRET" in text) == ("problem", True)


def test_a_reader_who_unsubscribes_during_a_run_gets_nothing(place: ServedHome) -> None:
    numbers = {name: subscribe(place, f"{name}@reader.example") for name in ("ada", "bob", "cy")}
    for number in numbers.values():
        queue(place, number)
    # All editions are claimed before the first message is sent.
    out = CallbackTransport(
        lambda: httpx.post(place.page(token_of(numbers["bob"])), data=ONE_CLICK)
    )
    deliver(
        place.app.store,
        connect=lambda: out,
        write=place.app.message_writer.write,
        now=NOW,
        time=Runtime(clock=lambda: 0.0, sleep=lambda _: None, jitter=lambda: 0.5),
    )
    assert out.sent == ["ada@reader.example", "cy@reader.example"]
    assert place.status("bob@reader.example") is AddressStatus.UNSUBSCRIBED
    assert [place.state(number) for number in numbers.values()] == ["sent", "withdrawn", "sent"]


def test_a_reader_who_pauses_during_a_run_gets_the_digest_after_resuming(place: ServedHome) -> None:
    numbers = {name: subscribe(place, f"{name}@reader.example") for name in ("ada", "bob")}
    for number in numbers.values():
        queue(place, number)
    page = place.page(token_of(numbers["bob"]))
    out = CallbackTransport(lambda: httpx.post(page, data={"wish": "paused"}))

    def run() -> None:
        deliver(
            place.app.store,
            connect=lambda: out,
            write=place.app.message_writer.write,
            now=NOW,
            time=Runtime(clock=lambda: 0.0, sleep=lambda _: None, jitter=lambda: 0.5),
        )

    run()
    assert out.sent == ["ada@reader.example"]
    assert place.state(numbers["bob"]) == "queued"
    httpx.post(page, data={"wish": "resumed"})
    run()
    assert out.sent == ["ada@reader.example", "bob@reader.example"]


def test_the_return_path_is_signed_and_contains_no_address(place: ServedHome) -> None:
    number = subscribe(place)
    envelope = place.app.message_writer.write(claimed(place, number))
    assert envelope.sender.startswith("bounces+")
    assert envelope.sender.endswith("@example.org")
    assert "ada" not in envelope.sender
    return_path = signed_tokens.verify_return(envelope.sender, secrets=[KEY])
    assert return_path is not None
    assert (return_path.edition_id, return_path.subscription_id) == (1, number)


def test_without_a_base_url_there_is_a_mailto_alone(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "sources.toml").write_text("")
    environ = {"DIGEST_SECRET": SECRET, "DIGEST_FROM": "digest@example.org"}
    with App.open(tmp_path, environ=environ) as app:
        place = ServedHome(app=app, url="https://elsewhere.example", served=app, now=[NOW])
        envelope = app.message_writer.write(claimed(place, subscribe(place)))
    message = message_from_bytes(envelope.message, policy=policy.default)
    assert str(message["List-Unsubscribe"]).startswith("<mailto:digest@example.org?subject=")
    assert message["List-Unsubscribe-Post"] is None
    assert envelope.sender == "digest@example.org"


@pytest.mark.parametrize("prefix", ["", "/papers"])
def test_the_probe_recognises_its_own_installation(tmp_path: Path, prefix: str) -> None:
    with opened(tmp_path / "home", prefix=prefix) as place:
        assert probe(place.url, keys=(KEY,), challenge=CHALLENGE).ok
        assert probe(place.url, keys=(b"newer", KEY), challenge=CHALLENGE).ok
        stranger = probe(place.url, keys=(b"another",), challenge=CHALLENGE)
        assert "DIGEST_SECRET" in stranger.problem
        lost = probe(f"{place.url}/nowhere", keys=(KEY,), challenge=CHALLENGE)
        assert "404" in lost.problem
    gone = probe(place.url, keys=(KEY,), challenge=CHALLENGE)
    assert "cannot be reached" in gone.problem


def test_health_reports_a_broken_database(place: ServedHome) -> None:
    assert httpx.get(f"{place.url}/healthz").json() == {"status": "ok"}
    assert "proof" not in httpx.get(f"{place.url}/healthz?challenge=short").json()
    with place.app.store.write() as tx:
        tx.execute(text("ALTER TABLE edition RENAME TO elsewhere"))
    place.forget()
    answer = httpx.get(f"{place.url}/healthz?challenge={CHALLENGE}")
    assert answer.status_code == 503
    assert answer.json()["status"] == "the database cannot be reached"
    assert "edition" not in answer.text
    assert len(place.log) == 1
    result = probe(place.url, keys=(KEY,), challenge=CHALLENGE)
    assert "/healthz: the database cannot be reached" in result.problem


def test_health_reports_a_digest_that_waits_too_long(place: ServedHome) -> None:
    queue(place, subscribe(place))
    assert httpx.get(f"{place.url}/healthz").status_code == 200
    place.advance(timedelta(hours=6, seconds=1))
    answer = httpx.get(f"{place.url}/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "a digest has been waiting to be sent for more than 6 hours"}


def test_health_reports_a_scheduler_that_has_stopped(place: ServedHome) -> None:
    with place.app.store.write() as tx:
        job_runs.begin(tx, job="attend", slot=NOW, owner="one", now=NOW)
    place.advance(timedelta(hours=2))
    assert httpx.get(f"{place.url}/healthz").status_code == 200
    place.advance(timedelta(minutes=1))
    answer = httpx.get(f"{place.url}/healthz")
    assert answer.status_code == 503
    assert answer.json()["status"].startswith("no scheduler has been at work since 2026-")
    place.advance(timedelta(days=7))
    assert httpx.get(f"{place.url}/healthz").status_code == 200, (
        "after a week the operator probably uses cron"
    )


def test_many_requests_read_the_database_once(place: ServedHome) -> None:
    transactions = []

    def note(*_: object) -> None:
        transactions.append(1)

    event.listen(place.served.store.engine, "begin", note)
    assert place.health is not None
    place.health._fresh_seconds = 3600.0  # the machine may take longer than the real value
    place.forget()
    for _ in range(20):
        httpx.get(f"{place.url}/healthz")
    assert len(transactions) == 1
    place.health._fresh_seconds = 0.0
    httpx.get(f"{place.url}/healthz")
    assert len(transactions) == 2


def test_metrics_need_the_token_and_say_so_without_it(tmp_path: Path) -> None:
    token = "a-token-of-sixteen"
    with opened(tmp_path / "with", more={"DIGEST_METRICS_TOKEN": token}) as place:
        url = f"{place.url}/metrics"
        for name, value in (
            (b"Authorization", f"Bearer {token}x".encode()),
            (b"Authorization", token.encode()),
            (b"Authorization", b"Bearer"),
            (b"Authorization", b"Bearer \xe9"),
            (b"X-Forwarded-For", b"127.0.0.1"),
        ):
            answer = httpx.get(url, headers={name: value})
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == 'Bearer realm="metrics"'
            assert "DIGEST_METRICS_TOKEN" in answer.text
            assert "paper_digest" not in answer.text
            assert token not in answer.text
        queue(place, subscribe(place, "zed@canary.example"))
        answer = httpx.get(url, headers={"Authorization": f"Bearer {token}"})
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    editions = {
        sample.labels["state"]: sample.value for sample in families["paper_digest_editions"].samples
    }
    assert editions["queued"] == 1
    assert set(editions) == {state.value.replace(" ", "_") for state in EditionState}
    assert families["paper_digest_subscriptions"].samples[0].value == 1
    assert "canary" not in answer.text


def test_there_are_no_metrics_if_no_token_is_set(tmp_path: Path) -> None:
    with opened(tmp_path / "home") as place:
        missing = httpx.get(f"{place.url}/nothing")
        answer = httpx.get(f"{place.url}/metrics", headers={"Authorization": "Bearer None"})
    assert (answer.status_code, answer.text) == (404, missing.text)


def test_metrics_show_that_the_database_cannot_be_reached(tmp_path: Path) -> None:
    token = "a-token-of-sixteen"
    with opened(tmp_path / "home", more={"DIGEST_METRICS_TOKEN": token}) as place:
        with place.app.store.write() as tx:
            tx.execute(text("ALTER TABLE edition RENAME TO elsewhere"))
        answer = httpx.get(f"{place.url}/metrics", headers={"Authorization": f"Bearer {token}"})
    assert "paper_digest_database_up 0.0" in answer.text


def test_a_post_gets_503_if_the_database_cannot_be_written(place: ServedHome) -> None:
    number = subscribe(place)
    with place.app.store.write() as tx:
        tx.execute(text("ALTER TABLE consent RENAME TO elsewhere"))
    answer = httpx.post(place.page(token_of(number)), data=ONE_CLICK)
    assert answer.status_code == 503
    assert place.log
    assert token_of(number) not in "".join(place.log)
    assert place.status() is AddressStatus.ACTIVE
