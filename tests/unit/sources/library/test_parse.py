"""Reading lists in four formats."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.core.models.papers import Paper
from digest.errors import InputError
from digest.sources.library import bibtex
from digest.sources.library.parse import parse

BIBTEX = r"""
% exported by hand
@string{jmlr = "Journal of Bees"}
@comment{jabref-meta: databaseType:bibtex;}
@preamble{"\newcommand{\noop}[1]{}"}

@article{bees2024,
  author   = {Lovelace, Ada and Karl von Frisch and others},
  title    = "How {Bees} Share {KV} Caches",
  journal  = jmlr # { (reprint)},
  abstract = {We show that bees
    share \{caches\}. A <i>second</i> sentence &amp; more.},
  keywords = {bees, caches; dance},
  year     = 2024,
}
@inproceedings(moons, title = {Moons, seen {"}twice{"}}, month = jan)
@misc{last,title={Last one on the same line}} @misc{really,title={Not quite}}
"""
RIS = """\
TY  - JOUR
AU  - Lovelace, Ada
AU  - von Frisch, Karl
TI  - How Bees Share
      KV Caches
AB  - We show that bees share caches.

A second paragraph.
KW  - bees
KW  - dance
ER  - \n
TY  - BOOK
T1  - Moons
N2  - About moons.
TY  - JOUR
AU  - Nobody
ER  -
"""
CSL = [
    {
        "id": "x/1",
        "type": "article-journal",
        "title": "How <i>Bees</i> Share KV Caches",
        "abstract": "<jats:p>We show p &lt; 0.05 that bees share caches.</jats:p>",
        "author": [
            {"family": "Lovelace", "given": "Ada"},
            {"family": "Frisch", "given": "Karl", "non-dropping-particle": "von"},
            {"literal": "The Bee Group"},
        ],
    },
    {"title": "", "abstract": "Nothing"},
    {"title": "Moons"},
]


def read(text: str) -> tuple[Paper, ...]:
    return parse(text.encode(), origin="list")[0]


def test_bibtex_is_read() -> None:
    papers, rejected = parse(BIBTEX.encode(), origin="list.bib")
    assert rejected == ()
    assert [paper.title for paper in papers] == [
        "How Bees Share KV Caches",
        'Moons, seen "twice"',
        "Last one on the same line",
        "Not quite",
    ]
    assert papers[0].authors == ("Ada Lovelace", "Karl von Frisch")
    assert papers[0].keywords == ("bees", "caches", "dance")
    assert papers[0].abstract.startswith("We show that bees share")
    assert papers[0].abstract.endswith("A second sentence & more.")


def test_tex_in_bibtex_becomes_readable_text() -> None:
    text = r"""@misc{a, title={M{\"u}ller's {$\alpha$}-Bees: {GPU}s}, author = "Fr{\'e}d{\'e}ric, \'Eva"}"""
    (paper,) = read(text)
    assert paper.title == "Müller's α-Bees: GPUs"
    assert paper.authors == ("Éva Frédéric",)


@pytest.mark.parametrize(
    "broken",
    [
        "@article{x, title = {never closed,\n  abstract = {x}",
        '@article{x, title = "never closed,\n}',
        "@article{x, title = {closed}} too often}, year = }",
        "@article{x, title {no sign}}",
        "@article{x, title = {a}",
        "@article{x, year = 2024}",
        "@article{",
    ],
)
def test_a_broken_bibtex_entry_rejects_only_itself_and_is_reported_with_its_line(
    broken: str,
) -> None:
    text = f"@misc{{a, title={{Before}}}}\n{broken}\n@misc{{b, title={{After}}}}\n"
    papers, rejected = parse(text.encode(), origin="list.bib")
    titles = [paper.title for paper in papers]
    assert (titles[0], titles[-1]) == ("Before", "After")
    assert len(titles) == 2 or titles[1] == "closed"
    assert [item.line for item in rejected] in ([2], [])
    assert rejected or "too often" in broken


def test_ris_is_read() -> None:
    papers, rejected = parse(RIS.encode("utf-8-sig"), origin="list.ris")
    assert [(paper.title, paper.abstract) for paper in papers] == [
        (
            "How Bees Share KV Caches",
            "We show that bees share caches. A second paragraph.",
        ),
        ("Moons", "About moons."),
    ]
    assert papers[0].authors == ("Ada Lovelace", "Karl von Frisch")
    assert papers[0].keywords == ("bees", "dance")
    assert [(item.line, item.reason) for item in rejected] == [
        (16, "a record without a title (TI)")
    ]


@pytest.mark.parametrize("wrapped", [CSL, {"items": CSL}])
def test_csl_json_is_read(wrapped: object) -> None:
    papers, rejected = parse(json.dumps(wrapped).encode(), origin="list.json")
    assert [paper.title for paper in papers] == ["How Bees Share KV Caches", "Moons"]
    assert papers[0].authors == ("Ada Lovelace", "Karl von Frisch", "The Bee Group")
    assert papers[0].abstract == "We show p < 0.05 that bees share caches."
    assert [item.reason for item in rejected] == ['item 2 has no "title"']


def test_a_bibtex_field_may_begin_with_an_underscore() -> None:
    papers, rejected = bibtex.parse("@misc{a, __markedentry = {[me:1]}, title = {Bees}}")
    assert ([paper.title for paper in papers], rejected) == (["Bees"], ())


def test_a_text_without_an_entry_has_no_papers() -> None:
    assert bibtex.parse("@" * 1000) == ((), ())


def test_the_json_of_better_bibtex_is_read() -> None:
    item = {
        "itemType": "preprint",
        "title": "Bees",
        "abstractNote": "About bees.",
        "creators": [{"firstName": "Ada", "lastName": "Lovelace"}],
    }
    papers, rejected = parse(
        json.dumps({"items": [item, {"itemType": "attachment"}]}).encode(), origin="x"
    )
    assert (papers[0].abstract, papers[0].authors) == ("About bees.", ("Ada Lovelace",))
    assert rejected == ()


def test_json_lines_are_read_one_line_or_many() -> None:
    line = '{"title": "Bees", "abstract": "About bees."}\n'
    assert [paper.abstract for paper in read(line)] == ["About bees."]
    assert [paper.abstract for paper in read(line * 2)] == ["About bees."] * 2
    papers, rejected = parse(f"{line}{{}}\nno\n".encode(), origin="x")
    assert len(papers) == 1
    assert [item.line for item in rejected] == [2, 3]


def test_a_file_in_another_encoding_is_read() -> None:
    text = "@misc{a, title={Fußgänger}}"
    for coding in ("utf-8", "cp1252", "utf-16"):
        assert parse(text.encode(coding), origin="x")[0][0].title == "Fußgänger"


@pytest.mark.parametrize(
    "data, says",
    [
        (b"", "the file is empty"),
        (b" \n ", "the file is empty"),
        (b"\x00\x01\x02", "binary data"),
        (b"Dear reader,", "not a reading list"),
        (b"[1, 2", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "no paper with a title"),
        (b"{}", 'item 1 has no "title"'),
        (b"@misc{x}", "an entry without a title"),
        (b"TY  - JOUR\nER  - \n", "a record without a title"),
    ],
)
def test_a_file_without_a_paper_is_refused_with_a_reason(data: bytes, says: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(data, origin="list.any")
    assert says in str(caught.value)
    assert str(caught.value).startswith("list.any")
    assert "\n" not in str(caught.value)


PIECES = st.sampled_from(
    [*BIBTEX.split(" "), *RIS.splitlines(keepends=True), "{", "}", '"', "@a{", "\n", ",", "=", "\\"]
)


@given(
    st.binary(max_size=80)
    | st.lists(PIECES, max_size=30).map(lambda items: "".join(items).encode())
)
@example(b"@a{x,title={" * 20_000)
@example(b"\n@a{x,title={" * 20_000)
@example(b"@a{x,title=" + b" " * 200_000)
@example(b"@a{" + b" " * 200_000)
@example(b"@a{x,title={b},author={" + b" " * 200_000 + b"}}")
@example(b"TY  - A\nTI  - " + b"\n" * 200_000)
@example(b'[{"title": "' + b"<a " * 100_000 + b'"}]')
def test_any_bytes_are_papers_or_an_input_error(data: bytes) -> None:
    try:
        papers, _ = parse(data, origin="any")
    except InputError:
        return
    assert papers
    for paper in papers:
        for text in (paper.title, paper.abstract, *paper.authors, *paper.keywords):
            assert text.isprintable()
        assert paper.title


def test_control_characters_and_halves_of_characters_cost_no_other_entry() -> None:
    ris_list = (
        "TY  - JOUR\nTI  - One &#55357;&#56832;\x1b[2J\nER  - \nTY  - JOUR\nTI  - Two\nER  - \n"
    )
    bibtex_list = "@misc{a, title={One &#55357;&#56832;\x1b[2J}}\n@misc{b, title={Two}}\n"
    csl = json.dumps([{"title": "One \U0001f600\ud83dX"}, {"title": "Two"}]).replace("X", "\x1b[2J")
    for text in (ris_list, bibtex_list, csl):
        papers, rejected = parse(text.encode(), origin="x")
        assert [paper.title for paper in papers] == ["One \U0001f600[2J", "Two"]
        assert rejected == ()


@pytest.mark.parametrize(
    "paper, bad",
    [("TY  - JOUR\nTI  - T\nER  - \n", "TY  - A\nER  - \n"), ("@a{b,title={T}}\n", "@a{b,x={}}\n")],
    ids=["ris", "bibtex"],
)
def test_entries_and_reasons_beyond_the_limits_are_counted(
    paper: str, bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("batch_limits.MAX_PAPERS", "batch_limits.MAX_REJECTIONS"):
        monkeypatch.setattr(f"digest.core.{module}", 3)
    for module in ("bibtex", "ris"):
        monkeypatch.setattr(f"digest.sources.library.{module}.MAX_PAPERS", 3)
    papers, rejected = parse((bad * 5 + paper * 9).encode(), origin="x")
    assert len(papers) == 3
    assert [item.reason for item in rejected[-2:]] == [
        "2 more problems like these",
        "more than 3 papers; the first 3 are read",
    ]


def test_a_list_of_millions_of_lines_or_values_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(InputError, match="more than 2,000,000 lines"):
        parse(b"TY  - A\n" + b"\n" * 2_000_001, origin="x")
    with pytest.raises(InputError, match="more than 1,000,000 values"):
        parse(b"[" + b"0," * 1_000_001 + b"0]", origin="x")
