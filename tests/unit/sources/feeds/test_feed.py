"""Feeds of any kind, and how their entries become papers."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.builders import NOW
from support.speed.feeds import parsed_in_this_process

from digest.core.models.batches import Batch
from digest.core.models.papers import AnnouncementKind, Identifier, Paper, PaperLink
from digest.errors import InputError
from digest.sources import markup
from digest.sources.feeds import feed, json_feed

RSS = '<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"><channel><title>A journal</title>\
<lastBuildDate>Sun, 10 May 2026 23:30:00 -0400</lastBuildDate>%s</channel></rss>'
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title>\
<updated>2026-05-10T12:00:00Z</updated>%s</feed>'


@pytest.fixture(scope="module", autouse=True)
def _in_this_process() -> Iterator[None]:
    """The feeds of test_feed_hostile.py have a process each."""
    with parsed_in_this_process():
        yield


def read(data: bytes | str, *, origin: str = "https://example.org/feed") -> Batch:
    sent = data.encode() if isinstance(data, str) else data
    return feed.parse(sent, source="journal", origin=origin, now=NOW)


def only(items: str, *, shell: str = RSS) -> Paper:
    (paper,) = read(shell % items).papers
    return paper


def item(**fields: Any) -> Paper:
    document = {"version": "https://jsonfeed.org/version/1.1", "items": [{"title": "T", **fields}]}
    (paper,) = read(json.dumps(document)).papers
    return paper


def test_an_rss_item_is_read_whole() -> None:
    found = only("""<item><title>On &amp;alpha; &amp; &lt;i>beta&lt;/i></title>
      <link>/articles/1</link><guid isPermaLink="false">j-1</guid>
      <description>&lt;p>First.&lt;/p>&lt;p>Second&lt;br>line.&lt;/p></description>
      <dc:creator>Ada Lovelace (Univ), Jos\\'e X</dc:creator>
      <category>Logic</category><category>Logic</category>
      <prism:doi>10.1000/ABC</prism:doi><pubDate>Sat, 09 May 2026 10:00:00 GMT</pubDate></item>""")
    assert found == Paper(
        title="On α & beta",
        abstract="First.\n\nSecond\nline.",
        authors=("Ada Lovelace", "José X"),
        identifiers=(Identifier(scheme="doi", value="10.1000/abc"),),
        categories=("Logic",),
        links=(PaperLink(rel="abstract", url="https://example.org/articles/1"),),
        published=date(2026, 5, 9),
        position=1,
    )


RSS_1 = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/">
 <channel rdf:about="c"><title>J</title><dc:date>2026-05-10</dc:date></channel>
 <item rdf:about="i"><title>T</title>%s</item></rdf:RDF>"""


@pytest.mark.parametrize(
    "dates, published",
    [
        ("<dc:date>2026-05-09</dc:date>", date(2026, 5, 9)),
        ("<prism:publicationDate>2026-05-01</prism:publicationDate>", date(2026, 5, 1)),
        (
            "<prism:publicationDate>in May</prism:publicationDate><dc:date>2026-05-09</dc:date>",
            date(2026, 5, 9),
        ),
        ("", None),
    ],
)
def test_an_item_of_rss_1_has_the_date_of_its_dublin_core_or_prism_element(
    dates: str, published: date | None
) -> None:
    assert only(dates, shell=RSS_1).published == published


def test_a_doi_is_read_from_an_info_address_of_rss_1() -> None:
    found = only("<dc:identifier>info:doi/10.1000/ABC</dc:identifier>", shell=RSS_1)
    assert found.identifiers == (Identifier(scheme="doi", value="10.1000/abc"),)


def test_an_atom_entry_at_arxiv_has_its_identifier_version_and_pdf() -> None:
    found = only(
        """<entry><id>http://arxiv.org/abs/2605.00001v3</id><title>T</title>
      <link href="http://arxiv.org/abs/2605.00001v3"/>
      <link rel="related" type="application/pdf" href="http://arxiv.org/pdf/2605.00001v3"/>
      <author><name>Lovelace, Ada</name></author><author><name>Alan Turing</name></author>
      <summary>S</summary></entry>""",
        shell=ATOM,
    )
    assert found.identifiers == (Identifier(scheme="arxiv", value="2605.00001"),)
    assert (found.version, found.authors) == (3, ("Ada Lovelace", "Alan Turing"))
    assert found.link("pdf") == "http://arxiv.org/pdf/2605.00001v3"


def test_tex_stays_in_the_paper_as_its_source_wrote_it() -> None:
    assert only(r"<item><title>$\alpha$ for $5</title></item>").title == r"$\alpha$ for $5"


def test_a_title_may_say_that_the_paper_is_withdrawn_or_retracted() -> None:
    retracted = only("<item><title>RETRACTED: Cold fusion</title></item>")
    assert (retracted.title, retracted.notice) == ("Cold fusion", AnnouncementKind.RETRACTED)
    withdrawn = item(title="Cold fusion [Withdrawn]")
    assert (withdrawn.title, withdrawn.notice) == ("Cold fusion", AnnouncementKind.WITHDRAWN)
    about_it = item(title="Why retracted articles are still cited")
    assert (about_it.title, about_it.notice) == ("Why retracted articles are still cited", None)


def test_the_feed_is_announced_on_its_own_day_but_never_in_the_future() -> None:
    assert read(RSS % "").announced == date(2026, 5, 11)
    assert read((RSS % "").replace("2026", "2036")).announced is None


def test_an_entry_without_a_title_is_rejected_and_the_others_are_read() -> None:
    batch = read(RSS % "<item><link>https://a.org/1</link></item><item><title>T</title></item>")
    assert [paper.position for paper in batch.papers] == [2]
    assert [(r.reason, r.line) for r in batch.rejected] == [
        ("entry 1: no title (https://a.org/1)", None)
    ]


def test_a_guid_identifies_a_paper_only_if_it_is_unique() -> None:
    guid = "<item><title>%s</title><guid isPermaLink='false'>%s</guid></item>"
    batch = read(RSS % (guid % ("A", "x") + guid % ("B", "y") + guid % ("C", "y")))
    assert [[i.value for i in paper.identifiers] for paper in batch.papers] == [
        ["journal:x"], [], []
    ]  # fmt: skip


def test_a_feed_without_entries_is_an_empty_batch() -> None:
    assert read(ATOM % "") == Batch(
        source="journal",
        origin="https://example.org/feed",
        papers=(),
        announced=date(2026, 5, 10),
        fingerprint=json_feed.fingerprint((ATOM % "").encode()),
    )


def test_a_json_feed_item_is_read_whole() -> None:
    found = item(
        id="https://doi.org/10.1000/X",
        url="https://example.org/1",
        content_html="<h1>Short</h1>Text",
        date_published="2026-05-09T23:00:00-04:00",
        authors=[{"name": "B"}, {"name": "A"}, {"name": "B"}],
        tags=["<b>x</b>", 5, "y"],
        attachments=[{"url": "https://example.org/a", "mime_type": "application/pdf"}],
    )
    assert found.identifiers == (Identifier(scheme="doi", value="10.1000/x"),)
    assert (found.abstract, found.authors, found.categories) == (
        "Short\n\nText", ("B", "A"), ("x", "y")
    )  # fmt: skip
    assert (found.link("pdf"), found.published) == ("https://example.org/a", date(2026, 5, 10))


def test_texts_and_entries_have_their_bounds() -> None:
    found = item(title="t" * 9_000, content_text="a" * 90_000)
    assert (len(found.title), len(found.abstract)) == (2_000, 50_000)
    many = {"version": "1", "items": [{"title": "T"}] * 5_002}
    batch = read(json.dumps(many))
    assert len(batch.papers) == 5_000
    assert batch.rejected[-1].reason == "5,002 entries, of which the first 5,000 are read"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "koi8-r", "windows-1251"])
def test_a_feed_in_any_encoding_is_read(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + (
        RSS % "<item><title>Привет</title></item>"
    ).removeprefix('<?xml version="1.0"?>')
    assert [paper.title for paper in read(text.encode(encoding)).papers] == ["Привет"]


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"<html><body>404</body></html>", "an HTML page, not a feed"),
        (b"<opml version='1.0'><head/><body/></opml>", "a list of feeds"),
        (b"nothing at all", "neither RSS, Atom, RDF nor JSON Feed"),
        (b"\x89PNG\r\n\0\0", "binary data"),
        (b'{"a": 1}', 'no list of "items"'),
        (b'{"items": [', "not JSON"),
        (b"[" * 90_000, "nested too deeply"),
    ],
)
def test_a_document_that_is_not_a_feed_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        read(data)
    assert str(caught.value).startswith("https://example.org/feed:")
    assert "\n" not in str(caught.value)


pieces = st.lists(
    st.sampled_from(
        [
            "<rss version='2.0'>", "<channel>", "<item>", "<title>", "</title>", "</item>", "&amp;",
            "<entry>", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<![CDATA[", "]]>", "<!--",
            "<link href='", "'/>", "<pubDate>Mon, 99 Foo</pubDate>", "<!DOCTYPE x>", "&#x110000;",
        ]
    )
    | st.text(max_size=8),
    max_size=20,
).map("".join)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(pieces)
@example("<item>&#x110000;")
@example("<item><title>&#99999999999999999999999;")
def test_any_markup_becomes_a_json_feed_of_our_own(text: str) -> None:
    # In this process, because it is faster; the child process does nothing else.
    safe = markup.safe_xml(text, origin="x")
    document = json.loads(feed.as_json_feed(f"x\n{safe}".encode("utf-8", "replace")))
    batch = json_feed.batch(document, source="s", origin="x", now=NOW, fingerprint="")
    assert all(paper.title and "\0" not in paper.title for paper in batch.papers)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
@example(b"\xff\xfe<\0")
@example(b"<?xml version='1.0' encoding='idna'?><rss/>")
@example(b"<?xml version='1.0' encoding='hex'?><rss/>")
def test_any_bytes_give_a_batch_or_an_input_error(noise: bytes) -> None:
    with suppress(InputError):
        assert read(noise, origin="x").source == "journal"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["id", "title", "url", "authors", "name", "tags", "_digest", "links", "rel",
             "date_published", "content_html", "attachments", "author", "summary"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(values, max_size=4))
@example([{"url": "\x1b", "title": 0}])
def test_any_json_gives_a_batch(items: list[Any]) -> None:
    data = json.dumps({"items": items, "_digest": items[0] if items else None}).encode()
    batch = json_feed.parse(data, source="s", origin="x", now=NOW)
    # A paper may stay without some of its links.
    left_out = [item for item in batch.rejected if not item.reason.endswith("; it is dropped")]
    assert len(batch.papers) + len(left_out) == len(items)
    for paper in batch.papers:
        paper.title.encode()  # no lone surrogates
        assert all(link.url.lower().startswith("http") for link in paper.links)
