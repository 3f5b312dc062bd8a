"""Marks of Markdown are removed from displayed text, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.models.papers import Paper
from digest.core.text.display import display_abstract, display_text, display_title
from digest.core.text.markup.markdown import without_markdown


@pytest.mark.parametrize(
    "written, shown",
    [
        ("we introduce **TransMLA**, a method", "we introduce TransMLA, a method"),
        ("called **Stick to the Facts (SIFT)** to", "called Stick to the Facts (SIFT) to"),
        ("lies the *Sticker*, which is", "lies the Sticker, which is"),
        ("from 78.33% to **85.67**%", "from 78.33% to 85.67%"),
        ("bitwidth (**INT8/INT4**), a **1.9x** to **2.7x** speedup", "bitwidth (INT8/INT4), a 1.9x to 2.7x speedup"),
        ("gains of **+3.5%**, **~2x** and **<1 ms**", "gains of +3.5%, ~2x and <1 ms"),
        ("**File names:** a.csv **FIGURE S1.** Flies", "File names: a.csv FIGURE S1. Flies"),
        ("*on-policy distillation (OPD)* across *weak-to-strong*", "on-policy distillation (OPD) across weak-to-strong"),
        ("regimes: *in vitro*/*in vivo* (the *gold score*, G)", "regimes: in vitro/in vivo (the gold score, G)"),
        ("*Ct1, Ct2, Ct3*: replicates; the *3D* case", "Ct1, Ct2, Ct3: replicates; the 3D case"),
        ("**T**ransformers **R**einforced", "Transformers Reinforced"),
        ("***both*** and **bold with *emphasis* inside**", "both and bold with emphasis inside"),
        ("__Read this:__ the _slanted_ word, (_Homo sapiens_)", "Read this: the slanted word, (Homo sapiens)"),
        ("the `cat.n.01` synset and ``two marks``", "the cat.n.01 synset and two marks"),
        ("at [Github](https://github.com/a/SWE_Flow).", "at Github."),
        ("[https://a.example](https://a.example).org", "https://a.example.org"),
        ("see [a page](https://a.example/x_(y)) and ![plot](https://a.example/p.png)", "see a page and plot"),
        ("**[Code](https://a.example)** and [**data**](https://a.example)", "Code and data"),
        ("提出**新方法**，效果好", "提出新方法，效果好"),
        ("**`StoryWriter`**, a **multi-agent** system", "StoryWriter, a multi-agent system"),
    ],
)  # fmt: skip
def test_marks_are_removed_and_their_text_stays(written: str, shown: str) -> None:
    assert display_text(written) == shown


@pytest.mark.parametrize(
    "text",
    [
        "2*3*4, a*b*c, 2**3 and 4**5, f(x)**2 + g(y)**2",
        "at 128 * 128, 256*256 and x * y * z",
        "A* and B* search, S*: test time, CoSTA* and V* Bench",
        "C*-algebra, W*-algebra, a *-algebra and *-homomorphisms",
        "*C*-Algebras and Operator Theory",
        "snake_case_name, N_E f_i p_i, __init__ and __call__, _private x_",
        "(_VMLSS) was the best predictor of _VMLSS",
        "p < 0.05 * and p < 0.01 ** or (*p<0.05,**p<0.01)",
        "*P <.05 versus control, **P <.01 versus A*",
        "**kwargs, *args and f(*args, **kwargs)",
        "f(**a,**b)",
        "CYP1B1*3, (*1/*1, *1/* 10), (*3, *4, and *5) and *4 with A*",
        "OH*/O*, B*15:179:02 and 2D6*4. Later 2D6*4.",
        "0.2* versus control and 683* after",
        "free radical*, antioxidant*, *.py and *.txt, */*",
        "evoked [DA](o) and [K(+)](o), ref [1](2)",
        "attack such as `0, `2, `∞ etc",
        "Author`s Reply to Ann`s note",
        "https://a.example/_x_/**y**/*z*",
        "names: * Sample ID: Number * Date: day",
        "||M||_∞ <= α and ||N||_∞",
        "*one thing. Another thing*",
    ],
)
def test_text_that_only_looks_like_markdown_stays(text: str) -> None:
    assert without_markdown(text) == text
    assert display_text(text) == text


def test_titles_and_abstracts_are_shown_alike() -> None:
    paper = Paper(title="Do I look like a `cat.n.01`?", abstract="We present **X**.")
    assert (display_title(paper), display_abstract(paper)) == (
        "Do I look like a cat.n.01?",
        "We present X.",
    )


WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=8)
PHRASES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
MARKS = st.sampled_from(["*", "**", "***", "_", "`"])


@given(PHRASES, MARKS, PHRASES, st.sampled_from(["", ",", ".", ")", ":"]), PHRASES)
def test_an_emphasised_phrase_in_a_sentence_loses_only_its_marks(
    before: str, mark: str, phrase: str, sign: str, after: str
) -> None:
    opening = "(" if sign == ")" else ""
    written = f"{before} {opening}{mark}{phrase}{mark}{sign} {after}"
    assert without_markdown(written) == f"{before} {opening}{phrase}{sign} {after}"


@given(
    st.lists(
        WORDS | st.sampled_from(["A*", "x_1", "2*3", "*", "**", "n_k", "_", "C*-algebra", "p*"])
    )
)
def test_signs_inside_and_after_words_stay(words: list[str]) -> None:
    text = " ".join(words)
    assert without_markdown(text) == text


@given(st.text("ab A*_`[]()/.,1 ", max_size=40))
def test_only_marks_are_removed_and_in_pairs(text: str) -> None:
    shown = without_markdown(text)
    signs = "*_`[]()!"
    assert [char for char in shown if char not in signs] == [
        char for char in text if char not in signs
    ]
    removed = {sign: text.count(sign) - shown.count(sign) for sign in "*_`"}
    assert all(number % 2 == 0 and number >= 0 for number in removed.values())
