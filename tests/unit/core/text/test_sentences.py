"""Where a sentence ends, and where it only seems to end."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.text import sentences
from digest.core.text.sentences import separator, split


@pytest.mark.parametrize(
    "text",
    [
        "We use adapters, e.g. LoRA, i.e. Low-rank ones. They work.",
        "As Fig. 3 and Eq. (2) of Sec. IV show, it holds. They work.",
        "It follows Smith et al. (2020) and J. R. Doe et al. and others. They work.",
        "Accuracy rises from 3.5 to 99.9 on v2.0 of it. They work.",
        "It compares GPT-4 vs. Claude w.r.t. Speed, cf. Table 2. They work.",
        "Dr. Ada and Prof. Byron of the U.S. Army met. They work.",
        "It takes 30 ms. They work.",
        "It is about spatial transcriptomics, or ST. They work.",
        "It is arXiv:2401.00001v2. They work.",
        "It is state-of-the-art. They work.",
        "See https://x.example/a.b?c=D.E and www.y.example. They work.",
        'He said "It works!" They work.',
        "It works (see Fig. 2). They work.",
        "Does it work? They work.",
        "It works... They work.",
        "It is open. iFormer works.",
        "It is open. o1 works.",
        "It beats all. rStar-Math works.",
        "Models, data, etc. They work.",
        "The model of Smith et al. They work.",
        "There are 12 in Group A. They work.",
        "It grew until 2024. They work.",
        "It is 5 percent. 12 of them work.",
        "We studied meaning.We found it.",
        "大規模モデルを提案する。結果は良い。",
        "「提案する。」結果は良い！",
        "هل يعمل؟ نعم.",
        "यह काम करता है। वह भी।",
        "It is open: https://x.example. They work.",
        "It is here. https://x.example/y They work. And so on",
    ],
)
def test_each_of_these_is_two_sentences(text: str) -> None:
    assert len(split(text)) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "One",
        "We have: 1. First, this, and 2. Second, that",
        "They work at Acme Inc. and elsewhere",
        "It is on p. 5, in vol. 3, no. 7",
        "p < .05 and . . . so on",
        "Is it so? asked nobody, yahoo! said we",
        "open-sourced. https://x.example/y",
        "a.k.a. Drafters, approx. 5 GB, resp. 6 GB",
    ],
)
def test_each_of_these_is_one_sentence_or_none(text: str) -> None:
    assert split(text) == ((text,) if text else ())


def test_the_number_of_a_list_item_starts_its_sentence() -> None:
    text = "We measure. 1. The first is fast. 2. The second is slow."
    assert split(text) == ("We measure.", "1. The first is fast.", "2. The second is slow.")


def test_chinese_sentences_are_joined_without_a_space() -> None:
    assert separator("提案する。", "結果") == ""
    assert separator("We do.", "They do.") == " "


words = st.sampled_from(
    ["We", "the", "e.g.", "al.", "Fig.", "3.5", "3", "end.", "end!", "(x).", "。", "結果", "U.S.",
     "...", ".", "?", "https://x.y.", "iFormer", '"', ")", "…", "A.", "meaning.We", "؟"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(words, max_size=30).map(" ".join) | st.text(max_size=80))
def test_the_sentences_together_are_the_text_except_spaces(text: str) -> None:
    text = " ".join(text.split())
    parts = split(text)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(part == part.strip() != "" for part in parts)
    assert split(text) == parts


@pytest.mark.parametrize("piece", [".", ". ", "A. ", "。", ".)", "al. ", "We. We ", "1. "])
def test_a_quarter_megabyte_of_junk_is_handled_quickly(piece: str) -> None:
    text = " ".join((piece * (250_000 // len(piece))).split())
    assert "".join("".join(split(text)).split()) == "".join(text.split())


@given(st.text(st.sampled_from("..!?…。！」』” )aAbWé\u061f"), max_size=40))
def test_the_ends_are_those_that_the_pattern_finds_from_left_to_right(text: str) -> None:
    end = re.compile(f"{sentences._END.pattern}|{sentences._OTHER_END.pattern}")
    assert list(sentences._ends(text)) == [found.end() for found in end.finditer(text)]
