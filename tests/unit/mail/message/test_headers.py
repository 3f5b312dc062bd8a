"""No text can add a header, a line end, or a line that servers reject."""

import os

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks.parts.headers import ADDRESSES, PIECES, SIGNER, faults, message
from digest.errors import InputError

# With the profile `ci` 1,000.
CASES = int(os.environ.get("DIGEST_HEADER_CASES", 20 * settings().max_examples))

texts = st.one_of(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), st.text(max_size=120))
odd_addresses = st.one_of(
    st.builds("{} <{}>".format, texts, st.sampled_from(ADDRESSES)),
    st.builds("{}{}{}".format, texts, st.sampled_from(ADDRESSES), texts),
    texts,
)
# Most are good: a message with a bad one is refused, and then nothing else is tried.
addresses = st.integers(0, 4).flatmap(
    lambda number: st.sampled_from(ADDRESSES) if number else odd_addresses
)


messages = st.fixed_dictionaries(
    {
        "name": texts,
        "to": addresses,
        "subject": texts,
        "list_name": texts,
        "reply_to": addresses.filter(bool),
        "body": texts,
    }
)


@given(messages)
@settings(max_examples=CASES)
def test_no_text_breaks_a_message(texts: dict[str, str]) -> None:
    try:
        raw = message(**texts)
    except InputError:
        assume(condition=False)
    assert faults(raw, subject=texts["subject"]) == set()
    assert faults(SIGNER.sign(raw), subject=texts["subject"], signed=True) == set()


@pytest.mark.parametrize(
    "broken, fault",
    [
        (b"Subject: x\r\nBcc: y@example.org", "injected headers"),
        (b"Subject: x\nBcc: y@example.org", "bare CR or LF"),
        (b"Subject: x\r\n " + b"y" * 999, "lines over 998"),
        (b"Subject: \xff", "not ASCII"),
        (b"Subject: =?utf-8?q?x=0D=0ABcc:_y?=", "injected headers"),
    ],
)
def test_the_check_finds_broken_messages(broken: bytes, fault: str) -> None:
    raw = message(
        name="Ada", to=ADDRESSES[0], subject="x", list_name="L", reply_to=ADDRESSES[0], body="b"
    )
    assert fault in faults(raw.replace(b"Subject: x", broken), subject="x")
