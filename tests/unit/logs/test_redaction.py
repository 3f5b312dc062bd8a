"""Secrets and addresses are redacted in every form in which a program writes them."""

import base64
import json
from collections.abc import Callable
from string import ascii_letters, digits
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.access.tokens import token_text
from digest.core.access.webhooks import secret_text
from digest.core.subscribers import signed_tokens
from digest.core.subscribers.email_addresses import check_address
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


def test_a_secret_that_is_a_short_word_is_hidden_as_a_word_only() -> None:
    redact = Redactor()
    redact.add_secrets("short")
    assert redact("secret=short: it is shorter than 32 characters") == (
        "secret=***: it is shorter than 32 characters"
    )
    assert redact("short,xshort?short4_short") == "***,xshort?***4_***"


def test_tokens_of_the_api_and_secrets_of_webhooks_are_hidden() -> None:
    token, secret = token_text(bytes(range(32))), secret_text(bytes(range(32)))
    assert (
        Redactor()(f"Authorization: Bearer {token}, {secret}") == "Authorization: Bearer ***, ***"
    )


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
        ("ada@example.org: gone", "***@example.org: gone"),
        ("<ada.lovelace+x@sub.example.org>", "<***@sub.example.org>"),
        ("<ADA@EXAMPLE.ORG>", "<***@EXAMPLE.ORG>"),
        ("mailto:ada@example.org?subject=x", "mailto:***@example.org?subject=x"),
        ("+ada@example.org", "***@example.org"),
        ("-eve@example.org", "***@example.org"),
        ("kurt%lab@example.org", "***@example.org"),
        ("kurt%40lab@example.org", "***@example.org"),
        ("o'brien@example.org", "***@example.org"),
        ("an/na=x@example.org", "***@example.org"),
        ("{joe}@example.org", "***@example.org"),
        ('"ada"@example.org', "***@example.org"),
        ("a@localhost", "***@localhost"),
        ("ada@exa", "***@exa"),
        # What is before it could belong to the local part, so it is masked too.
        ("/var/mail/ada@example.org/new", "***@example.org/new"),
        ("email=ada@example.org", "***@example.org"),
        ("parameters: ('ada@example.org',)", "parameters: (***@example.org',)"),
        ("//ada@db.example.org/digest", "***@db.example.org/digest"),
        ("q=ada%40example.org", "***%40example.org"),
        ("u=o%27brien%2540example.org", "***%2540example.org"),
        ("ada=40example.org", "***=40example.org"),
        ("o&#39;brien&#64;example.org", "***&#64;example.org"),
        (r"o\u0027brien\u0040example.org", r"***\u0040example.org"),
        ("user ada at example.org", "user *** at example.org"),
        ("user ada AT example DOT org", "user *** AT example DOT org"),
        ("user ada (at) example [dot] org", "user *** (at) example [dot] org"),
        ("user ada @ example.org", "user *** @ example.org"),
        ("dörte@bücher.example", "***@bücher.example"),
        ("ada@x@example.org", "***@example.org"),
        ("ada@example.org,eve@example.org", "***@example.org,***@example.org"),
    ],
)
def test_a_readers_address_is_masked(text: str, shown: str) -> None:
    assert Redactor()(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://digest:***@localhost/digest",
        "at 5 @ home",
        "https://example.com/@name/article",
        "size=4096",
        "again at 10.0.0.1 at 09:30",
        "a mistake at sources.toml:3",
        "the key at digest._domainkey.example.org",
    ],
)
def test_what_is_no_address_is_not_masked(text: str) -> None:
    assert Redactor()(text) == text


def _quoted(local: str) -> str:
    return quote(local, safe="")


local_parts = (
    st.text(st.sampled_from(ascii_letters + digits + "!#$%&'*+/=?^_`{|}~-."), max_size=64)
    .filter(lambda local: _accepted(f"{local}@example.org"))
    .filter(lambda local: local.lower() not in ("at", "dot"))
)
domains = st.sampled_from(
    [
        "example.org",
        "EXAMPLE.ORG",
        "a.b-c.example",
        "localhost",
        "bücher.example",
        "例え.テスト",
        "xn--bcher-kva.example",
        "1und1.example",
        "abcdefghi.aaaaaaaaaaaaaaaaaaaaaa",
    ]
)
surroundings = st.text(max_size=30) | st.text("abc /=%.\"'<>(){}&;:@\\", max_size=8)


def _accepted(address: str) -> bool:
    try:
        check_address(address)
    except ValueError:
        return False
    return True


@settings(max_examples=300)
@given(
    names=st.tuples(local_parts, local_parts),
    domain=domains,
    before=surroundings,
    after=surroundings,
    spelled=st.sampled_from(
        [
            (str, "@"),
            (str, "%40"),
            (_quoted, "%40"),
            (str, "=40"),
            (str, "&#64;"),
            (str, r"\u0040"),
            (str, " at "),
            (str, " (AT) "),
            (str, " @ "),
        ]
    ),
)
def test_no_text_reveals_anything_of_an_accepted_address(
    names: tuple[str, str],
    domain: str,
    before: str,
    after: str,
    spelled: tuple[Callable[[str], str], str],
) -> None:
    """What remains is the same for any two local parts, so it tells nothing of either."""
    form, at = spelled
    redact = Redactor()
    shown = [redact(f"{before}{form(local)}{at}{domain}{after}") for local in names]
    assert shown[0] == shown[1]


@given(text=st.text(max_size=60), local=local_parts)
def test_a_local_part_of_any_characters_is_refused_or_masked(text: str, local: str) -> None:
    for candidate in (text, f"{local}{text[:3]}", f"{text[:3]}{local}"):
        address = f"{candidate}@example.org"
        if _accepted(address):
            assert Redactor()(address) == "***@example.org"


def test_masking_twice_changes_nothing_more() -> None:
    redact = Redactor()
    redact.set_hash_key(KEY)
    for text in ("to ada@example.org", "to=ada%40example.org", "'ada at example.org'"):
        once = redact(text)
        assert redact(once) == once
        assert redact(f"reason={once}").endswith(once)  # the hash stays the same


def test_the_hash_distinguishes_two_addresses() -> None:
    redact = Redactor()
    redact.set_hash_key(KEY)
    one, same, other = (
        redact(text) for text in ("ada@example.org", "Ada@Example.org", "abe@example.org")
    )
    assert one.split("@")[0] == same.split("@")[0]
    assert one != other


@pytest.mark.parametrize("before", ["", "<", "to=", "'", "/var/mail/", '"x":"'])
def test_the_hash_does_not_depend_on_the_text_before_the_address(before: str) -> None:
    redact = Redactor()
    redact.set_hash_key(KEY)
    assert redact(f"{before}ada@example.org").endswith(redact("ada@example.org"))


def test_own_and_requested_addresses_are_shown() -> None:
    redact = Redactor()
    redact.allow_addresses("digest@example.org")
    text = "from Digest@example.org to ada@example.org"
    assert redact(text) == "from Digest@example.org to ***@example.org"
    assert redact(text, named=["run", "ADA@example.org"]) == text
    redact.show_addresses = True
    assert redact(text) == text


def test_an_own_address_does_not_reveal_that_of_a_reader() -> None:
    redact = Redactor()
    redact.allow_addresses("digest@example.org")
    assert redact("'digest@example.org'") == "'digest@example.org'"
    assert redact("//digest@example.org/x") == "//digest@example.org/x"
    assert redact("eve=digest@example.org") == "***digest@example.org"
    assert redact("eve-digest@example.org") == "***@example.org"


def test_secrets_stay_hidden_when_addresses_are_shown() -> None:
    redact = Redactor()
    redact.add_secrets("swordfish")
    redact.show_addresses = True
    assert redact("ada@example.org swordfish") == "ada@example.org ***"
