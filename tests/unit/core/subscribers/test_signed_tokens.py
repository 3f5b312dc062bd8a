"""Signed tokens: only what was made here, and for this purpose, is believed."""

import base64
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.subscribers.signed_tokens import (
    MAX_LOCAL_PART,
    ReturnPath,
    constant_time_equal,
    keyed_hash,
    return_path,
    sign,
    verify,
    verify_return,
)

OLD, NEW = b"an old key of enough length.....", b"a new key of enough length......"
IDS = st.integers(0, 2**63 - 1)


@given(IDS)
def test_a_token_gives_back_what_it_was_made_for(number: int) -> None:
    assert verify("leave", sign("leave", number, secret=NEW), secrets=[NEW]) == number


def test_a_token_is_the_same_on_every_retry() -> None:
    assert sign("leave", 7, secret=NEW) == sign("leave", 7, secret=NEW)


@given(IDS, st.sampled_from([OLD, NEW]), st.sampled_from(["leave", "return"]))
def test_the_code_of_a_token_is_hmac_sha256_of_purpose_and_number(
    number: int, secret: bytes, purpose: str
) -> None:
    payload = number.to_bytes(8, "big")
    code = hmac.digest(secret, purpose.encode() + b"\0" + payload, "sha256")[:16]
    encoded = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (payload, code)]
    assert sign(purpose, number, secret=secret) == ".".join(encoded)


def test_a_token_of_an_older_key_is_still_valid() -> None:
    assert verify("leave", sign("leave", 7, secret=OLD), secrets=[NEW, OLD]) == 7


def test_a_token_of_a_removed_key_is_not_valid() -> None:
    assert verify("leave", sign("leave", 7, secret=OLD), secrets=[NEW]) is None


def test_signatures_are_compared_in_constant_time_with_every_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(first: bytes, second: bytes) -> bool:
        compared.append((first, second))
        return False  # so nothing else can have decided

    token, sender = sign("leave", 7, secret=NEW), "bounces@example.org"
    address = return_path(sender, edition_id=1, subscription_id=2, secret=NEW)
    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert verify("leave", token, secrets=[NEW, OLD]) is None
    assert verify_return(address, secrets=[NEW, OLD]) is None
    assert not constant_time_equal("proof", "proof")
    assert len(compared) == 2 + 2 + 1


def test_a_token_is_valid_only_for_its_purpose() -> None:
    assert verify("join", sign("leave", 7, secret=NEW), secrets=[NEW]) is None


@given(IDS, st.integers(0, 33), st.characters(codec="utf-8"))
def test_a_changed_token_is_not_valid(number: int, place: int, character: str) -> None:
    token = sign("leave", number, secret=NEW)
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]
    found = verify("leave", changed, secrets=[NEW])
    assert found is None or changed == token


@given(st.text())
def test_any_text_can_be_verified_without_an_error(text: str) -> None:
    assert verify("leave", text, secrets=[NEW]) is None


SMALL = st.integers(0, 2**48 - 1)


@given(SMALL, SMALL, st.sampled_from(["b@example.org", "bounces-*@example.org", "*@b.example.org"]))
def test_a_return_path_gives_back_its_edition_in_upper_and_lower_case(
    edition: int, subscription: int, address: str
) -> None:
    path = return_path(address, edition_id=edition, subscription_id=subscription, secret=NEW)
    assert len(path.partition("@")[0]) <= MAX_LOCAL_PART
    for spelled in (path, path.upper()):
        found = verify_return(spelled, secrets=[OLD, NEW])
        assert found == ReturnPath(edition_id=edition, subscription_id=subscription)
    assert verify_return(path, secrets=[OLD]) is None


@given(SMALL, st.integers(2, 41), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_return_path_is_not_valid(edition: int, place: int, letter: str) -> None:
    path = return_path("b@example.org", edition_id=edition, subscription_id=7, secret=NEW)
    changed = path[:place] + letter + path[place + 1 :]
    assert verify_return(changed, secrets=[NEW]) is None or changed == path


def test_an_unsubscribe_token_is_not_a_return_path() -> None:
    assert verify_return(f"b+{sign('unsubscribe', 7, secret=NEW)}@x.org", secrets=[NEW]) is None


@given(st.text())
def test_any_text_can_be_verified_as_a_return_path_without_an_error(text: str) -> None:
    assert verify_return(f"{text}@example.org", secrets=[NEW]) is None


def test_the_hash_of_an_address_needs_the_key() -> None:
    assert keyed_hash("ada@example.org", secret=NEW) == keyed_hash("ada@example.org", secret=NEW)
    assert keyed_hash("ada@example.org", secret=NEW) != keyed_hash("ada@example.org", secret=OLD)
    assert "ada" not in keyed_hash("ada@example.org", secret=NEW)
