"""TeX to Unicode for display: what is surely TeX is turned, all else is left alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.tex import readable


@pytest.mark.parametrize(
    "source, shown",
    [
        (r"$\alpha$-divergence", "α-divergence"),
        (r"$O(n^2)$ and $O(n^{10})$", "O(n²) and O(n¹⁰)"),
        (r"Andr\'e, B\"uttiker, \"{o}, \c{c}, {\o}, \ss, \v{s}", "André, Büttiker, ö, ç, ø, ß, š"),
        (r"Erd{\H{o}}s and {\'E}va, na\"{\i}ve, \L{}ukasz", "Erdős and Éva, naïve, Łukasz"),
        (r"\textbf{x}, \emph{y}, {\it z} and $\mathcal{L}$", "x, y, z and L"),
        ("pages 3--5, a --- b, ``quoted''", "pages 3–5, a — b, “quoted”"),
        (r"SU(2)$\otimes$Z$_4$ at $\sqrt{s}=5.02$~TeV", "SU(2)⊗Z₄ at √s=5.02 TeV"),
        (r"$\sqrt{s_{NN}}$, $\lambda^\gamma$", "√(s_(NN)), λ^γ"),
        (r"$I$-$V$ curves, $k$NN, $p < 0.05$, 10$\times$10", "I-V curves, kNN, p < 0.05, 10×10"),
        (r"$\tilde{O}(\frac{a+b}{c})$ in $\mathbb{R}^d$, \(x_i\)", "Õ((a+b)/c) in ℝᵈ, xᵢ"),
        (r"\emph{a \textbf{b \emph{c $x^{y^{z}}$}}}", "a b c x^(yᶻ)"),
        (r"100\% of R\&D", "100% of R&D"),
        (r"costs $5 and $\alpha$ more", "costs $5 and α more"),
    ],
)
def test_tex_is_shown_as_unicode(source: str, shown: str) -> None:
    assert readable(source) == shown


@pytest.mark.parametrize(
    "text",
    [
        "costs $5 and $10",
        "from US$3M to US$5M, or $3-$4",
        "100% of the papers",
        "https://example.org/a_b~c--d and user_name ~100",
        "HyperZcdotZcdotW",
        "S^{2}FT and 1920times1080",
        r"C:\users\old and \unknown{x}",
        "run with --verbose",
        "{braces} of a set",
    ],
)
def test_what_is_no_tex_is_left_exactly_as_it_is(text: str) -> None:
    assert readable(text) == text


signs = st.sampled_from(
    [*"$\\{}^_~`'\"- ab1", r"\alpha", r"\frac", r"\emph{", r"\'", r"\c", r"\(", r"\)", "``", "--"]
)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.lists(signs, max_size=40).map("".join))
def test_whatever_comes_it_is_shown_and_showing_it_again_changes_nothing(text: str) -> None:
    shown = readable(text)
    assert readable(shown) == shown


@pytest.mark.parametrize(
    "piece",
    ["$", "\\", "{", "\\emph{", "$x^{", "``a'", "\\'", "--", "$a $", "\\(", "^{", "\\frac{a}"],
)
def test_junk_of_a_megabyte_is_settled(piece: str) -> None:
    for size in (99_000, 1_000_000):
        junk = piece * (size // len(piece))
        assert readable(readable(junk)) == readable(junk)
