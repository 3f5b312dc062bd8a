"""Signed tokens: only what was made here, and for this purpose, is believed."""

from hypothesis import given
from hypothesis import strategies as st

from digest.core.links import sign, verify

OLD, NEW = b"an old key of enough length.....", b"a new key of enough length......"
IDS = st.integers(0, 2**63 - 1)


@given(IDS)
def test_a_token_gives_back_what_it_was_made_for(number: int) -> None:
    assert verify("leave", sign("leave", number, secret=NEW), secrets=[NEW]) == number


def test_a_token_is_the_same_on_every_retry() -> None:
    assert sign("leave", 7, secret=NEW) == sign("leave", 7, secret=NEW)


def test_a_token_of_an_older_key_still_counts() -> None:
    assert verify("leave", sign("leave", 7, secret=OLD), secrets=[NEW, OLD]) == 7


def test_a_token_of_a_key_that_was_withdrawn_does_not_count() -> None:
    assert verify("leave", sign("leave", 7, secret=OLD), secrets=[NEW]) is None


def test_a_token_is_good_for_its_purpose_alone() -> None:
    assert verify("join", sign("leave", 7, secret=NEW), secrets=[NEW]) is None


@given(IDS, st.integers(0, 33), st.characters(codec="utf-8"))
def test_a_changed_token_is_not_believed(number: int, place: int, character: str) -> None:
    token = sign("leave", number, secret=NEW)
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]
    found = verify("leave", changed, secrets=[NEW])
    assert found is None or changed == token


@given(st.text())
def test_any_text_is_judged_without_an_error(text: str) -> None:
    assert verify("leave", text, secrets=[NEW]) is None
