"""What a rendered message contains, and what it never contains."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.builders import TODAY, candidate, paper

from digest.core.models.editions import Edition, EditionEntry, KeywordMatch, Section
from digest.core.models.papers import AnnouncementKind, Paper, PaperLink
from digest.core.models.profiles import Detail
from digest.errors import SettingsError
from digest.mail.rendering.renderer import RenderedContent, Renderer

RENDERER = Renderer()


def edition(
    *papers: Paper, keyword: str = "cats", topic: str = "Topic", **fields: object
) -> Edition:
    entries = tuple(
        EditionEntry(
            candidate=candidate(item, number),
            score=90.0 - number,
            matches=(KeywordMatch(keyword=keyword, field="title", contribution=1.0),),
        )
        for number, item in enumerate(papers, start=1)
    )
    sections = (Section(topic=topic, entries=entries),) if papers else ()
    counts: dict[str, object] = {"considered": len(papers), "matched": len(papers)} | fields
    return Edition(local_date=TODAY, sections=sections, **counts)  # type: ignore[arg-type]


def render(
    subject: Edition, renderer: Renderer = RENDERER, **fields: str | None
) -> RenderedContent:
    given_fields: dict[str, str | None] = {
        "list_name": "Paper Digest",
        "reader_name": "Maren",
        "unsubscribe": None,
        "profile_name": None,
    } | fields
    return renderer.render(subject, **given_fields)  # type: ignore[arg-type]


class Page(HTMLParser):
    """The tags, links and visible text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def links(self) -> list[str | None]:
        return [value for name, value in self.attributes if name == "href"]


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ 7*7 }}",
        "{% raw %}{# x #}",
        "<script>alert(1)</script>",
        "</title></td><img src=x onerror=alert(1)>",
        "<mj-raw>x</mj-raw>",
        "\" onmouseover='x' \"",
        "a & b < c && d",
        "$n $$ %(x)s {0}",
    ],
)
def test_hostile_text_from_a_feed_is_shown_as_text(hostile: str) -> None:
    item = paper(hostile, hostile, authors=(hostile,), categories=(hostile,))
    rendered = render(
        edition(item, keyword=hostile, topic=hostile),
        reader_name=hostile,
        list_name=hostile,
        profile_name=hostile,
    )
    page = Page(re.sub(r"<b>([^<>]*)</b>", r"\1", rendered.html))  # marked words depend on the text
    plain = Page(
        render(
            edition(paper("Harmless", "Harmless", authors=("H",), categories=("H",))),
            profile_name="H",
        ).html
    )
    assert page.tags == plain.tags
    assert page.text.count(hostile) >= 8
    assert rendered.text.count(hostile) >= 6
    assert hostile in rendered.subject


def test_characters_that_affect_the_text_around_them_are_removed() -> None:
    bad = "".join(
        map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0, 7, 27, 0x9B, 0xD800])
    )
    rendered = render(edition(paper(f"Ti{bad}tle", f"Abs{bad}tract", authors=(f"Na{bad}me",))))
    for part in (rendered.subject, rendered.html, rendered.text):
        assert not set(bad) & set(part)
        assert "Title" in part


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        " https://x.example",
        "https://x.example/a b",
        'https://x.example/"onclick="x',
        "https://x.example/\u202egpj",
        "https://arxiv.org@evil.example/",
        "//x.example/",
        "https://",
        "https://[",
        "https://x.example/" + "a" * 2000,
        "ftp://x.example/",
    ],
)
def test_only_plain_web_addresses_become_links(url: str) -> None:
    rendered = render(edition(paper(links=(PaperLink(rel="abstract", url=url),))))
    search = "https://huggingface.co/papers?q=A%20Study%20of%20Studies"
    assert Page(rendered.html).links == [search, search]
    assert f": {url}\n" not in rendered.text


def test_a_title_links_to_the_best_available_address() -> None:
    item = paper(
        links=(
            PaperLink(rel="code", url="https://c.example/x"),
            PaperLink(rel="pdf", url="https://p.example/?a=1&b=2"),
        )
    )
    assert Page(render(edition(item)).html).links == [
        "https://p.example/?a=1&b=2",
        "https://p.example/?a=1&b=2",
        "https://c.example/x",
    ]


def test_a_message_loads_nothing_from_other_servers() -> None:
    html = render(edition(paper(), paper())).html
    tags = Page(html).tags
    assert not {"img", "link", "script", "iframe", "video", "form"} & set(tags)
    assert "@import" not in html
    assert "url(" not in html
    assert "fonts.googleapis" not in html


def test_every_layout_table_has_the_role_presentation() -> None:
    html = render(edition(paper())).html
    assert len(re.findall(r"<table", html)) == len(
        re.findall(r'<table[^>]* role="presentation"', html)
    )


def test_headings_descend_one_level_at_a_time() -> None:
    tags = Page(render(edition(paper(), paper())).html).tags
    assert [tag for tag in tags if re.fullmatch(r"h\d", tag)] == ["h1", "h2", "h3", "h3"]


def test_the_direction_of_a_card_is_that_of_its_title() -> None:
    html = render(edition(paper("שלום"), paper("Hello"))).html
    assert re.search(r'<div dir="rtl" style="[^"]*text-align:right">\s*<h3', html)
    assert re.search(r'<div dir="ltr" style="[^"]*">\s*<h3', html)
    assert re.search(r'<html lang="en" dir="ltr"', html)


def test_a_right_to_left_language_changes_the_direction_of_the_message(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "text.toml").write_text(
        '[phrase]\nlanguage = "ar"\ndirection = "rtl"\n', encoding="utf-8"
    )
    html = render(edition(paper("Hello")), Renderer(overrides=tmp_path)).html
    assert re.search(r'<html lang="ar" dir="rtl"', html)
    assert re.search(r'<div dir="ltr" style="[^"]*text-align:left">\s*<h3', html)
    assert "text-align:right" in html


def test_authors_beyond_three_are_et_al() -> None:
    three = tuple("ABC")
    assert "    A, B, C\n" in render(edition(paper(authors=three))).text
    assert "    A, B, C et\u00a0al.\n" in render(edition(paper(authors=(*three, "D")))).text


def test_an_author_whom_the_reader_follows_is_named_first_wherever_the_name_stands() -> None:
    item = paper(authors=(*"ABCDEFG", "Ada Byron"))
    for field, keyword in (("followed", "Ada Byron"), ("author", 'author:"Ada Byron"')):
        entry = EditionEntry(
            candidate=candidate(item),
            score=50.0,
            matches=(KeywordMatch(keyword=keyword, field=field, contribution=9.0),),
        )
        section = Section(topic="T", entries=(entry,))
        rendered = render(Edition(local_date=TODAY, sections=(section,), matched=1))
        assert "    ★\u00a0Ada Byron, A, B, C et\u00a0al.\n" in rendered.text
        assert re.search(
            r"<b class=\"ink\"[^>]*><span dir=\"ltr\">★\u00a0Ada Byron</span></b>, ", rendered.html
        )


def test_matched_words_are_bold_in_the_sentence_and_escaped() -> None:
    html = render(edition(paper("T", "We feed <cats> & a cat's kittens."), keyword="cat*")).html
    assert "We feed &lt;<b>cats</b>&gt; &amp; a <b>cat&#39;s</b> kittens." in html


def test_a_summary_by_the_source_is_shown_and_marked() -> None:
    page = PaperLink(rel="page", url="https://huggingface.co/papers/1")
    item = paper("T", "We feed cats.", summary="It feeds them.", links=(page,))
    text = render(edition(item)).text
    assert "    It feeds them.\n    Summary\u00a0by\u00a0Hugging\u00a0Face\n" in text
    assert "We feed cats" not in text


def test_the_venue_is_shown_that_a_source_or_the_abstract_names() -> None:
    assert "    ICML 2026\n" in render(edition(paper(venue="ICML 2026"))).text
    accepted = paper("T", "We feed cats. Accepted at NeurIPS 2026 (oral).")
    assert "    accepted at NeurIPS 2026\n" in render(edition(accepted)).text


def test_many_votes_look_different_from_few() -> None:
    html = render(edition(*(paper(votes=votes) for votes in (3, 30, 1300)))).html
    chips = re.findall(r'<span class="(\w+)" style="([^"]*)">([\d.k]+)\u00a0votes</span>', html)
    assert [(name, "border" in style, text) for name, style, text in chips] == [
        ("mute", False, "3"),
        ("mute", True, "30"),
        ("link", True, "1.3k"),
    ]


def test_a_framed_number_has_no_separator_that_a_line_break_would_leave_alone() -> None:
    framed, plain = (
        render(edition(paper(votes=number, authors=("Ada Noon",), comments=2))).html
        for number in (30, 3)
    )
    for html, before in ((framed, "</span> "), (plain, "</span>\u00a0· ")):
        (found,) = re.findall(r"Ada Noon(.*?)<span [^>]*>\d+\u00a0votes</span>(.*?)<", html)
        assert found == (before, "\u00a0· ")


def test_an_abstract_that_a_service_gave_is_shown_with_its_origin() -> None:
    given = paper("T", "We feed cats with rice.", abstract_from="crossref")
    rendered = render(edition(given))
    assert "Abstract\u00a0from\u00a0Crossref" in rendered.html
    assert "Abstract from Crossref" in rendered.text.replace("\u00a0", " ")
    summarised = replace(given, summary="Cats eat rice.")
    assert "Crossref" not in render(edition(summarised)).html


def test_the_stars_of_its_code_are_shown_and_many_stand_out() -> None:
    rendered = render(edition(*(paper(stars=stars) for stars in (1, 240, 1234, 0))))
    chips = re.findall(
        r'<span class="(\w+)" style="([^"]*)">([\d.k]+\u00a0stars?)</span>', rendered.html
    )
    assert [(name, "border" in style, text) for name, style, text in chips] == [
        ("mute", False, "1\u00a0star"),
        ("mute", True, "240\u00a0stars"),
        ("link", True, "1.2k\u00a0stars"),
    ]
    assert rendered.text.count("star") == len(chips)


def test_a_paper_without_author_names_shows_their_number() -> None:
    assert "1 author" in render(edition(paper(author_count=1))).text
    assert "9 authors" in render(edition(paper(author_count=9))).text


def test_the_reason_line_shows_keywords_and_what_the_score_means() -> None:
    text = render(edition(paper(), keyword="KV cache^2")).text
    assert "    Why: KV cache\u00a0· strong\u00a0match\n" in text


def test_the_numbers_of_shown_and_left_out_papers_are_shown() -> None:
    rendered = render(edition(*[paper()] * 12, considered=66, matched=15, left_out=3))
    assert "12 of 66 papers, about\N{NO-BREAK SPACE}" in rendered.text
    summary = "66 papers today, 12 for you, 3 more matched but were cut by your limit of 12."
    assert summary in " ".join(rendered.text.split())
    assert summary in rendered.html


def test_revised_and_listed_papers_carry_a_label_and_new_ones_do_not() -> None:
    texts = {}
    for kind in (AnnouncementKind.NEW, AnnouncementKind.LISTED, AnnouncementKind.REVISED):
        entry = EditionEntry(candidate=candidate("T", kind=kind), score=50.0)
        texts[kind] = render(
            Edition(local_date=TODAY, sections=(Section(topic="x", entries=(entry,)),))
        ).html
    assert "Newly\u00a0listed" in texts[AnnouncementKind.LISTED]
    assert "Revised" in texts[AnnouncementKind.REVISED]
    assert "Newly\u00a0listed" not in texts[AnnouncementKind.NEW]
    assert "Revised" not in texts[AnnouncementKind.NEW]


def test_an_empty_edition_says_so_and_is_short() -> None:
    rendered = render(Edition(local_date=TODAY, sections=(), considered=66))
    assert rendered.subject == "Nothing in your topics, 11 May"
    assert "66 papers came in today, and none matched your profile." in rendered.text
    assert len(rendered.html) < 8_000


def test_an_empty_edition_still_shows_what_is_trending() -> None:
    entry = EditionEntry(candidate=candidate("Bees"), score=None)
    rendered = render(Edition(local_date=TODAY, sections=(), trending=(entry,), considered=6))
    assert rendered.subject == "Nothing in your topics, but: Bees, 11 May"
    assert "Also new today" in rendered.html
    assert "Bees" in rendered.text


def test_the_footer_has_an_unsubscribe_link_to_the_web_or_by_mail() -> None:
    for url in ("https://d.example/u/1?a=b&c=d", "mailto:d@example.org?subject=unsubscribe%201"):
        rendered = render(edition(paper()), unsubscribe=url)
        assert url in Page(rendered.html).links
        assert f"Unsubscribe: {url}\n" in rendered.text
    assert "Unsubscribe" not in render(edition(paper()), unsubscribe=None).html


def test_the_subject_names_the_best_paper_first() -> None:
    low = EditionEntry(candidate=candidate("Low", 1), score=10.0)
    high = EditionEntry(candidate=candidate("High", 2), score=90.0)
    both = Edition(
        local_date=TODAY,
        sections=(Section(topic="a", entries=(low,)), Section(topic="b", entries=(high,))),
    )
    assert render(both).subject == "High + 1 more, 11 May"


@given(st.lists(st.text(max_size=300), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_subject_is_one_line_of_at_most_85_characters(titles: list[str]) -> None:
    subject = render(edition(*[Paper(title=title) for title in titles])).subject
    assert len(subject) <= 85
    assert len(subject.splitlines()) == 1


@pytest.mark.parametrize("count", [30, 60, 200])
def test_the_html_stays_under_90_kb_and_the_text_names_every_paper(count: int) -> None:
    papers = [
        paper(
            f"Paper {number}: " + "a title as long as they come & <longer> " * 8,
            "An abstract's “sentence” & <more>. " * 60,
            authors=("A Rather Long Name",) * 700,
            links=(PaperLink(rel="abstract", url=f"https://papers.example.org/abs/{number}"),),
        )
        for number in range(1, count + 1)
    ]
    rendered = render(edition(*papers))
    assert len(rendered.html.encode()) < 90_000
    assert [n for n in range(1, count + 1) if f"Paper {n}: " not in rendered.text] == []
    in_html = len(set(re.findall(r">(Paper \d+: )", rendered.html)))
    unnamed = re.search(r"And (\d+) more", rendered.html)
    assert in_html + (int(unnamed[1]) if unnamed else 0) == count


def test_thirty_typical_papers_are_all_shown_as_cards_if_the_reader_wants_them() -> None:
    papers = [
        paper(
            "A usual title of about seventy characters, give or take some, as so",
            "One sentence of usual length, about a hundred characters with all its words and its last full stop. "
            * 9,
            authors=("Ada Byron",) * 8,
            links=(PaperLink(rel="abstract", url=f"https://x.example/{n}"),),
        )
        for n in range(30)
    ]
    rendered = RENDERER.render(
        edition(*papers),
        list_name="Paper Digest",
        reader_name="",
        unsubscribe=None,
        profile_name=None,
        detail=Detail.FULL,
        feedback=("https://digest.example.org/f/" + "A" * 24 + "{:04}").format,
    )
    assert rendered.html.count("<h3") == 30
    assert len(rendered.html.encode()) < 90_000
    assert " more paper" not in rendered.html


def test_each_card_and_no_line_has_links_for_feedback_if_there_is_an_address_for_them() -> None:
    shown = edition(*[paper(f"Paper {number}") for number in range(1, 15)])
    address = "https://digest.example.org/f/{}".format
    rendered = render(shown, feedback=address)  # type: ignore[arg-type]
    links = Page(rendered.html).links
    for kind in ("more", "less", "saved"):
        found = [number for number in range(1, 15) if f"{address(number)}/{kind}" in links]
        assert found == list(range(1, 9))  # three picks and five cards
    assert f"Less like this: {address(1)}/less" in rendered.text
    assert "/f/" not in render(shown).html + render(shown).text


def test_text_lines_fit_76_columns_unless_a_link_or_a_word_is_longer() -> None:
    url = "https://x.example/" + "a" * 90
    item = paper("word " * 60, "Some words here. " * 40, links=(PaperLink(rel="pdf", url=url),))
    lines = render(edition(item, considered=5)).text.splitlines()
    assert [line for line in lines if len(line) > 76] == [f"    PDF: {url}"]


def test_an_operators_template_replaces_only_the_built_in_one_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "line.html").write_text("unused")
    (tmp_path / "mail" / "card.html").write_text("<h3>MINE {{ paper.title }}</h3>")
    (tmp_path / "mail" / "text.toml").write_text('[phrase]\nsubject_one = "$title!"\n')
    rendered = render(edition(paper("<T>")), Renderer(overrides=tmp_path))
    assert "<h3>MINE &lt;T&gt;</h3>" in rendered.html
    assert rendered.subject == "<T>!"


@pytest.mark.parametrize(
    "source, place",
    [
        ("\n{{ paper.nothing }}", "card.html:2"),
        ("{{ paper.title.__class__.__mro__ }}", "card.html:1"),
        ("\n\n{% if %}", "card.html:3"),
    ],
)
def test_an_error_in_an_operators_template_is_one_line_with_file_and_line(
    tmp_path: Path, source: str, place: str
) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "card.html").write_text(source)
    with pytest.raises(SettingsError, match=re.escape(place)) as caught:
        render(edition(paper()), Renderer(overrides=tmp_path))
    assert "\n" not in str(caught.value)


def test_a_frame_that_is_not_mjml_is_refused_with_its_file_name(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "digest.mjml").write_text("<mjml><mj-body>{{ a < b }}</mj-body></mjml>")
    with pytest.raises(SettingsError, match=r"digest\.mjml: not valid MJML"):
        Renderer(overrides=tmp_path)


def test_a_card_shows_the_keywords_in_the_paper_or_else_those_it_is_close_to() -> None:
    contained = KeywordMatch(keyword="cats^2", field="title", contribution=9.0)
    related = KeywordMatch(keyword="dogs", field="related", contribution=8.0)
    votes = KeywordMatch(keyword="votes", field="votes", contribution=1.0)
    for matches, why in [
        ((contained, related, votes), "Why: cats\u00a0· good\u00a0match"),
        ((related, votes), "Why: close to dogs\u00a0· good\u00a0match"),
    ]:
        entry = EditionEntry(candidate=candidate(paper("A Study"), 1), score=42.0, matches=matches)
        section = Section(topic="Topic", entries=(entry,))
        page = Page(render(Edition(local_date=TODAY, sections=(section,), matched=1)).html)
        assert why in page.text
