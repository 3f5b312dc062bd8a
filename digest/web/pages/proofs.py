"""The proof of work of the forms that anybody may send: asks for it, and checks it."""

from collections.abc import Mapping
from typing import Any

from digest.core.signup.proof_of_work import MAX_NUMBER, make_challenge, verify_proof
from digest.web.pages.guarded import Visit

FIELD = "altcha"
"""The field of a form in which the browser sends its proof."""


def new_challenge(visit: Visit) -> dict[str, Any]:
    """Returns a challenge for the browser."""
    random_bytes = visit.readers.random_bytes
    return make_challenge(
        salt=random_bytes(12),
        number=int.from_bytes(random_bytes(8), "big") % (MAX_NUMBER + 1),
        now=visit.now,
        secret=visit.keys[0],
    )


def solved_challenge(visit: Visit, fields: Mapping[str, str]) -> str | None:
    """Returns the challenge that a sent form solves; None if it solves none."""
    return verify_proof(fields.get(FIELD, ""), now=visit.now, secrets=visit.keys)
