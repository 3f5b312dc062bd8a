"""Tokens, scopes and positions of the HTTP API."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.access.cursors import read_cursor, write_cursor
from digest.core.access.scopes import MEANINGS, Scope, parse_scopes
from digest.core.access.tokens import (
    ApiToken,
    bearer_token,
    seconds_to_next_minute,
    token_hash,
    token_text,
)

NOW = datetime(2026, 5, 11, 6, 0, 20, tzinfo=UTC)


def test_a_token_has_256_random_bits_and_a_prefix_that_is_found_by_scanners() -> None:
    text = token_text(bytes(range(32)))
    assert text == "pdt_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    assert len(token_hash(text)) == 64
    assert text not in token_hash(text)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Basic {}", "Bearer {}x", "Bearer pdt_", "{}", "Bearer\n{}", "Bearer whsec_{}"],
)
def test_what_is_no_bearer_token_is_none(header: str) -> None:
    text = token_text(bytes(32))
    assert bearer_token(header.format(text)) is None
    assert bearer_token(f"bearer  {text} ") == text


@pytest.mark.parametrize(
    "expires, revoked, state",
    [
        (None, None, "valid"),
        (1, None, "valid"),
        (0, None, "ended"),
        (None, -1, "ended"),
        (1, -1, "ended"),
    ],
)
def test_a_token_is_valid_until_it_expires_or_is_revoked(
    expires: int | None, revoked: int | None, state: str
) -> None:
    def moment(days: int | None) -> datetime | None:
        return None if days is None else NOW + timedelta(days=days)

    token = ApiToken(
        token_id=1,
        name="lab",
        scopes=(),
        requests=1,
        created_at=NOW,
        expires_at=moment(expires),
        revoked_at=moment(revoked),
        used_at=None,
    )
    assert token.is_valid(NOW) is (state == "valid")


def test_scopes_are_named_once_in_any_order_and_all_means_every_one() -> None:
    assert parse_scopes(["runs:read, papers:read", "runs:read"]) == (
        Scope.PAPERS_READ,
        Scope.RUNS_READ,
    )
    assert parse_scopes(["all"]) == tuple(Scope)
    assert set(MEANINGS) == set(Scope)
    for wrong in (["papers:write"], [""], []):
        with pytest.raises(ValueError, match="scope"):
            parse_scopes(wrong)


def test_the_next_minute_begins_within_a_minute() -> None:
    assert seconds_to_next_minute(NOW) == 40
    assert seconds_to_next_minute(NOW.replace(second=59, microsecond=999_999)) == 1


@given(st.integers(0, 2**53))
def test_a_cursor_gives_back_its_position_in_its_own_list_alone(number: int) -> None:
    text = write_cursor("papers", number)
    assert read_cursor("papers", text) == number
    with pytest.raises(ValueError, match="no cursor"):
        read_cursor("runs", text)


@given(st.text(max_size=80))
def test_any_other_text_is_refused_as_a_cursor(text: str) -> None:
    try:
        assert write_cursor("papers", read_cursor("papers", text)).rstrip("=")
    except ValueError as error:
        assert "no cursor" in str(error)  # noqa: PT017 - most texts are refused, not all
