"""Text for display has no markup and no invisible characters, and is not damaged."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.core.models.papers import Paper
from digest.core.text.display import (
    direction,
    display_abstract,
    display_authors,
    display_text,
    display_title,
)


@pytest.mark.parametrize(
    "source, shown",
    [
        ("R&amp;D, p &lt; 0.05 and &quot;x&quot;", 'R&D, p < 0.05 and "x"'),
        ("doubly &amp;amp; encoded &amp;lt;", "doubly & encoded <"),
        ("2.5 &mgr;g, &alpha;, &#945;, &#x3B1;", "2.5 μg, α, α, α"),
        ("$a &lt; b$ and $a &amp;lt; b$", "a < b and a < b"),
        ("<b>bold</b>, <i class='x'>it</i> and <jats:italic>x</jats:italic>", "bold, it and x"),
        ('<a href="https://x.example/?a=1&amp;b=2">page</a>', "page"),
        (
            "5-HT<inf>2</inf>, H<sub>2</sub>O, 10<sup>-3</sup>, 2<sup>n</sup>",
            "5-HT₂, H₂O, 10⁻³, 2ⁿ",
        ),
        ("5-HT<inf>1A</inf>, 1<sup>st</sup>", "5-HT1A, 1st"),
        ("One<br/>two<p>three</p>", "One two three"),
        ("line\nbreaks\r\n and\ttabs\u2028too", "line breaks and tabs too"),
        ("sepa\u0301rate ma\u0308rks", "sepárate märks"),
        (r"Fr\'echet $\alpha$-divergence, 100\% of R\&D", "Fréchet α-divergence, 100% of R&D"),
    ],
)
def test_markup_of_every_kind_becomes_text(source: str, shown: str) -> None:
    assert display_text(source) == shown


@pytest.mark.parametrize(
    "text",
    [
        "AT&T, R&D; and Q&A;",
        "&bogus; &notit; &copy without its end",
        "the <think> and <answer> tokens, <|endoftext|>, List<T>",
        "x<y and z>w, a <b and c> d, i < u and p > s",
        "<script>alert(1)</script>",
        "{{ 7*7 }} {% raw %} ${x} ]]> <!-- open",
        "می\u200cخواهم and 👩\u200d🔬",
        "costs $5 and $10",
    ],
)
def test_text_that_only_looks_like_markup_stays(text: str) -> None:
    assert display_text(text) == text


def test_invisible_and_direction_characters_are_removed() -> None:
    acting = [
        *range(9), *range(14, 28), 0x7F, 0x9B, 0xAD, 0x61C, 0x200B, 0x200E, 0x200F,
        *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, 0xFFFE, 0xD800, 0xE0041,
    ]  # fmt: skip
    for code in acting:
        assert display_text(f"ti{chr(code)}tle") == "title", hex(code)
    assert display_text("ti&#8238;tle &#x200F;x &#0;") == "title x \ufffd"


def test_piled_up_marks_on_a_letter_are_limited() -> None:
    pile = "\u0335\u0321\u0489\u0300" * 50
    zalgo = "".join(letter + pile for letter in "zalgo")
    shown = display_text(zalgo)
    assert len(shown) <= 25
    assert [char for char in shown if char.isalpha()] == list("zalgo")
    joined = display_text("a" + "\u0336\u200d" * 50)
    assert joined.count("\u0336") == 4
    assert display_text("בְּרֵאשִׁ֖ית ก็ที่นี่") == unicodedata.normalize("NFC", "בְּרֵאשִׁ֖ית ก็ที่นี่")


def test_title_abstract_and_authors_are_cleaned_in_the_same_way() -> None:
    item = Paper(title="$k$NN", abstract="A\n\nB", authors=("\u200b", r"P. Erd\H{o}s", "B", "C"))
    assert (display_title(item), display_abstract(item)) == ("kNN", "A B")
    assert display_authors(item, 2) == ("P. Erdős", "B")


@pytest.mark.parametrize(
    "text, expected",
    [
        ("A study of שלום", "ltr"),
        ("שלום to the world", "rtl"),
        ("3.5 – «دراسة» of LLMs", "rtl"),
        ("(2024) 大規模", "ltr"),
        ("123 …", "ltr"),
        ("", "ltr"),
    ],
)
def test_the_first_strong_character_gives_the_direction(text: str, expected: str) -> None:
    assert direction(text) == expected


pieces = st.sampled_from(
    ["&", "amp;", "&amp;", "lt;", "&lt;", "#8238;", "<", "b", ">", "</b>", "<sup>", "</sup>", "2",
     "$", "\\", "^", "_{", "}", "\\&", "\\'", "~", "a", "e", " ", "\u0301", "\u0323", "\u200d",
     "\u202e", "\0", "\n", "--", "א", "\ud800", "<i>", "`", "'", "*", "**", "_", "[a](https://b)"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=60) | st.lists(pieces, max_size=40).map("".join))
@example("&amp;" * 3 + "lt;")
@example("&" + "amp;" * 40 + "lt;")
@example(r"\&$l$t;")
def test_any_text_becomes_one_clean_line_and_does_not_change_again(text: str) -> None:
    shown = display_text(text)
    assert display_text(shown) == shown
    assert shown == " ".join(shown.split())
    assert unicodedata.is_normalized("NFC", shown)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    kinds = {unicodedata.bidirectional(char) for char in shown}
    assert not kinds & {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    shown.encode()


@pytest.mark.parametrize(
    "piece", ["&", "&amp;", "&#", "<a ", "<a b='", "<b>", "<sup>2", "a\u0301", "\u0301", "<a b=c "]
)
def test_a_megabyte_of_junk_is_handled_quickly(piece: str) -> None:
    junk = piece * (1_000_000 // len(piece))
    shown = display_text(junk)
    assert display_text(shown) == shown
