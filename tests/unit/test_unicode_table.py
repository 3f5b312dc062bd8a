"""What the tests tell Hypothesis of UTF-8 is what it would find."""

from support.speed.unicode_table import ENCODABLE


def test_utf8_encodes_these_characters_and_no_others() -> None:
    known = {code for first, last in ENCODABLE for code in range(first, last + 1)}
    text = "".join(map(chr, sorted(known)))
    assert text.encode().decode() == text
    others = "".join(chr(code) for code in range(0x110000) if code not in known)
    assert others.encode(errors="ignore") == b""
    assert len(text + others) == 0x110000
