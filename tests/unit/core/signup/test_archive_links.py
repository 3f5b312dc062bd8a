"""The links of the archive: to an edition, and to a feed."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from digest.core.signup.archive_links import FeedLink, edition_url, sign_feed, verify_feed
from digest.core.signup.link_tokens import LinkPurpose, verify_link

KEY = b"k" * 32
NOW = datetime(2026, 5, 11, 6, 0, tzinfo=UTC)
feeds = st.builds(
    FeedLink,
    subscription_id=st.integers(min_value=0, max_value=2**63 - 1),
    version=st.integers(min_value=0, max_value=2**31 - 1),
)


@given(link=feeds)
def test_the_address_of_a_feed_names_its_subscription_and_its_version(link: FeedLink) -> None:
    assert verify_feed(sign_feed(link, secret=KEY), secrets=[b"other", KEY]) == link


@given(place=st.integers(0, 38), letter=st.sampled_from("Aa0-_."), length=st.integers(0, 38))
def test_a_changed_or_cut_address_is_not_accepted(place: int, letter: str, length: int) -> None:
    token = sign_feed(FeedLink(subscription_id=7, version=2), secret=KEY)
    changed = token[:place] + letter + token[place + 1 :]
    for wrong in (changed, token[:length], token + "A"):
        if wrong != token:
            assert verify_feed(wrong, secrets=[KEY]) is None


def test_the_link_of_an_edition_allows_nothing_else() -> None:
    start, _, token = edition_url("https://d.example", 9, at=NOW, secret=KEY).rpartition("/")
    assert start == "https://d.example/e"
    for purpose in LinkPurpose:
        link = verify_link(purpose, token, secrets=[KEY])
        assert (link is not None) == (purpose is LinkPurpose.EDITION)
    assert verify_feed(token, secrets=[KEY]) is None
