from hypothesis import given
from hypothesis import strategies as st

from digest.config.profiles.loader import parse
from digest.core.profiles.compiled import (
    ANY_READER,
    address_in,
    compile_text,
    content_hash,
    not_compiled,
    shared_text,
    written_text,
)
from digest.core.profiles.encoding import VERSION, ProfileDecoder

ADA = "ada@example.org"
REST = 'name = "Ada"\ndays = ["fri"]\n[[topics]]\nname = "T"\nkeywords = ["bee"]\n'

emails = st.sampled_from([ADA, "o'brien@x.org", 'q"uote@x.org', "münchen@dömain.org"])
lines = st.sampled_from(
    [f'email = "{ADA}"\n', 'email = "o\'brien@x.org"\n', "email='ada@example.org'\n", "# x\n", ""]
)


@given(st.lists(lines).map("".join), emails)
def test_a_shared_text_gives_back_what_was_written(text: str, email: str) -> None:
    assert written_text(shared_text(text, email), email) == text


def test_readers_of_one_profile_share_its_text() -> None:
    ada = shared_text(f'email = "{ADA}"\n{REST}', ADA)
    assert ada == shared_text(f'email = "bo@example.org"\n{REST}', "bo@example.org")
    assert ada == ANY_READER + REST
    assert ADA not in ada


def test_an_address_that_is_not_the_readers_own_stays() -> None:
    text = f'email = "{ADA}"\n{REST}'
    assert shared_text(text, "bo@example.org") == text
    assert shared_text(f"# mine\n{text}", ADA) == f"# mine\n{text}"


@given(st.lists(lines).map("".join), emails)
def test_the_address_in_a_text_is_the_one_that_is_left_out(text: str, email: str) -> None:
    assert (address_in(text) == email) == (shared_text(text, email) != text)


def test_an_escape_that_json_does_not_know_is_no_address() -> None:
    assert address_in('email = "\\U00000061@example.org"\n') is None
    assert address_in(ANY_READER) is None


def test_what_every_day_needs_is_compiled() -> None:
    profile = parse(f'email = "{ADA}"\n{REST}', file="ada").profile
    record = compile_text(ANY_READER + REST, profile)
    assert (record.name, record.weekly, record.version) == ("Ada", True, VERSION)
    assert record.data is not None
    assert ProfileDecoder().decode(record.data) == profile
    assert record.content_hash == content_hash(record.text)
    assert not record.has_reading_lists


def test_a_refused_text_is_told_from_one_that_was_not_compiled_yet() -> None:
    refused = compile_text(ANY_READER + REST, None)
    assert (refused.version, refused.data) == (VERSION, None)
    assert not_compiled(ANY_READER + REST).version == 0
