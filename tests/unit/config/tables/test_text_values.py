"""How text in `.env` is read as numbers, days, lists and secrets."""

import copy
import pickle
from datetime import date
from typing import Annotated

import pytest
from msgspec import Meta

from digest.config.email_addresses import NamedAddress
from digest.config.tables.markers import Table
from digest.config.tables.problems import ProblemsError
from digest.config.tables.readers import reader_of
from digest.config.tables.text_values import TEXT, SecretText


class Values(Table, frozen=True, kw_only=True):
    text: str = ""
    number: int = 0
    part: float = 0.0
    flag: bool = False
    day: date | None = None
    words: tuple[str, ...] = ()
    key: Annotated[SecretText | None, Meta(min_length=3)] = None
    sender: NamedAddress | None = None


def read(name: str, text: str) -> object:
    return getattr(reader_of(Values, TEXT).read({name: text}), name)


def refusal(name: str, text: str) -> str:
    with pytest.raises(ProblemsError) as caught:
        read(name, text)
    return str(caught.value)


# The forms that were accepted since the first version: they are in files of operators.
@pytest.mark.parametrize(
    "text, number",
    [
        ("5", 5),
        (" 5 ", 5),
        ("5\n", 5),
        ("+5", 5),
        ("-5", -5),
        ("-0", 0),
        ("05", 5),
        ("000_5", 5),
        ("1_000", 1000),
        ("5.0", 5),
        ("5.00", 5),
        ("1_0.0", 10),
    ],
)
def test_a_whole_number_may_have_blanks_underscores_and_zeros(text: str, number: int) -> None:
    assert read("number", text) == number


@pytest.mark.parametrize(
    "text",
    [
        "five",
        "5.5",
        "5.",
        ".5",
        "1e1",
        "1.0e0",
        "0x10",
        "5 0",
        "--5",
        "+ 5",
        "1__0",
        "_1",
        "1_",
        "+_5",
        "5.0_0",
        "٥",
        "9" * 4301,
    ],
)
def test_other_text_is_no_whole_number(text: str) -> None:
    assert refusal("number", text) == "not a whole number"


@pytest.mark.parametrize(
    "text, number",
    [
        ("5", 5.0),
        (" 5 ", 5.0),
        ("+.5", 0.5),
        ("5.", 5.0),
        ("1e2", 100.0),
        ("1E2", 100.0),
        ("1_000.5_5", 1000.55),
        ("1_e2", 100.0),
        ("1e-400", 0.0),
    ],
)
def test_a_number_may_have_an_exponent_and_underscores(text: str, number: float) -> None:
    assert read("part", text) == number


@pytest.mark.parametrize(
    "text", ["five", "inf", "-Infinity", "NaN", "1e400", "1__0", "_1", "1_", "٥", "0x10", "1 0"]
)
def test_other_text_is_no_number(text: str) -> None:
    assert refusal("part", text) == "not a number"


@pytest.mark.parametrize("text", ["1", "true", "TRUE", "tRuE", "t", "yes", "y", "on", "On"])
def test_many_words_mean_true(text: str) -> None:
    assert read("flag", text) is True


@pytest.mark.parametrize("text", ["0", "false", "False", "f", "no", "N", "off"])
def test_many_words_mean_false(text: str) -> None:
    assert read("flag", text) is False


@pytest.mark.parametrize("text", ["2", "nope", " true", "true\n"])
def test_other_words_mean_neither(text: str) -> None:
    assert refusal("flag", text) == "neither true nor false"


@pytest.mark.parametrize(
    "text", ["2027-01-31", "2027-01-31T00:00:00", "2027-01-31 00:00", "2027-01-31T00:00:00Z"]
)
def test_a_day_is_written_as_year_month_and_day(text: str) -> None:
    assert read("day", text) == date(2027, 1, 31)


@pytest.mark.parametrize(
    "text",
    [
        "2027-01-31T01:00:00",
        "2027-02-30",
        "2027-1-31",
        "20270131",
        "31.1.2027",
        "2027-W01-1",
        "1800000000",
    ],
)
def test_other_text_is_no_day(text: str) -> None:
    assert refusal("day", text) == "no day such as 2027-01-31"


def test_text_and_the_items_of_a_list_have_no_blanks_around_them() -> None:
    assert read("text", " a b ") == "a b"
    assert read("words", " a ,, b c,") == ("a", "b c")


def test_an_address_may_have_a_name() -> None:
    expected = NamedAddress(name="Ada", address="ada@example.org")
    assert read("sender", "Ada <ada@example.org>") == expected


def test_a_secret_is_not_shown() -> None:
    secret = read("key", " canary ")
    assert isinstance(secret, SecretText)
    assert secret.get_secret_value() == "canary"
    shown = (str(secret), repr(secret), f"{secret}", repr(Values(key=secret)), refusal("key", "ab"))
    assert not [text for text in shown if "canary" in text or "ab" in text]


def test_a_secret_is_equal_to_its_copies_alone() -> None:
    secret = SecretText("canary")
    assert secret == pickle.loads(pickle.dumps(secret)) == copy.copy(secret)
    assert hash(secret) == hash(SecretText("canary"))
    assert secret != SecretText("other")
    assert secret != "canary"
    assert secret
    assert not SecretText("")
