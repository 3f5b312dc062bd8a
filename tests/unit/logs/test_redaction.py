"""What no log may hold is covered, in whatever form a program writes it."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.subscribers import signed_tokens
from digest.logs.redaction import NO_SECRETS, SHORTEST, Redactor

KEY = b"a-key-of-more-than-thirty-two-letters"

secrets = (
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=8, max_size=40)
    .map(str.strip)
    .filter(lambda text: len(text) >= 8 and len(text.splitlines()) == 1)
    .filter(lambda text: text not in NO_SECRETS)
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
def test_a_secret_is_covered_in_every_form_it_may_take(
    secret: str, before: str, form: Callable[[str], str]
) -> None:
    veil = Redactor()
    veil.conceal(secret)
    shown = veil(f"{before}{form(secret)}{before}")
    assert form(secret).rstrip("=") not in shown.replace("***", "\0")


def test_each_line_of_a_secret_is_covered_by_itself() -> None:
    veil = Redactor()
    veil.conceal("first line of it\nsecond line of it\n")
    assert veil("a second line of it b") == "a *** b"


def test_a_private_key_is_covered_though_nobody_named_it() -> None:
    text = "before -----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY----- after"
    assert Redactor()(text) == "before *** after"
    assert Redactor()(text[:60]) == "before ***"


def test_a_secret_that_holds_another_one_is_covered_whole() -> None:
    veil = Redactor()
    veil.conceal("swordfish")
    veil.conceal("swordfish-and-more")
    assert veil("x swordfish-and-more y swordfish") == "x *** y ***"


@pytest.mark.parametrize("text", ["a" * (SHORTEST - 1), "digest", "Postgres", ""])
def test_what_stands_in_every_line_is_no_secret(text: str) -> None:
    veil = Redactor()
    veil.conceal(text)
    assert veil("digest aaa Postgres") == "digest aaa Postgres"


def test_tokens_that_act_are_covered() -> None:
    token = signed_tokens.sign(signed_tokens.UNSUBSCRIBE, 12, secret=KEY)
    back = signed_tokens.return_path("b@example.org", edition_id=3, subscription_id=4, secret=KEY)
    veil = Redactor()
    veil.addresses = True
    assert veil(f'"POST /u/{token} HTTP/1.1" 200') == '"POST /u/*** HTTP/1.1" 200'
    assert veil(f"bounced to <{back}>") == "bounced to <b+***@example.org>"


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
    veil = Redactor()
    veil.follow(KEY)
    once = veil("to ada@example.org")
    assert veil(once) == once


def test_one_address_can_be_followed_and_two_be_told_apart() -> None:
    veil = Redactor()
    veil.follow(KEY)
    one, same, other = (
        veil(text) for text in ("ada@example.org", "Ada@Example.org", "abe@example.org")
    )
    assert one.split("@")[0][1:] == same.split("@")[0][1:]
    assert one != other


def test_addresses_are_shown_to_who_asks_and_the_installations_own_to_all() -> None:
    veil = Redactor()
    veil.own("digest@example.org")
    text = "from Digest@example.org to ada@example.org"
    assert veil(text) == "from Digest@example.org to a***@example.org"
    assert veil(text, named=["run", "ADA@example.org"]) == text
    veil.addresses = True
    assert veil(text) == text


def test_secrets_are_covered_from_who_asks_for_addresses_too() -> None:
    veil = Redactor()
    veil.conceal("swordfish")
    veil.addresses = True
    assert veil("ada@example.org swordfish") == "ada@example.org ***"
