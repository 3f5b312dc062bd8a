"""Secrets and addresses are redacted in every form in which a program writes them."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.subscribers import signed_tokens
from digest.logs.redaction import COMMON_WORDS, MIN_SECRET_LENGTH, Redactor

KEY = b"a-key-of-more-than-thirty-two-letters"

secrets = (
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=8, max_size=40)
    .map(str.strip)
    .filter(lambda text: len(text) >= 8 and len(text.splitlines()) == 1)
    .filter(lambda text: text not in COMMON_WORDS)
)


@given(
    secret=secrets,
    before=st.text("abc ,:'\"/@", max_size=10),
    form=st.sampled_from(
        [
            str,
            quote,
            quote_plus,
            lambda text: quote(text, safe=""),
            lambda text: repr(text)[1:-1],
            lambda text: json.dumps(text)[1:-1],
            lambda text: base64.b64encode(text.encode()).decode(),
        ]
    ),
)
def test_a_secret_is_hidden_in_every_form(
    secret: str, before: str, form: Callable[[str], str]
) -> None:
    redact = Redactor()
    redact.add_secrets(secret)
    shown = redact(f"{before}{form(secret)}{before}")
    assert form(secret).rstrip("=") not in shown.replace("***", "\0")


def test_each_line_of_a_secret_is_hidden_separately() -> None:
    redact = Redactor()
    redact.add_secrets("first line of it\nsecond line of it\n")
    assert redact("a second line of it b") == "a *** b"


def test_a_private_key_is_hidden_without_registration() -> None:
    text = "before -----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY----- after"
    assert Redactor()(text) == "before *** after"
    assert Redactor()(text[:60]) == "before ***"


def test_a_secret_that_contains_another_one_is_hidden_completely() -> None:
    redact = Redactor()
    redact.add_secrets("swordfish")
    redact.add_secrets("swordfish-and-more")
    assert redact("x swordfish-and-more y swordfish") == "x *** y ***"


@pytest.mark.parametrize("text", ["a" * (MIN_SECRET_LENGTH - 1), "digest", "Postgres", ""])
def test_short_and_common_words_are_not_hidden(text: str) -> None:
    redact = Redactor()
    redact.add_secrets(text)
    assert redact("digest aaa Postgres") == "digest aaa Postgres"


def test_signed_tokens_are_hidden() -> None:
    token = signed_tokens.sign(signed_tokens.UNSUBSCRIBE, 12, secret=KEY)
    back = signed_tokens.return_path("b@example.org", edition_id=3, subscription_id=4, secret=KEY)
    redact = Redactor()
    redact.show_addresses = True
    assert redact(f'"POST /u/{token} HTTP/1.1" 200') == '"POST /u/*** HTTP/1.1" 200'
    assert redact(f"bounced to <{back}>") == "bounced to <b+***@example.org>"


@pytest.mark.parametrize(
    "text, shown",
    [
        ("ada@example.org: gone", "a***@example.org: gone"),
        ("<ada.lovelace+x@sub.example.org>", "<a***@sub.example.org>"),
        ("mailto:ada@example.org?subject=x", "mailto:a***@example.org?subject=x"),
        ("/var/mail/ada@example.org/new", "/var/mail/a***@example.org/new"),
        ("q=ada%40example.org", "q=a***%40example.org"),
        ("parameters: ('ada@example.org',)", "parameters: ('a***@example.org',)"),
        ("dörte@bücher.example", "d***@bücher.example"),
        ("email=ada@example.org", "email=a***@example.org"),
        ("postgresql://digest:***@localhost/digest", "postgresql://digest:***@localhost/digest"),
        ("//digest@db.example.org/digest", "//digest@db.example.org/digest"),
        ("at 5 @ home", "at 5 @ home"),
    ],
)
def test_a_readers_address_is_masked(text: str, shown: str) -> None:
    assert Redactor()(text) == shown


def test_masking_twice_changes_nothing_more() -> None:
    redact = Redactor()
    redact.set_hash_key(KEY)
    once = redact("to ada@example.org")
    assert redact(once) == once


def test_the_hash_distinguishes_two_addresses() -> None:
    redact = Redactor()
    redact.set_hash_key(KEY)
    one, same, other = (
        redact(text) for text in ("ada@example.org", "Ada@Example.org", "abe@example.org")
    )
    assert one.split("@")[0][1:] == same.split("@")[0][1:]
    assert one != other


def test_own_and_requested_addresses_are_shown() -> None:
    redact = Redactor()
    redact.allow_addresses("digest@example.org")
    text = "from Digest@example.org to ada@example.org"
    assert redact(text) == "from Digest@example.org to a***@example.org"
    assert redact(text, named=["run", "ADA@example.org"]) == text
    redact.show_addresses = True
    assert redact(text) == text


def test_secrets_stay_hidden_when_addresses_are_shown() -> None:
    redact = Redactor()
    redact.add_secrets("swordfish")
    redact.show_addresses = True
    assert redact("ada@example.org swordfish") == "ada@example.org ***"
