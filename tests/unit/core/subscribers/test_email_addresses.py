"""Which addresses are accepted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.subscribers.email_addresses import check_address


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.org",
        "a.b+papers_{x}@sub.example-1.co.uk",
        "o'neil@example.org",
        "root@localhost",
        "ada@münchen.example",
        "ada@例え.テスト",
        "a" * 64 + "@example.org",
    ],
)
def test_a_usual_address_is_accepted_as_written(address: str) -> None:
    assert check_address(address) == address


@pytest.mark.parametrize(
    "address, reason",
    [
        ("", "exactly one"),
        ("ada", "exactly one"),
        ("a@b@example.org", "exactly one"),
        ("@example.org", "before"),
        (".ada@example.org", "before"),
        ("a..da@example.org", "before"),
        ("adá@example.org", "before"),
        ('"a b"@example.org', "spaces"),
        ('"ab"@example.org', "before"),
        ("a" * 65 + "@example.org", "before"),
        ("***@example.org", "masked in a log"),
        ("***#3f9c2a@example.org", "masked in a log"),
        ("ada/@example.org", 'a "/" before'),
        ("ada@example", "domain"),
        ("ada@", "domain"),
        ("ada@example..org", "domain"),
        ("ada@-example.org", "domain"),
        ("ada@example.org-", "domain"),
        ("ada@exa_mple.org", "domain"),
        ("ada@[127.0.0.1]", "domain"),
        ("ada@127.0.0.1", "domain"),
        ("ada@" + "a" * 64 + ".org", "domain"),
        ("ada@" + "ü" * 64 + ".org", "domain"),
        ("ada@" + "a." * 130 + "org", "domain"),
        ("a" * 64 + "@" + "a." * 95 + "org", "254"),
        ("ada@example.org ", "spaces"),
        ("ada@example.org\n", "spaces"),
        ("ada\x00@example.org", "control"),
    ],
)
def test_an_unusable_address_is_refused_with_the_reason(address: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check_address(address)


@given(st.text(max_size=40) | st.from_regex(r"[a-z.]+@[a-zé.-]+", fullmatch=True))
def test_what_is_accepted_can_stand_in_an_envelope(text: str) -> None:
    try:
        check_address(text)
    except ValueError:
        return
    local, _, domain = text.partition("@")
    assert local.isascii()
    assert not set(text) & set(' \t\r\n<>,;:"\\()[]')
    assert 1 <= len(domain.encode("idna")) <= 253
