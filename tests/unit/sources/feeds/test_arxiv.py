"""arXiv's listings, merged over all queries, and the pages of its API."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import NOW

from digest.core.models.batches import Batch
from digest.core.models.papers import AnnouncementKind, Paper
from digest.errors import InputError
from digest.sources.feeds import arxiv, arxiv_api

SPACES = 'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"'


def entry(
    number: str = "2605.10001v1", kind: str = "new", categories: str = "cs.AI", **more: str
) -> str:
    terms = "".join(f"<category>{term}</category>" for term in categories.split())
    base = number.partition("v")[0]
    abstract = more.get("abstract", f"On {base}.")
    return (
        f"<item><title>{more.get('title', f'Paper {base}')}</title>"
        f"<link>https://arxiv.org/abs/{base}</link>"
        f"<description>arXiv:{number} Announce Type: {kind} \nAbstract: {abstract}</description>"
        f'<guid isPermaLink="false">oai:arXiv.org:{number}</guid>{terms}'
        f"<pubDate>Mon, 11 May 2026 00:00:00 -0400</pubDate>"
        f"<arxiv:announce_type>{kind}</arxiv:announce_type>"
        f"<dc:creator>Ada Lovelace (1), Jos\\'e X ((1) Univ)</dc:creator></item>"
    )


def listing(*entries: str) -> Batch:
    text = (
        f'<rss version="2.0" {SPACES}><channel><title>cs.AI updates</title>'
        "<lastBuildDate>Mon, 11 May 2026 04:00:09 +0000</lastBuildDate>"
        "<pubDate>Mon, 11 May 2026 00:00:00 -0400</pubDate>"
        f"<skipDays><day>Saturday</day></skipDays>{''.join(entries)}</channel></rss>"
    )
    return arxiv.parse(text.encode(), source="arxiv", origin="x", now=NOW)


def resolved_kinds(
    include: tuple[str, ...] = ("new", "cross", "replace"), **listings: Batch
) -> dict[str, AnnouncementKind | None]:
    queries = {name.replace("_", "."): batch for name, batch in listings.items()}
    return {
        paper.identifiers[0].value: paper.notice
        for paper in arxiv.resolve(queries, include=include)
    }


def test_an_entry_of_an_rss_listing_is_read_whole() -> None:
    batch = listing(entry("2605.10001v2", "replace-cross", "cs.CL cs.AI"))
    (found,) = batch.papers
    assert batch.announced == date(2026, 5, 11)
    assert (found.title, found.abstract) == ("Paper 2605.10001", "On 2605.10001.")
    assert found.authors == ("Ada Lovelace", "José X")
    assert found.categories == ("cs.CL", "cs.AI")
    assert (found.version, found.notice, found.published) == (2, AnnouncementKind.REVISED, None)
    assert found.link("abstract") == "https://arxiv.org/abs/2605.10001"


def test_a_day_without_announcement_is_an_empty_batch_with_its_date() -> None:
    batch = listing()
    assert (batch.papers, batch.rejected, batch.announced) == ((), (), date(2026, 5, 11))


def test_a_listing_that_was_cut_says_so() -> None:
    batch = listing(*(entry(f"2605.1{number:04}v1") for number in range(2_000)))
    assert len(batch.papers) == 2_000
    assert [r.reason for r in batch.rejected] == [
        "the listing is cut at 2,000 entries; add narrower categories"
    ]


def test_new_in_one_query_beats_cross_in_another() -> None:
    cross, new = (listing(entry("2605.10005v1", kind, "cs.CL cs.AI")) for kind in ("cross", "new"))
    assert resolved_kinds(cs_AI=cross, cs_CL=new) == {"2605.10005": AnnouncementKind.NEW}
    assert resolved_kinds(cs_CL=new, cs_AI=cross) == {"2605.10005": AnnouncementKind.NEW}


def test_a_cross_list_is_new_if_it_is_recent_and_its_own_category_was_not_asked_for() -> None:
    batch = listing(
        entry("2605.10001v1", "new"),
        entry("2605.10007v1", "cross", "cs.CL cs.AI"),
        entry("2604.00007v1", "cross", "cs.CL cs.AI"),
        entry("2605.10008v2", "cross", "cs.CL cs.AI"),
    )
    expected = {
        "2605.10001": AnnouncementKind.NEW,
        "2605.10007": AnnouncementKind.NEW,
        "2604.00007": AnnouncementKind.LISTED,
        "2605.10008": AnnouncementKind.LISTED,
    }
    assert resolved_kinds(cs_AI=batch) == expected
    asked = {"2605.10007": AnnouncementKind.LISTED}
    assert resolved_kinds(cs_AI=batch, cs_CL=listing()) == {**expected, **asked}
    assert resolved_kinds(cs_AI=batch, cs=listing()) == {**expected, **asked}


def test_what_is_not_included_is_left_out_after_it_was_resolved() -> None:
    batch = listing(
        entry("2605.10001v1", "new"),
        entry("2604.00001v1", "cross", "cs.CL"),
        entry("2604.00002v2", "replace"),
        entry("2604.00003v2", "replace-cross", "cs.CL"),
    )
    assert list(resolved_kinds(("new",), cs_AI=batch)) == ["2605.10001"]
    assert list(resolved_kinds(("cross",), cs_AI=batch)) == ["2604.00001"]
    assert list(resolved_kinds(("replace",), cs_AI=batch)) == ["2604.00002", "2604.00003"]
    assert [p.position for p in arxiv.resolve({"cs.AI": batch}, include=["replace"])] == [1, 2]


@pytest.mark.parametrize(
    "abstract, withdrawn",
    [
        ("This paper has been withdrawn by the author.", True),
        ("This article was withdrawn due to an error", True),
        ("Withdrawn.", True),
        ("We study papers that have been withdrawn.", False),
        ("This paper studies how drugs have been withdrawn from markets worldwide", False),
    ],
)
def test_a_withdrawn_paper_is_recognised(abstract: str, withdrawn: bool) -> None:  # noqa: FBT001 - a table
    (found,) = listing(
        entry("2605.1v2", "replace") + entry("2605.10001v2", "replace", abstract=abstract)
    ).papers
    assert found.notice is (AnnouncementKind.WITHDRAWN if withdrawn else AnnouncementKind.REVISED)


def test_an_entry_that_is_not_from_arxiv_is_rejected() -> None:
    batch = listing("<item><title>T</title><guid>x</guid></item>", entry(), entry(title=" "))
    assert len(batch.papers) == 1
    assert [r.reason for r in batch.rejected] == [
        "entry 1: no arXiv identifier (x)",
        "entry 3: no title",
    ]


def api(entries: str, total: int = 1) -> arxiv_api.ApiPage:
    text = (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {SPACES} xmlns:o="http://a9.com/-/spec/opensearch/1.1/">'
        f"<title>ArXiv Query</title><o:totalResults>{total}</o:totalResults>"
        f"<o:startIndex>0</o:startIndex>{entries}</feed>"
    )
    return arxiv_api.parse_page(text.encode(), source="arxiv", origin="https://x/")


API_ENTRY = """<entry><id>http://arxiv.org/abs/2605.00001v2</id><title>A
  title</title><summary> One
line. </summary><published>2026-05-01T23:00:00Z</published><updated>2026-05-03T00:00:00Z</updated>
<author><name>Ada Lovelace</name><arxiv:affiliation>Univ</arxiv:affiliation></author>
<arxiv:comment>%s</arxiv:comment><arxiv:primary_category term="cs.LG"/><category term="cs.AI"/>
<category term="cs.LG"/></entry>"""


def test_an_api_entry_has_its_primary_category_first_and_its_own_dates() -> None:
    page = api(API_ENTRY % "12 pages", total=7)
    (found,) = page.batch.papers
    assert (found.title, found.abstract, found.authors) == (
        "A title",
        "One line.",
        ("Ada Lovelace",),
    )
    assert (found.categories, found.version, found.notice) == (("cs.LG", "cs.AI"), 2, None)
    assert (found.published, found.updated) == (date(2026, 5, 1), date(2026, 5, 3))
    assert (page.total, page.next_start) == (7, 1)


def test_a_comment_can_withdraw_a_paper() -> None:
    assert (
        api(API_ENTRY % "Withdrawn by the authors").batch.papers[0].notice
        is AnnouncementKind.WITHDRAWN
    )


def test_an_error_of_the_api_is_an_error() -> None:
    with pytest.raises(InputError, match="https://x/: arXiv answered: incorrect id format for 1"):
        api("<entry><title>Error</title><summary>incorrect id format for 1</summary></entry>")


def test_a_page_without_papers_ends_the_query() -> None:
    assert api("", total=5).next_start is None


def test_a_page_that_is_not_well_formed_is_refused_with_its_line() -> None:
    with pytest.raises(InputError, match="x:2: not well-formed XML: mismatched tag"):
        arxiv.parse(b"<rss>\n</feed>", source="a", origin="x", now=NOW)


broken = st.text(max_size=40) | st.sampled_from([entry(), API_ENTRY, "<entry>", "<item/>"])


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=100) | broken.map(lambda text: f"<rss {SPACES}>{text}</rss>".encode()))
def test_any_bytes_give_a_batch_or_an_input_error(data: bytes) -> None:
    for parser in (arxiv, arxiv_api):
        with suppress(InputError):
            batch = parser.parse(data, source="a", origin="x", now=NOW)
            assert all(isinstance(paper, Paper) and paper.title for paper in batch.papers)
