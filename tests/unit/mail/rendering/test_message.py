"""The parts of a message around its papers: preheader, sections, links, weeks, footer."""

import re
from datetime import date

import pytest
from msgspec.structs import replace
from support.builders import TODAY, candidate, paper

from digest.core.editions.hierarchy import SURPLUS_LINES
from digest.core.models.delivery import Occasion
from digest.core.models.editions import Edition, EditionEntry, KeywordMatch, Section
from digest.core.models.papers import AnnouncementKind, Paper, PaperLink
from digest.core.models.profiles import Detail
from digest.mail.rendering.renderer import RenderedContent, Renderer
from digest.mail.theming.theme import built_in

RENDERER = Renderer()


def entries(*titles: str, score: float | None = 80.0, **fields: object) -> tuple[EditionEntry, ...]:
    return tuple(
        EditionEntry(candidate=candidate(paper(title, **fields), number), score=score)  # type: ignore[arg-type]
        for number, title in enumerate(titles, start=1)
    )


def edition(*sections: tuple[str, tuple[EditionEntry, ...]], **fields: object) -> Edition:
    built = tuple(Section(topic=topic, entries=items) for topic, items in sections)
    return Edition(local_date=TODAY, sections=built, **fields)  # type: ignore[arg-type]


def render(subject: Edition, renderer: Renderer = RENDERER, **fields: object) -> RenderedContent:
    defaults: dict[str, object] = {
        "list_name": "Paper Digest",
        "reader_name": "",
        "unsubscribe": None,
        "profile_name": None,
    }
    return renderer.render(subject, **(defaults | fields))  # type: ignore[arg-type]


def preheader(rendered: RenderedContent) -> str:
    match = re.search(r'<div style="display:none[^>]*>([^<]*)</div>', rendered.html)
    assert match
    return match[1]


def render_paper(
    item: Paper, kind: AnnouncementKind = AnnouncementKind.NEW, *matches: KeywordMatch
) -> RenderedContent:
    entry = EditionEntry(candidate=candidate(item, kind=kind), score=87.4, matches=matches)
    return render(edition(("T", (entry,))))


def test_the_preheader_continues_with_the_second_and_third_best_paper() -> None:
    low, high, mid, least = (
        EditionEntry(candidate=candidate(title, number), score=score)
        for number, (title, score) in enumerate(
            (("Low", 30.0), ("High", 90.0), ("Mid", 60.0), ("Least", 21.0)), start=1
        )
    )
    text = preheader(render(edition(("A", (low, least)), ("B", (high, mid)))))
    assert text == "Mid; Low"


def test_the_preheader_names_more_than_one_paper_however_long_their_titles() -> None:
    titles = [f"{name} title " * 30 for name in ("Long", "Second", "Third")]
    text = preheader(render(edition(("A", entries(*titles)))))
    assert text.startswith("Second title")
    assert "; Third title" in text
    assert len(text) <= 160


def test_the_preheader_of_a_single_paper_tells_the_reading_time() -> None:
    text = preheader(render(edition(("A", entries("Only")), considered=9)))
    assert text == "1 of 9 papers, about\u00a01\u00a0minute"


def test_the_preheader_of_an_empty_day_tells_the_number_of_papers() -> None:
    text = preheader(render(edition(considered=66)))
    assert text == "66 papers came in today, and none matched your profile."


def test_the_head_lists_the_sections_if_there_are_several() -> None:
    two = edition(
        ("Cats", entries("A", "B")), ("Dogs", entries("C")), trending=entries("D", score=None)
    )
    assert "Cats\u00a02\u00a0· Dogs\u00a01" in render(two).text
    assert "Cats\u00a01" not in render(edition(("Cats", entries("A")))).text


def test_a_week_shows_its_days_and_only_its_five_best_papers_in_full() -> None:
    titles = [f"Paper {letter}" for letter in "ABCDEFGH"]
    scored = tuple(
        replace(entry, score=90.0 - number) for number, entry in enumerate(entries(*titles))
    )
    week = edition(("Cats", scored), considered=314)
    rendered = render(week, weekly=True)
    assert rendered.subject == "Paper A + 7 more this week, 11 May"
    assert "5 May to 11\u00a0May\u00a02026" in rendered.html
    assert "314 papers this week, 8 for you." in rendered.html
    assert re.findall(r"<h2[^>]*>([^<]*)</h2>", rendered.html) == [
        "The week’s best",
        "More for you",
    ]
    assert re.findall(r"<h3[^>]*><a[^>]*>([^<]*)</a>", rendered.html) == titles[:5]
    for title in titles:
        assert f">{title}</a>" in rendered.html


def test_the_only_topic_is_named_once_above_the_papers() -> None:
    for count, tag in ((4, "h2"), (6, "p")):  # without and with top picks
        html = render(edition(("Cats", entries(*"ABCDEF"[:count])))).html
        assert re.findall(r"<(\w+)[^>]*>(?:<span[^>]*>)?Cats<", html) == [tag]


def test_a_topic_without_cards_has_a_smaller_heading_than_the_others() -> None:
    week = edition(*((topic, entries(*(topic + n for n in "ABCD"))) for topic in ("One", "Two")))
    html = render(week, weekly=True).html
    assert re.findall(r'<h2 class="(\w+)"[^>]*>([^<]*)</h2>', html) == [
        ("ink", "The week’s best"),
        ("link", "Two"),
    ]


def test_every_paper_beyond_the_limit_is_a_link_first_as_a_line_then_alone() -> None:
    beyond = [f"Paper {number} of many" for number in range(SURPLUS_LINES + 3)]
    whole = replace(
        edition(("Cats", entries("Shown"))),
        surplus=entries(*beyond, score=None),
        left_out=len(beyond),
    )
    rendered = render(whole)
    links = re.findall(r'<p( class="mute")?[^>]*><a [^>]*>(Paper[^<]*)</a>', rendered.html)
    classes = [' class="mute"'] * SURPLUS_LINES + [""] * 3  # a line has more than its title
    assert links == list(zip(classes, beyond, strict=True))
    assert ">And 3 more</h2>" in rendered.html
    assert [title for title in beyond if title not in rendered.text] == []
    assert "cut by your limit" not in rendered.text


def test_a_space_follows_each_number_in_the_text_however_long_it_is() -> None:
    titles = [f"Paper {number} of many" for number in range(1, 121)]
    whole = replace(
        edition(("Cats", entries(*titles[:15]))), surplus=entries(*titles[15:]), left_out=105
    )
    numbers = re.findall(r"^(\d+)\. +Paper", render(whole).text, flags=re.MULTILINE)
    assert numbers == [str(number) for number in range(1, 121)]


def test_a_paper_in_the_paragraph_of_titles_names_no_author_and_says_nothing_of_others() -> None:
    names = ("Ada Lovelace", "Alan Turing")
    beyond = entries(*map(str, range(SURPLUS_LINES + 1)), score=None, authors=names)
    whole = replace(edition(("Cats", entries("Shown"))), surplus=beyond, left_out=len(beyond))
    text = render(whole).text
    assert text.count("Lovelace") == SURPLUS_LINES
    assert text.count("et\N{NO-BREAK SPACE}al.") == SURPLUS_LINES


def test_top_picks_are_the_best_papers_of_all_topics_and_stand_first_with_their_topic() -> None:
    def scored(*pairs: tuple[str, float]) -> tuple[EditionEntry, ...]:
        return tuple(replace(entries(title)[0], score=score) for title, score in pairs)

    rendered = render(
        edition(
            ("Dogs", scored(("D1", 70.0), ("D2", 30.0))),
            ("Cats", scored(("C1", 90.0), ("C2", 60.0), ("C3", 20.0))),
            ("Owls", scored(("O1", 25.0))),
        )
    )
    headings = re.findall(r"<h[23][^>]*>(?:<a[^>]*>)?([^<]*)", rendered.html)
    assert headings == [
        *("Top picks", "C1", "D1", "C2"),
        *("Cats", "C3"),  # the topic with the best paper first
        *("Dogs", "D2"),
        *("Owls", "O1"),
    ]
    assert "1.  C1\n    In Cats\n" in rendered.text


def test_papers_beyond_the_cards_are_lines_in_their_topic_so_that_none_vanishes() -> None:
    titles = [f"Paper {letter}" for letter in "ABCDEFGHIJKL"]
    rendered = render(edition(("Cats", entries(*titles))))
    assert rendered.html.count("<h3") == 8
    for number, title in enumerate(titles, start=1):
        assert f">{title}</a>" in rendered.html
        assert f"{number}. ".ljust(4) + title in rendered.text


def test_a_reader_may_want_titles_alone_or_more_sentences() -> None:
    abstract = " ".join(
        ["We feed all the cats of the town.", "All cats were happy about it in the end."] * 9
    )
    subject = edition(("Cats", entries(*"ABCDEFGHIJ", abstract=abstract)))
    titles = render(subject, detail=Detail.TITLES)
    assert "<h3" not in titles.html
    assert "We feed" not in titles.text
    full = render(subject, detail=Detail.FULL)
    assert full.html.count("<h3") == 10
    assert "We feed all the cats of the town. " in full.html


def test_only_papers_with_votes_are_called_trending() -> None:
    popular = replace(entries("Popular", score=None, votes=12)[0])
    other = replace(entries("Other", score=None, votes=9)[0])
    html = render(edition(("Cats", entries("A")), trending=(popular, other))).html
    assert re.findall(r"<h2[^>]*>([^<]*)</h2>", html) == [
        "Cats",
        "Trending outside your topics",
        "Also new today",
    ]


def test_the_first_message_welcomes_its_reader_and_one_after_a_long_time_says_so() -> None:
    subject = edition(("T", entries("A")))
    first = render(subject, occasion=Occasion(is_first=True))
    assert first.subject == "Welcome to Paper Digest – A, 11 May"
    assert "Welcome to your first digest." in first.html
    late = render(subject, occasion=Occasion(since=date(2026, 4, 30)))
    assert late.subject == "A, 11 May (since 30 Apr)"
    for part in (late.html, late.text):
        assert "Your first digest since 30 Apr." in part


def test_an_empty_week_says_week() -> None:
    rendered = render(edition(considered=9), weekly=True)
    assert "Nothing in your topics this week." in rendered.html
    assert "9 papers came in this week" in rendered.text


@pytest.mark.parametrize(
    "rel, url, label",
    [
        ("abstract", "https://arxiv.org/abs/2605.1", "Read on arXiv"),
        ("abstract", "https://journal.example.org/1", "Read on journal.example.org"),
        ("abstract", "https://arxiv.org.example.net/1", "Read on arxiv.org.example.net"),
        ("pdf", "https://arxiv.org/pdf/2605.1", "PDF"),
        ("code", "https://www.github.com/a/b", "GitHub"),
        ("code", "https://code.example.org/b", "Code"),
        ("project", "https://a.github.io/b", "Project"),
        ("page", "https://huggingface.co/papers/2605.1", "Read on Hugging Face"),
        ("page", "https://list.example.org/1", "Read on list.example.org"),
    ],
)
def test_a_link_says_where_it_leads(rel: str, url: str, label: str) -> None:
    rendered = render_paper(paper(links=(PaperLink(rel=rel, url=url),)))
    assert re.findall(r'<a href="([^"]+)" class="link"[^>]*>([^<]+)</a>', rendered.html) == [
        (url, label)
    ]
    assert f": {url}\n" in rendered.text


def test_the_title_links_to_the_abstract_and_all_links_are_in_the_text_part() -> None:
    rels = ("page", "project", "code", "pdf", "abstract")
    links = tuple(PaperLink(rel=rel, url=f"https://x.example/{rel}") for rel in rels)
    rendered = render_paper(paper(links=links))
    found = re.findall(r'<a href="https://x.example/(\w+)"', rendered.html)
    # On a small phone, four links fit on a line.
    assert found == ["abstract", "abstract", "pdf", "code", "project"]
    shown = re.findall(r": https://x.example/(\w+)\n", rendered.text)
    assert shown == ["abstract", "pdf", "code", "project", "page"]


def test_a_paper_without_links_has_a_search_for_its_title() -> None:
    rendered = render_paper(paper("What is 1 + 1 & why?"))
    search = "https://huggingface.co/papers?q=What%20is%201%20%2B%201%20%26%20why%3F"
    assert re.findall(r'<a href="([^"]*)"', rendered.html) == [search, search]
    assert f"    Search for this title: {search}\n" in rendered.text


def test_an_address_is_linked_only_once_below_a_paper() -> None:
    links = tuple(PaperLink(rel=rel, url="https://github.com/a/b") for rel in ("project", "code"))
    html = render_paper(paper(links=(*links, PaperLink(rel="pdf", url="https://x.example/p")))).html
    assert re.findall(r'class="link"[^>]*>([^<]+)</a>', html) == ["PDF", "GitHub"]


def test_tex_is_shown_as_unicode_in_titles_abstracts_and_authors() -> None:
    item = paper(r"An $O(n^2)$ bound", r"For $\alpha$-divergences.", authors=(r"Paul Erd\H{o}s",))
    rendered = render_paper(item)
    for part in (rendered.html, rendered.text):
        assert all(text in part for text in ("An O(n²) bound", "For α-divergences.", "Paul Erdős"))
    assert "O(n²)" in rendered.subject


def test_dates_in_the_year_of_the_edition_have_no_year() -> None:
    assert "30\u00a0Apr\n" in render_paper(paper(published=date(2026, 4, 30))).text
    assert "30\u00a0Apr\u00a02025" in render_paper(paper(published=date(2025, 4, 30))).text


def test_keywords_are_shown_without_their_syntax_and_the_score_with_what_it_means() -> None:
    contained = KeywordMatch(keyword='title:"KV cache"^2', field="title", contribution=59.0)
    prefix = KeywordMatch(keyword="quantiz*", field="abstract", contribution=20.0)
    votes = KeywordMatch(keyword="votes", field="votes", contribution=5.0)
    small = KeywordMatch(keyword="bees", field="abstract", contribution=0.99)
    item = paper("Title", "Quantization halves the KV caches.")
    text = render_paper(item, AnnouncementKind.NEW, contained, prefix, votes, small).text
    assert "\n    Why: KV cache, quantization\u00a0· strong\u00a0match\n" in text


def test_a_keyword_that_the_paper_is_close_to_is_named_with_the_words_of_the_paper() -> None:
    close = KeywordMatch(
        keyword="clinical notes", field="related", contribution=50.0, words=("patients", "EHR")
    )
    plain = KeywordMatch(keyword="hospital", field="related", contribution=37.0)
    text = render_paper(paper(), AnnouncementKind.NEW, close).text
    assert "close to clinical notes (patients, EHR)\u00a0· strong" in text
    assert (
        "close to hospital\u00a0· strong" in render_paper(paper(), AnnouncementKind.NEW, plain).text
    )


def test_the_liked_paper_that_is_nearest_is_named() -> None:
    liked = KeywordMatch(keyword="A $O(n)$ <Study>", field="liked", contribution=80.0)
    text = render_paper(paper(), AnnouncementKind.NEW, liked).text
    assert "like “A O(n) <Study>” in your reading list\u00a0· strong" in text
    feedback = KeywordMatch(keyword="Bees", field="feedback", contribution=80.0)
    text = render_paper(paper(), AnnouncementKind.NEW, feedback).text
    assert "like “Bees”, which you liked\u00a0· strong" in text


def test_a_keyword_whose_words_stand_near_each_other_says_so() -> None:
    near = [KeywordMatch(keyword=f"{word} LLM", field="near", contribution=30.0) for word in "ab"]
    one = render_paper(paper(), AnnouncementKind.NEW, near[0]).text
    assert "a LLM (its words near each other)\u00a0· strong" in one
    both = render_paper(paper(), AnnouncementKind.NEW, *near).text
    assert "a LLM, b LLM (their words near each other)\u00a0· strong" in both


def test_change_and_pause_are_links_only_if_something_answers() -> None:
    subject = edition(("T", entries("A", links=(PaperLink(rel="pdf", url="https://x.example"),))))
    served = render(
        subject,
        unsubscribe="https://d.example/u",
        pause="https://d.example/p",
        change="https://d.example/c",
    )
    for part in (served.html, served.text):
        assert all(f"https://d.example/{page}" in part for page in "upc")
    mailed = render(subject, change="mailto:ada@example.org?subject=Change", ask="ada@example.org")
    assert 'href="mailto:ada@example.org?subject=Change"' in mailed.html
    assert "To change topics, days or length, write to ada@example.org." in mailed.html
    filed = render(subject, profile_name="profiles/ada.toml")
    assert "its topics, days and length are in profiles/ada.toml" in filed.html
    bare = render(subject)
    assert set(re.findall(r'<a href="([^"]*)"', bare.html)) == {"https://x.example"}
    for word in ("pause", "Unsubscribe", "profiles/"):
        assert word not in bare.text


def test_a_theme_gives_colours_name_logo_and_address() -> None:
    theme = replace(
        built_in(), name="Lab <Digest>", logo="https://x.example/l.png", address="Street & Town"
    )
    subject = edition(("T", entries("A")))
    html = render(subject, Renderer(theme=theme)).html
    assert re.search(
        r'<img src="https://x.example/l.png" width="120" alt="Lab &lt;Digest&gt;"', html
    )
    assert "Street &amp; Town" in html
    assert "This is Lab &lt;Digest&gt;" in html
    assert "Street & Town" in render(subject, Renderer(theme=theme)).text
    assert "<img" not in render(subject).html


def test_the_footer_comes_before_the_size_at_which_gmail_cuts() -> None:
    huge = entries(*[f"{number} " + "A title & more " * 60 for number in range(30)])
    html = render(
        edition(*((f"Topic {n} " * 20, huge) for n in range(20))), unsubscribe="mailto:a@b.c"
    ).html
    assert len(html.encode()) < 90_000
    assert 'href="mailto:a@b.c"' in html
