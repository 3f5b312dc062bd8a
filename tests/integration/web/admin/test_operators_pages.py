"""What operators see and do on their pages, over HTTP."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import select
from support.processes import explained_statements
from support.servers.operators_site import OPERATOR, OperatorsSite, later, opened
from support.servers.readers_site import ADDRESS
from support.servers.served_home import KEY, SECRET

from digest.core.models.delivery import EditionState
from digest.core.models.subscribers import AddressStatus
from digest.pipeline.collect import collect
from digest.pipeline.profiles.profile_sources import ProfileSource
from digest.pipeline.subscribers import administration, erasure, leavings
from digest.store.admin import page_views
from digest.store.database.schema import edition, metadata
from digest.store.enrichment import request_counts

PROFILE = '[[topics]]\nname = "Anything"\nkeywords = ["decoding"]\n'
SOURCES = '[[sources]]\nname = "news"\nkind = "jsonl"\npath = "news.jsonl"\n'
# A row for each kind of thing, or for each day or reader; and what is deleted after a month.
SMALL = {
    *("meta", "counter", "source", "source_stop", "page_view", "admin_session", "job_runs"),
    *("lookup", "subscription", "address", "profile", "consent"),
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[OperatorsSite]:
    with opened(tmp_path / "home") as served:
        served.readers.subscribe()
        served.sign_in()
        yield served


def log(site: OperatorsSite) -> Sequence[tuple[str, str]]:
    """Returns subject and outcome of what was done, oldest first, without signing in."""
    rows = site.readers.place.rows()["admin_log"]
    return [(row[4], row[5]) for row in rows if row[3] != "sign in"]  # type: ignore[index]


def text(site: OperatorsSite, path: str, **query: str) -> str:
    answer = site.get(path, **query)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def press(site: OperatorsSite, path: str, wish: str, **fields: str) -> str:
    answer = site.post(path, wish=wish, **fields)
    return unescape(answer.text)


def status(site: OperatorsSite) -> AddressStatus:
    return site.readers.place.status(ADDRESS)


def set_state(site: OperatorsSite, state: EditionState) -> None:
    with site.readers.place.app.store.write() as tx:
        tx.execute(edition.update().values(state=state, settled_at=site.readers.place.now[0]))


def state(site: OperatorsSite) -> tuple[str, str | None]:
    with site.readers.place.app.store.read() as tx:
        row = tx.execute(select(edition.c.state, edition.c.reason)).one()
    return row.state, row.reason


def test_a_reader_is_paused_suppressed_stopped_and_brought_back(site: OperatorsSite) -> None:
    path = site.reader(ADDRESS)
    assert "paused" in press(site, path, "pause")
    assert status(site) is AddressStatus.PAUSED
    press(site, path, "resume")
    assert status(site) is AddressStatus.ACTIVE
    assert "Suppress this address?" in press(site, path, "suppress")
    assert status(site) is AddressStatus.ACTIVE
    press(site, path, "suppress", sure="yes")
    assert status(site) is AddressStatus.SUPPRESSED
    press(site, path, "lift suppression")
    assert status(site) is AddressStatus.ACTIVE
    press(site, path, "stop", sure="yes")
    assert status(site) is AddressStatus.UNSUBSCRIBED
    refused = press(site, path, "bring back", consent="by telephone, 2020-01-01")
    assert "is not newer" in refused
    later(site, timedelta(minutes=5))
    moment = f"{site.readers.place.now[0]:%Y-%m-%dT%H:%M}"
    ended = press(site, path, "bring back", consent=f"by telephone, {moment}")
    assert "its subscriptions have ended" in ended
    assert log(site)[:5] == [
        (ADDRESS, "paused"),
        (ADDRESS, "active"),
        (ADDRESS, "suppressed"),
        (ADDRESS, "active"),
        (ADDRESS, "unsubscribed"),
    ]
    assert log(site)[5][1].startswith("not done: ")
    assert "Nothing was done" in press(site, path, "no such button")


def test_the_last_digest_is_sent_again_with_another_message_id(site: OperatorsSite) -> None:
    (first,) = site.readers.run()
    path = site.reader(ADDRESS)
    before = site.readers.place.rows()["edition"]
    assert "sent" in press(site, path, "send again", edition="1")
    second = site.readers.messages()[-1]
    assert second["To"] == ADDRESS
    assert second["Subject"] == first["Subject"]
    assert second["Message-ID"] != first["Message-ID"]
    assert site.readers.place.rows()["edition"] == before
    assert "choose one of the digests" in press(site, path, "send again", edition="2")
    press(site, path, "stop", sure="yes")
    number = len(site.readers.messages())
    assert "gets no mail" in press(site, path, "send again", edition="1")
    assert len(site.readers.messages()) == number


def test_the_last_mail_of_each_digest_can_be_sent_again_and_a_channel_is_named(
    site: OperatorsSite,
) -> None:
    place = site.readers.place
    for name, more in (("bees", ""), ("team", 'deliver_to = "notes"\n')):
        source = ProfileSource(name=name, text=more + PROFILE)
        administration.add(place.app.store, email=ADDRESS, profile=source, now=place.now[0])
    site.readers.run()
    page = text(site, site.reader(ADDRESS))
    assert len(place.rows()["edition"]) == 3
    assert page.count('value="send again"') == 2
    assert page.count("Goes to the channel <b>notes</b>, not by mail.") == 1


def test_a_queued_digest_is_held_released_and_dropped(site: OperatorsSite) -> None:
    place = site.readers.place
    place.app.publish(now=place.now[0])
    assert ADDRESS in text(site, "/queue")
    press(site, "/queue", "hold", edition="1")
    assert state(site) == ("withdrawn", "held by the operator")
    assert "Held" in text(site, "/queue")
    assert site.readers.run() == []
    press(site, "/queue", "release", edition="1")
    assert state(site) == ("queued", None)
    assert "mail server accepts no" not in text(site, "")
    press(site, "/queue", "hold", edition="1")
    assert "Drop this digest?" in press(site, "/queue", "drop", edition="1")
    press(site, "/queue", "drop", edition="1", sure="yes")
    assert state(site) == ("withdrawn", "dropped by the operator")
    assert "its state has changed" in press(site, "/queue", "release", edition="1")
    assert "no such page" in press(site, "/queue", "hold", edition="99")


def test_a_digest_in_doubt_is_sent_again_by_the_next_run(site: OperatorsSite) -> None:
    place = site.readers.place
    place.app.publish(now=place.now[0])
    set_state(site, EditionState.IN_DOUBT)
    assert "may have arrived" in text(site, "/queue")
    press(site, "/queue", "release", edition="1")
    assert len(site.readers.run()) == 1


def test_a_stopped_source_is_not_read_and_a_test_stores_nothing(site: OperatorsSite) -> None:
    place = site.readers.place
    home = place.app.home.path
    (home / "sources.toml").write_text(SOURCES)
    (home / "news.jsonl").write_text('{"title": "A new paper about caches", "abstract": "Text."}\n')
    before = len(place.rows()["paper"])
    tested = press(site, "/sources", "test", source="news")
    assert "A new paper about caches" in tested
    assert len(place.rows()["paper"]) == before
    press(site, "/sources", "stop", source="news")
    assert "stopped" in text(site, "/sources")
    store, sources, now = place.app.store, place.app.read_sources().build(), place.now[0]
    for due_only in (False, True):
        assert collect(store, sources, now=now, due_only=due_only) == ()
    press(site, "/sources", "start", source="news")
    (report,) = collect(store, sources, now=now)
    assert report.new == 1
    assert "nothing new since" in press(site, "/sources", "test", source="news")
    (home / "sources.toml").write_text('[[sources]]\nname = "x"\n')
    assert "sources.toml" in text(site, "/sources")
    assert "sources.toml" in text(site, "")


def test_the_requests_to_services_are_shown_with_their_limits(site: OperatorsSite) -> None:
    assert "Requests to services" not in text(site, "/sources")
    place = site.readers.place
    with place.app.store.write() as tx:
        for _ in range(2):
            request_counts.take(tx, "openalex", "no key", place.now[0].date(), limit=1000)
    shown = " ".join(text(site, "/sources").split())
    assert "Requests to services today" in shown
    assert re.search(r"openalex.*no key.*2.*1,000.*998", shown)


def test_what_was_done_is_shown_and_masked_for_erased_readers(site: OperatorsSite) -> None:
    place = site.readers.place
    press(site, site.reader(ADDRESS), "pause")
    assert ADDRESS in text(site, "/log", action="pause")
    assert ADDRESS not in text(site, "/log", action="resume")
    assert ADDRESS in text(site, "/log", q="ADA@")
    erasure.erase(
        place.app.store,
        email=ADDRESS,
        profiles=place.app.load_profiles(),
        keys=[KEY],
        now=place.now[0],
    )
    assert ADDRESS not in text(site, "/log")
    assert "***@reader.example" in text(site, "/log", action="pause")
    assert ADDRESS not in str(place.rows())


def test_settings_show_their_origin_and_no_secret(tmp_path: Path) -> None:
    secret = "a-token-of-more-than-sixteen-letters"
    with opened(tmp_path / "home", more={"DIGEST_METRICS_TOKEN": secret}) as site:
        home = site.readers.place.app.home.path
        (home / ".env").write_text("# ours\nDIGEST_LIST_NAME=Papers\n")
        site.sign_in()
        page = text(site, "/settings")
    assert secret not in page
    assert SECRET not in page
    assert "set, not shown" in page
    assert ".env, line 2" in page
    assert "environment" in page


def test_a_test_message_goes_to_the_operator(site: OperatorsSite) -> None:
    assert "sent: " in press(site, "/settings", "test")
    message = site.readers.messages()[-1]
    assert (message["To"], "test message" in str(message["Subject"])) == (OPERATOR, True)
    assert log(site)[-1][0] == OPERATOR


def test_readers_are_exported_and_no_cell_is_a_formula(site: OperatorsSite) -> None:
    home = site.readers.place.app.home.path
    (home / "profiles" / "=evil.toml").write_text(f'email = "eve@reader.example"\n{PROFILE}')
    site.readers.run()
    lines = site.post("/readers/export").text.splitlines()
    assert lines[0].startswith("email,status,since,subscription")
    assert [line.partition(",")[0] for line in lines[1:]] == [ADDRESS, "eve@reader.example"]
    assert ",'=evil," in lines[2]


def test_an_exported_list_brings_nobody_back(site: OperatorsSite) -> None:
    place = site.readers.place
    press(site, site.reader(ADDRESS), "suppress", sure="yes")
    rows = site.post("/readers/export").text
    assert f"{ADDRESS},suppressed," in rows
    answer = site.post("/import", rows=rows.replace(ADDRESS, "moved@reader.example"))
    path = answer.headers["location"].removeprefix("/admin")
    assert "the list says bounced" in text(site, path)
    assert "1 refused" in unescape(site.post(path).text)
    with place.app.store.read() as tx:
        assert leavings.find(tx, "moved@reader.example", keys=[KEY]) is not None


def test_a_profile_is_saved_after_its_papers_were_shown(site: OperatorsSite) -> None:
    path = f"{site.reader(ADDRESS)}/digests/1/profile"
    before = site.readers.place.rows()["profile"]
    shown = press(site, path, "preview", text='[[topics]]\nname = "T"\nkeywords = ["molecules"]\n')
    assert "Graph neural networks for molecules" in shown
    wrong = press(site, path, "preview", text="[[topics]]\nname = 3\n")
    assert "name" in wrong
    assert site.readers.place.rows()["profile"] == before
    press(site, path, "save", text='[[topics]]\nname = "T"\nkeywords = ["molecules"]\n')
    assert "molecules" in text(site, site.reader(ADDRESS))
    (digest,) = site.readers.run()
    assert "Graph neural networks for molecules" in digest.as_string()


def test_the_preview_shows_what_the_next_run_sends(site: OperatorsSite) -> None:
    path = f"{site.reader(ADDRESS)}/digests/1"
    before = site.readers.place.rows()
    shown = text(site, f"{path}/message")
    after = site.readers.place.rows()
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"admin_session", "meta"}  # the papers that count in the statistics of a day
    (digest,) = site.readers.run()
    for title in (
        "Speculative decoding with a small draft model",
        "Speculative decoding for translation",
    ):
        assert title in shown
        assert title in digest.as_string()
    assert "there would be no digest now" in text(site, f"{path}/next")


def test_pages_are_counted_once_a_minute_and_plotted(site: OperatorsSite) -> None:
    place = site.readers.place
    with place.app.store.read() as tx:
        before = sum(views for *_, views in page_views.since(tx, place.now[0].date()))
    for _ in range(3):
        site.readers.client.get(f"{site.readers.url}/topics/nlp")
    later(site, timedelta(minutes=1))
    site.readers.client.get(f"{site.readers.url}/")
    with place.app.store.read() as tx:
        counted = page_views.since(tx, place.now[0].date())
    assert sum(views for *_, views in counted) >= before + 4
    assert "sign-up" in {page for _, page, _ in counted}
    page = text(site, "/plots", days="90")
    assert page.count("<svg") >= 3
    assert "Pages that were shown" in page


def test_an_import_is_tried_without_storing_and_names_each_bad_row(site: OperatorsSite) -> None:
    home = site.readers.place.app.home.path
    (home / "lab.toml").write_text(PROFILE)
    (home / "groups").mkdir()
    (home / "groups" / "lab.toml").write_text(PROFILE)
    rows = f"email,profile\nbob@x.example,groups/lab.toml\nnot an address,\n{ADDRESS},\n"
    rows += "eve@x.example,../../etc/passwd\n\nbob@x.example,groups/lab.toml\n"
    before = site.readers.place.rows()
    answer = site.post("/import", rows=rows, profile="groups/lab.toml")
    assert answer.status_code == 303
    path = answer.headers["location"].removeprefix("/admin")
    page = text(site, path)
    after = site.readers.place.rows()
    assert {name for name in before if before[name] != after[name]} <= {"admin_session"}
    assert "line" in page.lower()
    assert "the profile is not in the home" in page
    assert "not an address" in page
    other = OperatorsSite(site.readers)
    other.sign_in("second@example.org")
    assert other.get(path).status_code == 410
    done = unescape(site.post(path).text)
    assert "Imported: 2 added, 0 updated, 1 unchanged, 2 refused" in done
    assert site.post(path).status_code == 410
    for wrong, problem in (
        ({"rows": "name\nx\n"}, 'no column "email"'),
        ({"rows": ""}, "choose a CSV file"),
        ({"rows": rows, "profile": "/etc/passwd"}, "the home has no such file"),
        ({"rows": rows, "consent": "yes"}, "contains no date"),
    ):
        assert problem in unescape(site.post("/import", **wrong).text)


def test_each_statement_of_the_pages_uses_an_index(site: OperatorsSite, tmp_path: Path) -> None:
    site.readers.run()
    path = site.reader(ADDRESS)
    file = tmp_path / "statements"
    explained_statements.install(str(file), site.readers.place.served.store.engine)
    for page in (
        "", "/readers?q=ada", path, f"{path}/digests/1/next", "/queue", "/sources", "/plots", "/log",
    ):  # fmt: skip
        text(site, page)
    press(site, path, "pause")
    press(site, path, "resume")
    press(site, path, "send again", edition="1")
    count, whole = explained_statements.read(file)
    assert count > 40
    allowed = (
        "GROUP BY edition.state",  # an index has it
        "ORDER BY edition.id DESC",  # stops at the newest
        "SELECT batch.source FROM batch",  # one step for each source
        "FROM admin_log ORDER BY",  # stops at the newest
        "FROM suppression LIMIT",  # stops at the first
    )
    assert [
        item
        for item in whole
        if item.table in set(metadata.tables) - SMALL
        and not any(part in item.statement for part in allowed)
    ] == []


def test_a_test_of_a_source_marks_no_mail_as_read(site: OperatorsSite) -> None:
    app = site.readers.place.app
    (app.home.path / "sources.toml").write_text(
        '[[sources]]\nname = "alerts"\nkind = "mail"\nimap = "imaps://me@imap.example.org/INBOX"\n'
        "mark_seen = true\n"
    )
    for is_trial in (False, True):
        (source,) = app.read_sources().build("alerts", is_trial=is_trial)
        assert source.source.mark_seen is not is_trial  # type: ignore[attr-defined]
