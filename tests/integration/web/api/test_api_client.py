"""A program does with the client what an operator does with the commands."""

from datetime import timedelta

import httpx
import pytest
from support.builders import NOW
from support.servers.readers_site import ADDRESS
from support.servers.served_api import CONSENT, PROFILE, ServedApi

from digest.client.errors import ApiError
from digest.client.http_client import DigestClient
from digest.core.models.subscribers import AddressStatus
from digest.pipeline.access.posted_profiles import parse_alone
from digest.pipeline.publishing.preview import rank_stored
from digest.store.reports import job_runs
from digest.store.subscribers import subscriptions

# One worker runs these tests, so the API of the module is made once.
pytestmark = pytest.mark.xdist_group("api client")


def refused(error: pytest.ExceptionInfo[ApiError], status: int) -> str:
    assert error.value.status == status, error.value
    return error.value.problem.detail


def test_papers_are_found_ranked_and_explained_as_by_the_commands(api: ServedApi) -> None:
    with api.client() as client:
        papers = list(client.papers())
        assert [item.id for item in papers] == sorted((item.id for item in papers), reverse=True)
        assert client.paper(papers[0].id) == papers[0]
        (found, *_) = client.find_papers("Federated learning")
        assert found.title == "Federated learning on telephones"
        ranking = client.rank(PROFILE, limit=1)
        assert ranking.considered == len(papers)
        (best,) = ranking.ranked
        assert best.topic == "Decoding"
        assert client.explain(best.paper.id, PROFILE).score == best.score
        (edition,) = client.editions(subscription=api.subscription)
        shown = client.edition(edition.id).sections[0].entries[0]
        assert shown.paper.id == best.paper.id
        with pytest.raises(ApiError) as missing:
            client.paper(10**9)
        assert refused(missing, 404) == "There is no such paper."
    store = api.site.place.app.store
    stored = rank_stored(
        store,
        parse_alone(PROFILE),
        now=api.site.place.now[0],
        models=api.site.place.app.ranking_models,
    )
    assert round(stored[0].score, 4) == best.score


def test_a_long_list_comes_in_pages(api: ServedApi) -> None:
    titles: list[str] = []
    cursor = None
    while True:
        more: dict[str, str] = {"cursor": cursor} if cursor else {}
        page = api.send("GET", "/papers", params={"limit": "2", **more}).json()
        titles += [item["title"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        assert len(page["items"]) == 2
    with api.client() as client:
        assert titles == [item.title for item in client.papers()]


def test_a_profile_is_checked_previewed_and_measured(api: ServedApi) -> None:
    with api.client() as client:
        good = client.check_profile(PROFILE)
        assert (good.ok, good.matched, good.problems) == (True, 2, [])
        wrong = client.check_profile('[[topics]]\nname = "A"\nkeyword = ["x"]\n')
        assert not wrong.ok
        assert (wrong.problems[0].line, wrong.problems[0].where) == (3, "body.profile")
        preview = client.preview_profile(PROFILE)
        assert [topic.number for topic in preview.topics] == [2]
        volume = client.profile_volume(PROFILE, days=3)
        assert volume.days[-1].matched == 2
        assert [point.min_match for point in volume.curve] == [10, 20, 30, 40, 50, 60, 70, 80]


def test_a_profile_of_a_request_names_no_file_of_this_machine(api: ServedApi) -> None:
    text = PROFILE + 'likes = ["papers.bib"]\n'
    with api.client() as client:
        assert "is a file" in client.check_profile(text).problems[0].problem
        with pytest.raises(ApiError, match="is a file"):
            client.rank(text)
        with pytest.raises(ApiError, match="is a file"):
            client.subscribe("file@reader.example", text, consent=CONSENT)


def test_a_subscription_begins_changes_pauses_and_ends(api: ServedApi) -> None:
    store, now = api.site.place.app.store, api.site.place.now
    with api.client() as client:
        started = client.subscribe("bob@Reader.example", PROFILE, consent=CONSENT, name="lab")
        assert started.created
        assert not client.subscribe(
            "bob@reader.example", PROFILE, consent=CONSENT, name="lab"
        ).created
        item = client.subscription(started.id)
        assert (item.email, item.name, item.status) == ("bob@reader.example", "lab", "active")
        assert item in list(client.subscriptions(reader=item.reader))
        assert [other.id for other in client.subscriptions(email=item.email)] == [item.id]

        text, etag = client.profile(item.id)
        assert PROFILE in text
        changed = client.change_profile(item.id, PROFILE + "weight = 2.0\n", etag=etag)
        assert changed != etag
        with pytest.raises(ApiError) as stale:
            client.change_profile(item.id, PROFILE, etag=etag)
        refused(stale, 412)

        assert client.pause(item.id, until=now[0] + timedelta(days=3)).state == "paused"
        assert client.subscription(item.id).paused
        assert client.resume(item.id).state == "active"
        assert not client.subscription(item.id).paused
        with pytest.raises(ApiError) as past:
            client.pause(item.id, until=NOW - timedelta(days=9))
        refused(past, 422)

        assert client.stop(item.id).state == "stopped"
        assert client.subscription(item.id).status == "unsubscribed"
        assert list(client.subscriptions(email=item.email)) == []
        assert [other.id for other in client.subscriptions(email=item.email, ended=True)] == [
            item.id
        ]
        for again in (client.pause, client.resume, client.stop, client.profile):
            with pytest.raises(ApiError) as ended:
                again(item.id)
            assert refused(ended, 409) == "The subscription has ended."
    with store.read() as tx:
        log = subscriptions.consent_log(tx, item.email)
        address = subscriptions.find_address(tx, item.email)
    assert address is not None
    assert address.status is AddressStatus.UNSUBSCRIBED
    assert [(entry.event, entry.origin) for entry in log] == [
        ("subscribed", "import"),
        ("paused", "api"),
        ("resumed", "api"),
        ("ended", "import"),
        ("unsubscribed", "api"),
    ]
    assert (log[0].detail, log[0].evidence) == ("API token everything", CONSENT)


def test_who_left_comes_back_by_a_newer_consent_alone(api: ServedApi) -> None:
    with api.client() as client:
        first = client.subscribe("eva@reader.example", PROFILE, consent=CONSENT)
        client.stop(first.id)
        with pytest.raises(ApiError) as left:
            client.subscribe("eva@reader.example", PROFILE, consent=CONSENT)
        said = refused(left, 409)
        assert "only a consent that is newer" in said
        assert "eva" not in said
        api.site.place.now[0] += timedelta(days=1)
        moment = api.site.place.now[0]
        again = client.subscribe(
            "eva@reader.example", PROFILE, consent=f"wrote to us, {moment:%Y-%m-%dT%H:%M}"
        )
        assert again.id != first.id
        assert client.subscription(again.id).status == "active"


@pytest.mark.parametrize(
    "email, consent",
    [("no address", CONSENT), ("zoe@reader.example", "yes"), ("zoe@reader.example", "")],
)
def test_a_subscription_needs_an_address_and_a_dated_consent(
    api: ServedApi, email: str, consent: str
) -> None:
    with api.client() as client, pytest.raises(ApiError) as error:
        client.subscribe(email, PROFILE, consent=consent)
    assert "zoe" not in refused(error, 422)


def test_feedback_is_said_and_taken_back_for_a_reader(api: ServedApi) -> None:
    with api.client() as client:
        (paper, *_) = client.papers()
        for kind in ("more", "less", "saved"):
            client.say_feedback(api.subscription, paper.id, kind)
            (said,) = client.feedback(api.subscription)
            assert (said.paper, said.kind, said.title) == (paper.id, kind, paper.title)
        client.forget_feedback(api.subscription, paper.id)
        assert client.feedback(api.subscription) == []
        with pytest.raises(ApiError) as missing:
            client.say_feedback(api.subscription, 10**9, "more")
        refused(missing, 404)


def test_a_digest_is_read_without_the_rights_of_its_reader(api: ServedApi) -> None:
    with api.client() as client:
        (edition,) = client.editions(subscription=api.subscription)
        page, text = client.edition_html(edition.id), client.edition_text(edition.id)
    assert "Speculative decoding for translation" in page
    assert "Speculative decoding for translation" in text
    for part in (page, text):
        assert ADDRESS not in part
        for path in ("/p/", "/f/", "/e/"):
            assert f"{api.site.url}{path}" not in part
    # The link to unsubscribe is that of nobody.
    links = [word for word in text.split() if "/u/" in word]
    for link in links:
        httpx.post(link.replace("http://127.0.0.1/", f"{api.site.url}/"), data={})
    with api.client() as client:
        assert client.subscription(api.subscription).status == "active"


def test_runs_are_listed_and_asked_for(api: ServedApi) -> None:
    store, now = api.site.place.app.store, api.site.place.now[0]
    with api.client() as client:
        with pytest.raises(ApiError) as unknown:
            client.request_run("collect")
        refused(unknown, 409)
        with store.write() as tx:
            started = job_runs.begin(tx, job="collect", slot=now, owner="one", now=now)
            assert started is not None
            job_runs.finish(
                tx,
                started.number,
                owner="one",
                outcome="5 new",
                problems=["ada@reader.example: no such user"],
                now=now,
            )
        (run,) = client.runs(job="collect")
        assert (run.outcome, run.finished_at) == ("5 new", now)
        assert ADDRESS not in str(run.problems)
        assert client.request_run("collect").state == "requested"
        assert [item.finished_at for item in client.runs(job="collect")] == [None, now]


def test_a_webhook_is_added_resumed_and_removed(api: ServedApi) -> None:
    with api.client() as client:
        made = client.add_webhook("https://hooks.example.org/x", ["sent", "left"])
        assert made.secret.startswith("whsec_")
        assert [item.events for item in client.webhooks()] == [["sent", "left"]]
        assert client.resume_webhook(made.id) == client.webhook(made.id)
        with pytest.raises(ApiError) as inside:
            client.add_webhook("http://192.168.1.1/", ["sent"])
        assert "inside the network" in refused(inside, 422)
        client.remove_webhook(made.id)
        for call in (client.webhook, client.resume_webhook, client.remove_webhook):
            with pytest.raises(ApiError) as missing:
                call(made.id)
            refused(missing, 404)


def test_the_client_tells_what_the_token_allows_and_reports_other_answers(api: ServedApi) -> None:
    with api.client() as client:
        assert client.token().name == "everything"
        assert client.health().status == "ok"
    elsewhere = httpx.MockTransport(lambda _: httpx.Response(502, text="<html>"))
    with (
        DigestClient("https://digest.example.org", "x", transport=elsewhere) as client,
        pytest.raises(ApiError, match="none of the API"),
    ):
        client.health()
