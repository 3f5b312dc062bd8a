"""The tokens of the site: none is accepted that was changed, cut, swapped or signed for another use."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.signup.link_tokens import (
    CODE_DIGITS,
    FILL_TIME,
    FORM_LIFE,
    MANAGE_LIFE,
    LinkPurpose,
    LinkScope,
    SignedLink,
    code_of,
    is_code,
    is_filled_by_a_person,
    scope_of,
    sign_link,
    verify_link,
)

KEY, OLD = b"k" * 32, b"o" * 32
NOW = datetime(2026, 5, 11, 6, 0, tzinfo=UTC)
numbers = st.integers(min_value=0, max_value=2**63 - 1)
purposes = st.sampled_from(list(LinkPurpose))
TOKEN_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."


@given(purpose=purposes, number=numbers, seconds=st.integers(0, 2**33))
def test_a_token_gives_back_what_was_signed(
    purpose: LinkPurpose, number: int, seconds: int
) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    token = sign_link(purpose, number, at=at, secret=KEY)
    assert verify_link(purpose, token, secrets=[OLD, KEY]) == SignedLink(number=number, at=at)


@given(
    place=st.integers(0, 41),
    letter=st.sampled_from(TOKEN_LETTERS),
    number=numbers,
    purpose=purposes,
)
def test_a_token_with_another_letter_is_not_accepted(
    place: int, letter: str, number: int, purpose: LinkPurpose
) -> None:
    token = sign_link(purpose, number, at=NOW, secret=KEY)
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        assert verify_link(purpose, changed, secrets=[KEY]) is None


@given(number=numbers, length=st.integers(0, 41), purpose=purposes)
def test_a_token_that_was_cut_or_lengthened_is_not_accepted(
    number: int, length: int, purpose: LinkPurpose
) -> None:
    token = sign_link(purpose, number, at=NOW, secret=KEY)
    for wrong in (token[:length], token[length + 1 :], token + "A", token + "=", f" {token}"):
        assert verify_link(purpose, wrong, secrets=[KEY]) is None


@given(first=numbers, second=numbers)
def test_parts_of_two_tokens_are_not_accepted(first: int, second: int) -> None:
    head, _, tail = sign_link(LinkPurpose.MANAGE, first, at=NOW, secret=KEY).partition(".")
    other, _, end = sign_link(LinkPurpose.MANAGE, second, at=NOW, secret=KEY).partition(".")
    if first != second:
        assert verify_link(LinkPurpose.MANAGE, f"{head}.{end}", secrets=[KEY]) is None
        assert verify_link(LinkPurpose.MANAGE, f"{other}.{tail}", secrets=[KEY]) is None


@given(purpose=purposes, other=purposes, number=numbers)
def test_a_token_for_one_purpose_is_none_for_another(
    purpose: LinkPurpose, other: LinkPurpose, number: int
) -> None:
    token = sign_link(purpose, number, at=NOW, secret=KEY)
    accepted = verify_link(other, token, secrets=[KEY]) is not None
    assert accepted is (purpose is other)
    assert verify_link(purpose, token, secrets=[OLD]) is None


@given(text=st.text(max_size=80))
def test_no_other_text_is_accepted(text: str) -> None:
    for purpose in LinkPurpose:
        assert verify_link(purpose, text, secrets=[KEY]) is None


def test_a_time_that_no_calendar_has_is_not_accepted() -> None:
    from digest.core.subscribers import signed_tokens

    payload = (1).to_bytes(8, "big") + b"\xff" * 6
    token = signed_tokens.sign_payload(LinkPurpose.MANAGE, payload, secret=KEY)
    assert base64.urlsafe_b64decode(token.partition(".")[0] + "==")[8:] == b"\xff" * 6
    assert verify_link(LinkPurpose.MANAGE, token, secrets=[KEY]) is None


@pytest.mark.parametrize(
    "purpose, age, scope",
    [
        (LinkPurpose.MANAGE, timedelta(0), LinkScope.MANAGE),
        (LinkPurpose.MANAGE, MANAGE_LIFE, LinkScope.MANAGE),
        (LinkPurpose.MANAGE, MANAGE_LIFE + timedelta(seconds=1), LinkScope.EDIT),
        (LinkPurpose.MANAGE, timedelta(days=8), LinkScope.LEAVE),
        (LinkPurpose.PREFERENCES, timedelta(0), LinkScope.EDIT),
        (LinkPurpose.PREFERENCES, timedelta(days=7), LinkScope.EDIT),
        (LinkPurpose.PREFERENCES, timedelta(days=7, seconds=1), LinkScope.LEAVE),
        (LinkPurpose.MANAGE, timedelta(days=-1), LinkScope.LEAVE),
    ],
)
def test_the_age_of_a_link_decides_what_it_allows(
    purpose: LinkPurpose, age: timedelta, scope: LinkScope
) -> None:
    link = SignedLink(number=1, at=NOW - age)
    assert scope_of(purpose, link, now=NOW, edit_life=timedelta(days=7)) is scope


@pytest.mark.parametrize(
    "age, is_person",
    [
        (FILL_TIME - timedelta(milliseconds=1), False),
        (FILL_TIME, True),
        (FORM_LIFE, True),
        (FORM_LIFE + timedelta(seconds=1), False),
    ],
)
def test_a_form_is_filled_in_neither_too_quickly_nor_too_slowly(
    *, age: timedelta, is_person: bool
) -> None:
    assert is_filled_by_a_person(SignedLink(number=0, at=NOW - age), NOW) is is_person


@given(request=numbers, other=numbers)
def test_a_code_has_six_digits_and_belongs_to_one_request(request: int, other: int) -> None:
    code = code_of(request, at=NOW, secret=KEY)
    assert (len(code), code.isdigit()) == (CODE_DIGITS, True)
    assert is_code(f" {code[:3]} {code[3:]}\n", request, at=NOW, secrets=[OLD, KEY])
    assert is_code(f"{code[:3]}-{code[3:]}", request, at=NOW, secrets=[KEY])
    assert not is_code(code[:-1], request, at=NOW, secrets=[KEY])
    assert not is_code("", request, at=NOW, secrets=[KEY])
    expected = code_of(other, at=NOW, secret=KEY) == code
    assert is_code(code, other, at=NOW, secrets=[KEY]) is expected
