"""The links that digests contain for their readers."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from support.samples.feedback_links import feedback_url

from digest.core.models.profiles import FeedbackKind
from digest.core.signup.link_tokens import LinkPurpose, verify_link
from digest.core.signup.reader_links import (
    FEEDBACK_LIFE,
    OFFERED,
    FeedbackLink,
    preferences_url,
    verify_feedback,
)

KEY = b"k" * 32
NOW = datetime(2026, 5, 11, 6, 0, tzinfo=UTC)
numbers = st.integers(min_value=0, max_value=2**40 - 1)


def token_of(subscription: int, paper: int, kind: FeedbackKind = FeedbackKind.MORE) -> str:
    url = feedback_url("https://d.example", subscription, paper, kind, at=NOW, secret=KEY)
    start, end = "https://d.example/f/", f"/{kind.value}"
    assert url.startswith(start)
    assert url.endswith(end)
    return url.removeprefix(start).removesuffix(end)


@given(subscription=numbers, paper=numbers, kind=st.sampled_from(OFFERED))
def test_a_feedback_link_names_its_subscription_and_its_paper(
    subscription: int, paper: int, kind: FeedbackKind
) -> None:
    link = verify_feedback(token_of(subscription, paper, kind), secrets=[b"other", KEY])
    assert link == FeedbackLink(subscription_id=subscription, paper_id=paper, on=NOW.date())


@given(place=st.integers(0, 27), letter=st.sampled_from("Aa0-_.="), length=st.integers(0, 27))
def test_a_changed_or_cut_feedback_token_is_not_accepted(
    place: int, letter: str, length: int
) -> None:
    token = token_of(7, 9)
    changed = token[:place] + letter + token[place + 1 :]
    for wrong in (changed, token[:length], token + "A"):
        if wrong != token:
            assert verify_feedback(wrong, secrets=[KEY]) is None


def test_a_feedback_link_opens_no_preferences() -> None:
    token = token_of(7, 9)
    assert all(verify_link(purpose, token, secrets=[KEY]) is None for purpose in LinkPurpose)
    url = preferences_url("https://d.example", 7, at=NOW, secret=KEY)
    own = url.removeprefix("https://d.example/p/")
    assert verify_feedback(own, secrets=[KEY]) is None
    assert verify_link(LinkPurpose.PREFERENCES, own, secrets=[KEY]) is not None


def test_a_feedback_link_expires() -> None:
    link = FeedbackLink(subscription_id=1, paper_id=1, on=NOW.date())
    assert not link.is_expired(NOW + FEEDBACK_LIFE)
    assert link.is_expired(NOW + FEEDBACK_LIFE + timedelta(days=1))
