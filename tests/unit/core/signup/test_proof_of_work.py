"""The proof of work: what solves a challenge, and what does not."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from support.builders import NOW
from support.servers.proofs import encoded, solve

from digest.core.signup.proof_of_work import MAX_PROOF, PROOF_LIFE, make_challenge, verify_proof

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def challenge(number: int = 77) -> dict[str, Any]:
    return make_challenge(salt=b"s" * 12, number=number, now=NOW, secret=KEY)


def test_the_number_of_the_challenge_is_its_proof() -> None:
    asked = challenge()
    assert verify_proof(solve(asked), now=NOW, secrets=[KEY]) == asked["challenge"]
    assert verify_proof(solve(asked), now=NOW, secrets=[OTHER_KEY, KEY]) == asked["challenge"]


def test_a_challenge_has_the_fields_of_altcha() -> None:
    asked = challenge()
    assert list(asked) == ["algorithm", "challenge", "maxnumber", "salt", "signature"]
    assert asked["algorithm"] == "SHA-256"
    assert (len(asked["challenge"]), len(asked["signature"])) == (64, 64)
    assert asked["salt"].endswith(f"?expires={int((NOW + PROOF_LIFE).timestamp())}&")


def test_a_proof_ends_with_its_challenge() -> None:
    proof = solve(challenge())
    assert verify_proof(proof, now=NOW + PROOF_LIFE, secrets=[KEY])
    late = NOW + PROOF_LIFE + timedelta(seconds=1)
    assert verify_proof(proof, now=late, secrets=[KEY]) is None


@pytest.mark.parametrize(
    "change",
    [
        {"number": 76},
        {"number": "77"},
        {"number": True},
        {"number": 77.0},
        {"number": None},
        {"algorithm": "SHA-1"},
        {"challenge": "0" * 64},
        {"signature": "0" * 64},
        {"signature": None},
        {"salt": None},
        {"salt": ""},
        {"salt": "0123"},
    ],
)
def test_a_changed_proof_is_none(change: dict[str, Any]) -> None:
    proof = encoded({**challenge(), "number": 77, **change})
    assert verify_proof(proof, now=NOW, secrets=[KEY]) is None


def test_digits_cannot_move_from_the_number_to_the_expiry() -> None:
    """Salt and number are hashed as one text, so their border must not be free."""
    asked = challenge(12345)
    moved = {**asked, "salt": asked["salt"] + "123", "number": 45}
    longer = {**asked, "salt": asked["salt"].removesuffix("&") + "12&", "number": 345}
    for proof in (moved, longer):
        assert verify_proof(encoded(proof), now=NOW, secrets=[KEY]) is None


def test_a_challenge_of_another_key_is_not_accepted() -> None:
    assert verify_proof(solve(challenge()), now=NOW, secrets=[OTHER_KEY]) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "é",
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b"\xff").decode(),
        base64.b64encode(b"[" * 700).decode(),
        base64.b64encode(json.dumps({"number": 1}).encode()).decode(),
        "A" * (MAX_PROOF + 4),
    ],
)
def test_what_is_no_proof_is_refused_without_an_error(text: str) -> None:
    assert verify_proof(text, now=NOW, secrets=[KEY]) is None
