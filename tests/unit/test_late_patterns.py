"""A late pattern does what the compiled one does, and is compiled when it is used."""

import re

from digest.late_patterns import LatePattern, late_pattern


def test_a_late_pattern_finds_what_the_compiled_pattern_finds() -> None:
    late = late_pattern(r"(?P<letter>[a-z])\d", re.IGNORECASE)
    compiled = re.compile(r"(?P<letter>[a-z])\d", re.IGNORECASE)

    for _ in range(2):  # the first use compiles it
        assert late.sub("-", "A1 b2 c") == compiled.sub("-", "A1 b2 c") == "- - c"
        assert [found["letter"] for found in late.finditer("A1 b2")] == ["A", "b"]
    assert (late.pattern, late.flags, late.groupindex) == (
        compiled.pattern,
        compiled.flags,
        compiled.groupindex,
    )


def test_a_late_pattern_of_bytes_matches_bytes() -> None:
    assert late_pattern(rb"<\w+").match(b"<rss")


def test_a_late_pattern_is_not_compiled_before_it_is_used() -> None:
    wrong = LatePattern("(", 0)  # compiling it would raise

    assert "compiled" not in vars(wrong)


def test_a_late_pattern_is_compiled_once() -> None:
    late = LatePattern("a", 0)

    assert late.match("a")
    assert late.compiled is late.compiled
    assert vars(late)["match"] == late.compiled.match
