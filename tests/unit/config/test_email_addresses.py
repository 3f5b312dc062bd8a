"""Which names may be beside an address."""

import pytest

from digest.config.email_addresses import NamedAddress, check_line, parse_mailbox


@pytest.mark.parametrize(
    "text, name",
    [
        ("ada@example.org", ""),
        (" <ada@example.org> ", ""),
        ("Ada Lovelace <ada@example.org>", "Ada Lovelace"),
        ('"Lovelace, \\"Ada\\"" <ada@example.org>', 'Lovelace, "Ada"'),
        ("Adá < ada@example.org >", "Adá"),
    ],
)
def test_a_name_may_stand_before_an_address(text: str, name: str) -> None:
    assert parse_mailbox(text) == NamedAddress(name=name, address="ada@example.org")


@pytest.mark.parametrize("text", ["a\nb", "a\u2028b", "a\x00", "=?utf-8?q?x?=", "\ud800"])
def test_text_that_could_break_out_of_a_header_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="contains"):
        check_line(text)
