"""What readers do with their own digests on the site: reading lists, people, several digests, undoing."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from support.servers.readers_site import ADDRESS, ReadersSite, body, opened, press, stored
from support.servers.served_home import ONE_CLICK, token_of

from digest.core.models.profiles import Citations, Detail, FeedbackKind, MailTheme
from digest.core.models.subscribers import AddressStatus, SubscriptionOrigin
from digest.core.signup.link_tokens import LinkPurpose
from digest.core.signup.reader_links import FeedbackUrls
from digest.mail.theming import theme
from digest.pipeline.subscribers.sync_profiles import sync_profiles
from digest.store.database.schema import edition
from digest.store.papers import paper_search
from digest.store.subscribers import subscriptions

OLD = timedelta(days=8)
FORM = {"keywords0": "speculative decoding", "zone": "UTC", "length": "15"}
BIBTEX = """@article{a, title={Learning on telephones}, abstract={We study federated learning.}}
@article{b, title={Federated telephones that learn}, abstract={Federated learning on telephones.}}
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ReadersSite]:
    with opened(tmp_path / "home") as served:
        yield served


def examples(site: ReadersSite, number: int, **fields: str) -> str:
    return press(site.preferences(number), "preview", fragment="1", **{**FORM, **fields}).text


def test_feedback_changes_the_next_digest(site: ReadersSite) -> None:
    topics = {"keywords0": "speculative decoding\ntranslation", "days": "", "hour": ""}
    ada, bob = site.subscribe(**topics), site.subscribe("bob@reader.example", **topics)
    site.run()
    urls = FeedbackUrls(site.url, ada, at=site.place.now[0], secret=site.place.app.signing_keys[0])
    for title, wish, effect in (
        ("Speculative decoding for translation", "less", "you get fewer papers about"),
        ("Federated learning on telephones", "more", "you get more papers about"),
    ):
        with site.place.app.store.read() as tx:
            (paper,) = paper_search.find_papers(tx, title)
        assert effect in press(f"{urls.of(paper.paper_id)}/{wish}", wish).text
    site.show_papers(
        "Machine translation by speculative decoding of sentences",
        "Hospitals that do federated learning with telephones",
    )
    digests = {str(message["To"]): body(message) for message in site.run(days=1)}
    assert "which you liked" in digests[ADDRESS]
    assert "which you liked" not in digests["bob@reader.example"]
    assert scores(site, ada)[0] < scores(site, bob)[0] - 5


def scores(site: ReadersSite, number: int) -> list[float]:
    """Returns the scores of the newest edition of a subscription, in the order of its papers."""
    rows = select(edition.c.content).where(edition.c.subscription_id == number)
    with site.place.app.store.read() as tx:
        content = tx.execute(rows.order_by(edition.c.id.desc())).scalars().first()
    assert content is not None
    return [entry[5] for _, entries in content["sections"] for entry in entries]


def test_examples_show_what_each_keyword_exclusion_and_person_does(site: ReadersSite) -> None:
    number = site.subscribe()
    text = examples(
        site,
        number,
        keywords0="speculative decoding\nmolecules\nquarks",
        exclude0="translation",
        follow="Ada King",
    )
    for word, count in (
        ("speculative decoding", 1),
        ("molecules", 1),
        ("quarks", 0),
        ("translation", 1),
        ("Ada King", 2),
    ):
        assert f'data-word="{word}" data-number="{count}"' in text
    assert "Speculative decoding for translation" in text
    muted = examples(site, number, mute="Ada King")
    assert "No paper of the last week" in muted
    assert 'data-word="Ada King" data-number="2"' in muted


def test_people_are_followed_by_their_ids_too(site: ReadersSite) -> None:
    number = site.subscribe()
    person = "orcid:0000-0002-1825-0097 Josiah Carberry"
    followed = examples(site, number, follow=person)
    assert f'data-word="{person}" data-number="0"' in followed
    wrong = examples(site, number, follow="orcid:0000-0002-1825-0098")
    assert "is no ORCID iD: its last character" in wrong
    assert "people who are not shown are named" in examples(site, number, mute=person)


def test_pasted_papers_bring_papers_like_them(site: ReadersSite) -> None:
    number = site.subscribe()
    assert "Federated learning on telephones" not in examples(site, number)
    assert "Federated learning on telephones" in examples(site, number, likes1=BIBTEX)
    page = press(site.preferences(number), "save", **FORM, likes1=BIBTEX).text
    assert ".bib: 2 papers" in page
    (name,) = stored(site, number).lists
    assert "Federated learning on telephones" in examples(site, number, likes1=name)
    # A run finds no file with this name, and keeps what was pasted.
    (message,) = site.run()
    assert message["To"] == ADDRESS
    assert "Federated learning on telephones" in body(message)
    assert "Saved" in press(site.preferences(number), "save", **FORM, likes1=name).text
    assert "Saved" in press(site.preferences(number), "save", **FORM).text
    site.run(days=1)
    assert stored(site, number).lists == {}


@pytest.mark.parametrize(
    "likes, problem",
    [("other.bib", "no arXiv id and no DOI"), ("@article{a, title=", "BibTeX")],
)
def test_what_is_no_list_of_papers_is_refused(site: ReadersSite, likes: str, problem: str) -> None:
    number = site.subscribe()
    answer = press(site.preferences(number), "save", **FORM, likes0=likes)
    assert (answer.status_code, problem in answer.text) == (422, True), answer.text


def test_a_paper_that_is_not_stored_is_named(site: ReadersSite) -> None:
    number = site.subscribe()
    text = examples(site, number, likes0="https://arxiv.org/abs/2401.00001v2")
    assert "does not count yet: 2401.00001" in text


def test_the_page_keeps_how_the_message_looks(site: ReadersSite) -> None:
    number = site.subscribe()
    url = site.preferences(number)
    look = {"detail": "full", "attach": "bibtex", "theme": "playful"}
    press(url, "save", **FORM, **look, avoid0="telephones")
    found = stored(site, number)
    assert (found.presentation.detail, found.presentation.attach) == (Detail.FULL, Citations.BIBTEX)
    assert found.presentation.theme is MailTheme.PLAYFUL
    assert found.profile is not None
    assert [word.text for word in found.profile.topics[0].avoided] == ["telephones"]
    (message,) = site.run()
    assert [part.get_filename() for part in message.iter_attachments()] != []
    html = message.get_body(("html",))
    assert html is not None
    assert theme.built_in("playful").light.accent in html.get_content().lower()
    assert press(url, "save", **FORM, detail="huge").status_code == 422


def test_a_reader_has_several_digests_each_with_its_own_topics_and_days(site: ReadersSite) -> None:
    number = site.subscribe(days="", hour="")
    url = site.preferences(number)
    page = press(url, "add", new_name="Molecules", keywords="molecules")
    assert "Molecules" in page.text
    second = stored(site, number).digests[1]
    assert (second.name, second.origin) == ("Molecules", SubscriptionOrigin.WEB)
    own = str(page.url)
    press(own, "save", **{**FORM, "keywords0": "molecules"}, days="3", digest_name="Chemistry")
    assert [item.name for item in stored(site, number).digests] == ["papers", "Chemistry"]
    profile = stored(site, second.subscription_id).profile
    assert profile is not None
    assert profile.days == (3,)
    # NOW is a Monday.
    (message,) = site.run()
    assert "In your topics" not in body(message)
    site.show_papers("Molecules in motion")
    assert any("Molecules in motion" in body(message) for message in site.run(days=3))
    for name, problem in (("papers", "already"), ("", "a name")):
        answer = press(url, "add", new_name=name, keywords="x")
        assert (answer.status_code, problem in answer.text) == (422, True)
    assert "has ended" in press(own, "end").text
    assert [item.name for item in stored(site, number).digests] == ["papers"]
    assert "only digest" in press(url, "end").text


def test_the_links_to_other_digests_allow_no_more_than_the_page(site: ReadersSite) -> None:
    number = site.subscribe()
    press(site.preferences(number), "add", new_name="Molecules", keywords="molecules")
    young = site.preferences(number, purpose=LinkPurpose.PREFERENCES, age=timedelta(days=6))
    added = press(young, "add", new_name="Graphs", keywords="graphs")
    assert "Erase my address" not in added.text
    site.place.now[0] += timedelta(days=2)
    assert "Mail me a code" in site.client.get(str(added.url)).text
    old = site.preferences(number, purpose=LinkPurpose.PREFERENCES, age=OLD)
    assert "Molecules" not in site.client.get(old).text
    for wish in ("add", "end"):
        assert press(old, wish, new_name="X", keywords="x").status_code == 403


@pytest.mark.parametrize("page", ["preferences", "unsubscribe"])
def test_what_an_old_link_did_is_undone_by_a_message(site: ReadersSite, page: str) -> None:
    number = site.subscribe()

    def url() -> str:
        if page == "unsubscribe":
            return site.place.page(token_of(number))
        return site.preferences(number, purpose=LinkPurpose.PREFERENCES, age=OLD)

    def undo() -> httpx.Response:
        message = site.messages()[-1]
        assert (message["To"], "Undo" in str(message.get_body(("html",)))) == (ADDRESS, True)
        link = site.link(message, "confirm")
        assert "Press the button" in site.client.get(link).text
        return site.client.post(link)

    press(url(), "paused" if page == "unsubscribe" else "pause")
    assert stored(site, number).is_paused
    assert "You get the digest again" in undo().text
    assert not stored(site, number).is_paused
    press(url(), "left" if page == "unsubscribe" else "leave")
    assert site.place.status(ADDRESS) is AddressStatus.UNSUBSCRIBED
    assert "You get the digest again" in undo().text
    assert site.place.status(ADDRESS) is AddressStatus.ACTIVE
    with site.place.app.store.read() as tx:
        log = subscriptions.consent_log(tx, ADDRESS)
    assert log[-1].evidence == "undone by the link of a message to the address"


def test_no_message_undoes_what_changed_nothing_or_a_young_link_did(site: ReadersSite) -> None:
    number = site.subscribe()
    sent = len(site.messages())
    press(site.preferences(number), "pause")
    press(site.preferences(number, age=OLD), "pause")
    press(site.preferences(number), "leave")
    press(site.place.page(token_of(number)), "left")
    httpx.post(site.place.page(token_of(number)), data=ONE_CLICK)
    assert len(site.messages()) == sent


def start_from_file(site: ReadersSite, keywords: str = "quarks") -> int:
    """Writes a profile file of Ada's; returns her subscription."""
    file = site.place.app.home.path / "profiles" / "ada.toml"
    file.write_text(f'email = "{ADDRESS}"\n[[topics]]\nname = "T"\nkeywords = ["{keywords}"]\n')
    changes = sync(site)
    assert changes == ()
    with site.place.app.store.read() as tx:
        return subscriptions.live_subscriptions(tx, email=ADDRESS)[0].subscription_id


def sync(site: ReadersSite) -> tuple[str, ...]:
    """Compares the profile files with the subscriptions; returns the warnings."""
    app = site.place.app
    return sync_profiles(
        app.store, app.load_profiles(), now=site.place.now[0], keys=app.signing_keys
    ).warnings


def test_a_digest_from_a_file_is_handed_over_if_the_operator_wants_it(tmp_path: Path) -> None:
    with opened(tmp_path / "home", more={"DIGEST_HAND_OVER_PROFILES": "true"}) as site:
        number = start_from_file(site)
        url = site.preferences(number)
        assert "The operator made these settings" in site.client.get(url).text
        assert "Saved" in press(url, "save", **FORM).text
        found = stored(site, number)
        assert (found.subscription.origin, found.follows_file) == (SubscriptionOrigin.WEB, False)
        # The file does not count any more, and nobody is warned of it at each run.
        assert start_from_file(site, keywords="mice") == number
        after = stored(site, number).profile
        assert after is not None
        assert [word.text for word in after.topics[0].keywords] == ["speculative decoding"]
        press(url, "add", new_name="Molecules", keywords="molecules")
        press(url, "end")
        assert "ended this digest on the site" in sync(site)[0]
        with site.place.app.store.read() as tx:
            live = subscriptions.live_subscriptions(tx, email=ADDRESS)
        assert [item.name for item in live] == ["Molecules"]


def test_what_needs_the_operator_says_so(site: ReadersSite) -> None:
    url = site.preferences(start_from_file(site))
    for wish, fields in (("erase", {"sure": "yes"}), ("address", {"email": "a@new.example"})):
        answer = press(url, wish, **fields)
        assert (answer.status_code, "digest@example.org" in answer.text) == (422, True)
        assert "ada.toml" not in answer.text


def test_saved_papers_are_kept_in_what_was_learned(site: ReadersSite) -> None:
    number = site.subscribe()
    urls = FeedbackUrls(
        site.url, number, at=site.place.now[0], secret=site.place.app.signing_keys[0]
    )
    assert "It is saved" in press(f"{urls.of(1)}/saved", "saved").text
    assert [item.kind for item in stored(site, number).rated] == [FeedbackKind.SAVED]
