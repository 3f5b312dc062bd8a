"""Only text that is certainly TeX is converted to Unicode."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.text.markup.tex import tex_to_unicode


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
        (r"$\sqrt{s_{NN}}$, $\lambda^\gamma$", "√(s_NN), λ^γ"),
        (r"$I$-$V$ curves, $k$NN, $p < 0.05$, 10$\times$10", "I-V curves, kNN, p < 0.05, 10×10"),
        (r"$\tilde{O}(\frac{a+b}{c})$ in $\mathbb{R}^d$, \(x_i\)", "Õ((a+b)/c) in ℝᵈ, xᵢ"),
        (r"\emph{a \textbf{b \emph{c $x^{y^{z}}$}}}", "a b c x^(yᶻ)"),
        (r"100\% of R\&D", "100% of R&D"),
        (r"costs $5 and $\alpha$ more", "costs $5 and α more"),
        ("metrics such as $CoT$-$Pass@K$.", "metrics such as CoT-Pass@K."),
        ("O(n^2), 10^{-3}, M^3Bench and S^{2}FT", "O(n²), 10⁻³, M³Bench and S²FT"),
        (r"360^circ, 360^{circ}, 5.15{\deg}, 90$^\circ$", "360°, 360°, 5.15°, 90°"),
        (r"5.18\times, 7{times}, 300\,k", "5.18×, 7×, 300\u202fk"),
        (r"{\Theta}(40K), $\Theta(n)$, LaSOT_{ext}", "Θ(40K), Θ(n), LaSOTₑₓₜ"),
        (
            r"add-ons (\eg, X), \ie Y \etal and w.r.t.\ Z",
            "add-ons (e.g., X), i.e. Y et al. and w.r.t. Z",
        ),
        (r"GPT-4o\'s and Pok\'emon, T\"ULU, It\^o, \AA", "GPT-4o's and Pokémon, TÜLU, Itô, Å"),
        (r"$f:\mathbb{R}\to\mathbf{x}$, $\mathbb{1}$, $\sin\mathbf{x}$", "f:ℝ→x, 𝟙, sin x"),
        (r"$A \to B$, $10^{-3}$, $x_{\mathrm{max}}$, $W^L$", "A → B, 10⁻³, xₘₐₓ, Wᴸ"),
        (r"$\frac{1}{2}$, $\frac{a}{b+c}$, $\sqrt[3]{n}$", "1/2, a/(b+c), ³√n"),
        (r"Fig.~3 of Sec.~\textit{x}, introduce~\name", r"Fig. 3 of Sec. x, introduce \name"),
        (r"x\textsuperscript{2} by \textcolor{red}{us}.\footnote{Here}", "x² by us. (Here)"),
        (r"\href{https://x.org/a}{the code}, {\emph y}", "the code, y"),
        ("at https://x.org/a{https://x.org/a}.", "at https://x.org/a."),
        (
            "https://x.org/a{code} and https://x.org/b/{x.org/b.}",
            "https://x.org/a (code) and https://x.org/b/.",
        ),
        (r"at~https://x.org/a~b and $O(n\log n)$", "at https://x.org/a~b and O(n log n)"),
        (r"see.\url{https://x.org/a_b}", "see. https://x.org/a_b"),
        (r"valued at \$1 million, up to $3,000", "valued at $1 million, up to $3,000"),
    ],
)
def test_tex_is_shown_as_unicode(source: str, shown: str) -> None:
    assert tex_to_unicode(source) == shown


@pytest.mark.parametrize(
    "text",
    [
        "costs $5 and $10",
        "set $HOME/$USER or $PATH",
        "from US$3M to US$5M, or $3-$4",
        "100% of the papers",
        "https://example.org/a_b~c--d and user_name ~100",
        "HyperZcdotZcdotW",
        "HyperZ{cdotZ and 1920times1080",
        "A^* and C^{n}, ^_^, see ^1, [^a-z]",
        "sum_{i=1}^{N} of snake_case_names",
        "unbalanced {braces and } others {",
        "a lone $ and an odd $ 5, $ and",
        r"we propose \ours, with \foo{\bar}",
        "$US27.24 ($US87.74), or $5k/$6k",
        "sold for 5$ in 2019 and 6$ now",
        "see /home/a^b/{c} and PROGRA~1, 10~20, A~F",
        r"a\nb \x41 \d+ \\server\share",
        r"C:\users\old and \unknown{x}",
        "run with --verbose",
        "{braces} of a set",
    ],
)
def test_text_that_is_not_tex_does_not_change(text: str) -> None:
    assert tex_to_unicode(text) == text


signs = st.sampled_from(
    [*"$\\{}^_~`'\"- ab1", r"\alpha", r"\frac", r"\emph{", r"\'", r"\c", r"\(", r"\)", "``", "--"]
)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.lists(signs, max_size=40).map("".join))
def test_any_text_is_converted_and_a_second_conversion_changes_nothing(text: str) -> None:
    shown = tex_to_unicode(text)
    assert tex_to_unicode(shown) == shown


@pytest.mark.parametrize(
    "piece",
    ["$", "\\", "{", "\\emph{", "$x^{", "``a'", "\\'", "--", "$a $", "\\(", "^{", "\\frac{a}"],
)
def test_a_megabyte_of_junk_is_handled_quickly(piece: str) -> None:
    for size in (99_000, 1_000_000):
        junk = piece * (size // len(piece))
        assert tex_to_unicode(tex_to_unicode(junk)) == tex_to_unicode(junk)
