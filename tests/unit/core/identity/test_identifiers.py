import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.identity.identifiers import (
    are_contradictory,
    are_separate,
    title_hash,
    title_key,
)
from digest.core.models.papers import Identifier, Paper, PaperLink
from digest.core.text.paper_ids import arxiv_id, doi

ASCII_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


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


def test_a_key_is_readable() -> None:
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
def test_a_plain_title_has_the_same_key_without_the_shortcut(title: str) -> None:
    # The accent-free ASCII road is a short cut; a combining mark forces the other one.
    if title.strip() and not set("\\&<{") & set(title) and any(map(str.isalnum, title)):
        assert title_key(title) == title_key(title + " \u0301")


@given(st.text(max_size=60))
def test_a_hash_fits_a_signed_column_and_does_not_vary(key: str) -> None:
    assert 0 <= title_hash(key) < 2**63
    assert title_hash(key) == title_hash(key)


def test_a_hash_is_the_same_on_every_machine() -> None:
    assert title_hash("astudyofstudies") == 4992292284365876908


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2401.12345", ("2401.12345", None)),
        ("arXiv:2401.12345v2", ("2401.12345", 2)),
        (" arxiv: 0704.0001v10 ", ("0704.0001", 10)),
        ("oai:arXiv.org:2508.13426v1", ("2508.13426", 1)),
        ("oai:arXiv.org:hep-th/9901001", ("hep-th/9901001", None)),
        ("https://arxiv.org/abs/2401.12345v3", ("2401.12345", 3)),
        ("http://export.arxiv.org/pdf/2401.12345v1.pdf?download=1", ("2401.12345", 1)),
        ("arxiv.org/html/2401.12345#S1", ("2401.12345", None)),
        ("https://arxiv.org/abs/math.GT/0309136v2", ("math/0309136", 2)),
        ("HEP-TH/9901001", ("hep-th/9901001", None)),
        ("https://doi.org/10.48550/arXiv.2401.12345", ("2401.12345", None)),
        ("10.48550/arXiv.2401.12345", ("2401.12345", None)),
        ("https://huggingface.co/papers/2401.12345", ("2401.12345", None)),
        ("2401.1234", None),
        ("1412.12345", None),
        ("2413.12345", None),
        ("2401.12345v0", None),
        ("12401.12345", None),
        ("see arXiv:2401.12345", None),
        ("https://example.org/abs/2401.12345", None),
        ("\u0662401.12345", None),
        ("", None),
    ],
)
def test_an_arxiv_id_is_read_from_every_notation(
    text: str, expected: tuple[str, int | None] | None
) -> None:
    assert arxiv_id(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("10.1000/XYZ123", "10.1000/xyz123"),
        ("doi:10.1000/xyz", "10.1000/xyz"),
        ("https://doi.org/10.1000%2Fxyz?source=feed", "10.1000/xyz"),
        ("http://dx.doi.org/10.1016/S0021-9258(19)52451-6.", "10.1016/s0021-9258(19)52451-6"),
        ("10.1000/xyz).", "10.1000/xyz"),
        ("10.1000/", None),
        ("10.1000/.", None),
        ("10.1/x", None),
        ("11.1000/xyz", None),
        ("https://example.org/10.1000/xyz", None),
        ("", None),
    ],
)
def test_a_doi_is_read_from_every_notation(text: str, expected: str | None) -> None:
    assert doi(text) == expected


numbers = st.from_regex(
    r"(0[7-9]|1[0-4])(0[1-9]|1[0-2])\.[0-9]{4}", fullmatch=True
) | st.from_regex(r"(1[5-9]|2[0-9])(0[1-9]|1[0-2])\.[0-9]{5}", fullmatch=True)
old_numbers = st.from_regex(
    r"(math|cs|hep-th|cond-mat)/(9[1-9]|0[0-7])(0[1-9]|1[0-2])[0-9]{3}", fullmatch=True
).filter(lambda text: text.isascii())


@given(
    numbers | old_numbers,
    st.none() | st.integers(1, 99),
    st.sampled_from(
        ["", "arXiv:", "oai:arXiv.org:", "https://arxiv.org/abs/", "http://www.arxiv.org/pdf/"]
    ),
)
def test_an_arxiv_id_is_the_same_in_all_addresses_and_versions(
    number: str, version: int | None, place: str
) -> None:
    text = f"{place}{number}" + (f"v{version}" if version else "")
    assert arxiv_id(text) == (number, version)


@given(st.text(max_size=40) | st.from_regex(r"(doi:)?10\.\d{4}/.{1,20}"))
def test_a_parsed_identifier_can_be_parsed_again(text: str) -> None:
    if found := arxiv_id(text):
        assert arxiv_id(found[0]) == (found[0], None)
    if named := doi(text):
        assert doi(named) == doi(named.translate(ASCII_UPPER)) == doi(f"doi:{named}") == named


def test_arxivs_own_doi_counts_as_the_arxiv_id_which_comes_first() -> None:
    work = Identifier(scheme="doi", value="10.48550/arxiv.2401.12345")
    other = Identifier(scheme="openreview", value="abc")
    arxiv = Identifier(scheme="arxiv", value="2401.12345")
    assert Paper(title="A", identifiers=(other, work)).identifiers == (arxiv, work, other)


def of(*values: str) -> list[Identifier]:
    return [
        Identifier(scheme="doi" if value.startswith("10.") else "arxiv", value=value)
        for value in values
    ]


def test_two_arxiv_ids_contradict_each_other() -> None:
    assert are_contradictory(of("1", "10.1000/x"), of("2", "10.1000/x"))
    assert not are_contradictory(of("1"), of("1", "10.1000/x"))
    assert not are_contradictory(of("1", "2"), of("1"))
    assert not are_contradictory(of("1"), of("1", "2"))
    assert not are_contradictory(of("1", "10.1000/x"), of("1", "10.1000/y")), (
        "a preprint printed twice"
    )


def test_two_dois_of_publishers_contradict_each_other() -> None:
    assert are_contradictory(of("10.1000/x"), of("10.1000/y"))
    assert are_contradictory(of("1", "10.1000/x"), of("10.2000/y"))
    assert not are_contradictory(of("10.1000/x"), of("10.1000/x", "10.1000/y"))
    assert not are_contradictory(of("10.1000/x"), of("1"))


@pytest.mark.parametrize(
    "preprint",
    [
        "10.48550/arxiv.2605.00001",
        "10.1101/2026.05.11.123456",
        "10.1101/123456",
        "10.64898/2026.05.11.123456",
        "10.21203/rs.3.rs-1/v1",
        "10.2139/ssrn.1",
        "10.31234/osf.io/abcde",
        "10.5281/zenodo.1",
    ],
)
def test_the_doi_of_a_preprint_and_that_of_a_publisher_do_not_contradict_each_other(
    preprint: str,
) -> None:
    assert not are_contradictory(of(preprint), of("10.1000/x"))
    assert not are_contradictory(of("10.1000/x"), of(preprint))
    assert not are_contradictory(of(preprint), of("10.5281/zenodo.2"))


def test_a_journal_that_shares_its_prefix_with_a_preprint_server_is_a_publisher() -> None:
    assert are_contradictory(of("10.1101/gr.123456.126"), of("10.1000/x"))


def test_under_different_titles_two_dois_of_one_archive_are_two_papers() -> None:
    assert are_separate(of("10.1101/1"), of("10.1101/2"))
    assert are_separate(of("10.1101/1", "10.5281/a"), of("10.5281/b"))
    assert not are_separate(of("10.1101/1"), of("10.1101/1", "10.1101/2"))
    assert not are_separate(of("10.1101/1"), of("10.5281/a"))
    assert not are_separate(of("10.1101/1"), of("1"))
    assert not are_separate(of(), of())
    assert are_separate(of("1"), of("2"))


@pytest.mark.parametrize(
    "names, links, expected",
    [
        ({"arxiv": "2605.01234"}, (), "https://arxiv.org/abs/2605.01234"),
        ({"arxiv": "math/0309136"}, (), "https://arxiv.org/abs/math/0309136"),
        ({"doi": "10.1000/a<b>"}, (), "https://doi.org/10.1000/a%3Cb%3E"),
        ({"doi": "10.1000/x", "arxiv": "2605.01234"}, (), "https://arxiv.org/abs/2605.01234"),
        ({"arxiv": "2605.01234"}, (("abstract", "https://a.example/"),), "https://a.example/"),
        ({"doi": "10.1000/x"}, (("page", "https://a.example/"),), None),
        ({"hf": "x"}, (), None),
    ],
)
def test_a_paper_with_an_identifier_alone_is_where_it_leads(
    names: dict[str, str], links: tuple[tuple[str, str], ...], expected: str | None
) -> None:
    paper = Paper(
        title="T",
        identifiers=tuple(
            Identifier(scheme=scheme, value=value) for scheme, value in names.items()
        ),
        links=tuple(PaperLink(rel=rel, url=url) for rel, url in links),
    )
    assert paper.link("abstract") == expected
    assert paper.link("code") is None
