"""TeX that lost its backslashes, as a copied page shows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.text.display import display_text
from digest.core.text.markup import tex_remains


@pytest.mark.parametrize(
    "written, shown",
    [
        ("InTAR exhibits 1.8times and 7.1 times speedups", "InTAR exhibits 1.8× and 7.1 times speedups"),
        ("3times3times3 kernels", "3×3×3 kernels"),
        ("(>3.4times fewer FLOPs)", "(>3.4× fewer FLOPs)"),
        ("which is 3.65 sim 39.14times faster", "which is 3.65 ∼ 39.14× faster"),
        ("and sim 80% impact", "and ∼80% impact"),
        ("large (sim100B) models", "large (∼100B) models"),
        ("a sim14,000times compression", "a ∼14,000× compression"),
        ("facilitating {sim}11% faster", "facilitating ∼11% faster"),
        ("(20sim40 years)", "(20∼40 years)"),
        ("models with leq 4B or (leq3B) parameters", "models with ≤ 4B or (≤3B) parameters"),
        ("for any M geq d^2", "for any M ≥ d²"),
        ("Paris rightarrow France", "Paris → France"),
        ("{g(1),ldots,g(J)}", "{g(1),…,g(J)}"),
        ("HyperZcdotZcdotW and I(cdot;cdot)", "HyperZ·Z·W and I(·;·)"),
        ("consumes 8e^{-5}muJ, not 50 muJ", "consumes 8e⁻⁵µJ, not 50 µJ"),
        ("N_E sum_{i=1}^{N} f_i", "N_E ∑ᵢ₌₁ᴺ f_i"),
        ("O(1/epsilon) and (1-lambda)^2", "O(1/ε) and (1-λ)^2"),
        ("(epsilon, delta)-private", "(ε, δ)-private"),
        ("They fail. % To mend this, we ask", "They fail. To mend this, we ask"),
        ("rates Obig(1+lambda^Qbig) hold", "rates O(1+λ^Q) hold"),
        ("of size Oleft( d right) or", "of size O( d) or"),
        (r"5.18\times$ faster and 42.9%$ less", "5.18× faster and 42.9% less"),
        (r"valued at \1 million", "valued at $1 million"),
        ("We~describe it and 14~M tokens", "We describe it and 14 M tokens"),
        ("FaSTA^*: slow A^* search, K^{*} and $K^{\\pm}$", "FaSTA*: slow A* search, K* and K±"),
        ('an ``intra-modal redundancy" issue', "an “intra-modal redundancy” issue"),
        ("a ''perfect'' reward (''so'')", "a “perfect” reward (“so”)"),
        ("from the `teacher' network, `In-the-wild' too", "from the ‘teacher’ network, ‘In-the-wild’ too"),
        ("DNA polymerase {delta}, TNF{alpha}", "DNA polymerase δ, TNFα"),
        ("to enhance} the model", "to enhance the model"),
    ],
)  # fmt: skip
def test_what_is_surely_tex_is_shown_as_unicode(written: str, shown: str) -> None:
    assert display_text(written) == shown


@pytest.mark.parametrize(
    "text",
    [
        "60 times faster, in recent times, sometimes 7 timestamps",
        "sim2real, sim-to-real and a sim of 3 cars",
        "an anecdotal ecdote in polka dots, and loosen the bolts",
        "PIXART-alpha, a beta (beta) release, alpha-divergence, lambda calculus",
        "mucus, 3 mu, mural",
        "at 3 pm 5 people approx 80%",
        "a gain of 30 % The rest is lost",
        "small (not big) and the right) one",
        "a lump sum_of parts",
        "see https://example.org/3times3/cdot?a~b",
        "10~20X at ~40% and ~user/a~b",
        "the leqture of neqro",
        r"a \method of \ours",
        "it costs 4$ per hour",
        "5'' long and 3'' wide, 3'-5''",
        "`0, `2 and the student's",
        "a log m{delta} bound, {x} and {-1, 0, 1}",
        "2^*3",
        "{see https://example.org and others} too",
    ],
)
def test_what_may_be_english_stays(text: str) -> None:
    assert display_text(text) == text


PIECES = st.sampled_from(
    [
        " ",
        *"1 2.5 times sim cdot leq { } _{ ^{ big( big) O left( right) mu J lambda".split(),  # noqa: SIM905
        *"( ) / - , ~ $ \\ × % sum".split(),  # noqa: SIM905
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_shown_text_is_not_changed_again(text: str) -> None:
    shown = display_text(text)
    assert display_text(shown) == shown


_PIECES = [
    *["times", "cdot", "sim", "leq", "neq", "dots", "ldots", "rightarrow", "mu", "alpha", "beta"],
    *["epsilon", "sum", "big", "left", "right", "O"],
    *[" ", "1", "2.5", "%", "×", "x", "J", "B", "K", "We", "a", ".", ",", "(", ")", "{", "}", "_{"],
    *["^", "*", "/", "=", "<", "\\", "$", "~", "`", "'", '"', "-"],
]


@given(st.lists(st.sampled_from(_PIECES), max_size=12).map("".join))
def test_a_text_that_is_returned_at_once_has_no_remains(text: str) -> None:
    assert tex_remains._may_have_remains(text) or tex_remains._mended(text) == text
