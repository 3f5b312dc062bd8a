import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.identity import title_hash, title_key


@pytest.mark.parametrize(
    "one, other",
    [
        ("Hyper$Z\\cdot Z\\cdot W$ Operators", "HyperZcdotZcdotW Operators"),
        ("HyperZ·Z·W Operators", "HyperZcdotZcdotW Operators"),
        ("Video at 1920$\\times$1080", "Video at 1920times1080"),
        ("Video at 1920×1080", "Video at 1920times1080"),
        ("S$^{2}$FT: Sparse Tuning", "S^{2}FT: Sparse Tuning"),
        ("S²FT: Sparse Tuning", "S^{2}FT: Sparse Tuning"),
        ("$\\mathcal{L}_\\infty$ Bounds", "mathcal{L}_infty Bounds"),
        ("$\\mathcal{L}_\\infty$ Bounds", "ℒ_∞ Bounds"),
        ("\\textbf{Bold} and \\emph{Fine}", "Bold and Fine"),
        ("{\\bf Bold} and {\\em Fine}", "Bold and Fine"),
        ("\\text{Tiny} Models", "Tiny Models"),
        ("$\\alpha$-Divergence", "α-divergence"),
        ("$\\Delta$-Tuning", "δ-Tuning"),
        ("$\\varepsilon$-Greedy", "ϵ-Greedy"),
        ("On $\\mathbb{R}^n$", "On ℝⁿ"),
        ("$\\ell_1$ Norms", "ℓ₁ norms"),
        ("10$\\mu$s Scheduling", "10µs Scheduling"),
        ('Schr\\"odinger Bridges', "Schrödinger bridges"),
        ('Schr\\"{o}dinger Bridges', "Schrodinger Bridges"),
        ("Erd\\H{o}s and \\c{C}elik", "Erdős and Çelik"),
        ("Erd\\H os", "Erdos"),
        ("\\'{E}tudes, \\`a la {\\aa}ngstr{\\o}m", "Études, à la ångstrøm"),
        ("Stra{\\ss}en", "Straßen"),
        ("STRASSEN", "Straßen"),
        ("Łukasiewicz Logic", "\\L{}ukasiewicz Logic"),
        ("Æther", "\\AE ther"),
        ("Fine Filters", "ﬁne ﬁlters"),
        ("ＦＵＬＬ　Ｗｉｄｔｈ", "Full Width"),
        ("Search &amp; Rescue", "Search & Rescue"),
        ("A &lt;b&gt; c", "A <b> c"),
        ("H<sub>2</sub>O <i class='x'>Nets</i>", "H2O Nets"),
        ("H\\&M", "H&M"),
        ("A\nWrapped  Title ", "a wrapped title"),
        ("Pre-training: a “Study”", 'Pretraining — a "Study".'),
        ("Brand™ Nets", "Brand Nets"),
        ("C\\# and C", "C# and C"),
    ],
)
def test_two_spellings_of_a_title_are_one_paper(one: str, other: str) -> None:
    assert title_key(one) == title_key(other)


@pytest.mark.parametrize(
    "one, other",
    [
        ("Parsing C++", "Parsing C"),
        ("Parsing C#", "Parsing C"),
        ("A 1.5B Model", "A 15B Model"),
        ("Model v2", "Model v3"),
        ("Diffusion", "Fusion"),
        ("Attention Part I", "Attention Part II"),
        ("α-Nets", "β-Nets"),
        ("$x \\times y$", "$x \\cdot y$"),
        ("Learning <think> Tokens", "Learning Tokens"),
        ("कि", "का"),
        ("ガ", "カ"),
        ("🎉", "🎈"),
        ("???", "!!!"),
        ("C+", "C++"),
    ],
)
def test_two_titles_that_differ_in_substance_are_two_papers(one: str, other: str) -> None:
    assert title_key(one) != title_key(other)


def test_a_key_can_be_read() -> None:
    assert title_key("LLM-1.5B: A $\\beta$-Test vs. C++!") == "llm1.5babetatestvsc++"


words = st.text(st.characters(categories=["L", "Nd"], max_codepoint=0x24F), min_size=1, max_size=9)
titles = st.lists(words, min_size=1, max_size=8)
spaces = st.sampled_from([" ", "  ", "\n", "\t", "\u00a0", "-", " – ", ": ", ", "])


@given(st.text(max_size=60))
def test_a_key_is_its_own_key_and_is_empty_for_blank_titles_alone(title: str) -> None:
    key = title_key(title)
    assert bool(key) == bool(title.strip())
    if not set("\\&<{") & set(unicodedata.normalize("NFKC", title)):
        assert title_key(key) == key


@given(titles, spaces, spaces)
def test_spacing_and_hyphens_do_not_matter(title: list[str], one: str, other: str) -> None:
    assert title_key(one.join(title)) == title_key(other.join(title))


@given(titles)
def test_case_does_not_matter(title: list[str]) -> None:
    text = " ".join(title)
    assert title_key(text.upper()) == title_key(text) == title_key(text.lower())


@given(st.text(max_size=60))
def test_composed_and_decomposed_letters_are_the_same(title: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, title) for form in ("NFC", "NFD"))
    assert title_key(composed) == title_key(decomposed)


@given(titles, st.text("\"'()[]*:;,!?–“” ", max_size=4), st.text("\"'()[]*.:;,!?–“” ", max_size=4))
def test_surrounding_punctuation_does_not_matter(title: list[str], before: str, after: str) -> None:
    text = " ".join(title)
    assert title_key(before + text + after) == title_key(text)


@given(st.text(string.printable, max_size=60))
def test_a_plain_title_has_the_key_of_the_long_way(title: str) -> None:
    # The accent-free ASCII road is a short cut; a combining mark forces the other one.
    if title.strip() and not set("\\&<{") & set(title) and any(map(str.isalnum, title)):
        assert title_key(title) == title_key(title + " \u0301")


@given(st.text(max_size=60))
def test_a_hash_fits_a_signed_column_and_does_not_vary(key: str) -> None:
    assert 0 <= title_hash(key) < 2**63
    assert title_hash(key) == title_hash(key)


def test_a_hash_is_the_same_on_every_machine() -> None:
    assert title_hash("astudyofstudies") == 4992292284365876908
