"""The parts of a message around its papers: preheader, sections, links, weeks, footer."""

import re
from datetime import date

import pytest
from support.builders import TODAY, candidate, paper

from digest.core.models.editions import Edition, EditionEntry, KeywordMatch, Section
from digest.core.models.papers import AnnouncementKind, Paper, PaperLink
from digest.mail.rendering.renderer import RenderedContent, Renderer
from digest.mail.rendering.theme import Theme

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


def test_the_preheader_names_the_three_best_papers_in_order_of_score() -> None:
    low, high, mid, least = (
        EditionEntry(candidate=candidate(title, number), score=score)
        for number, (title, score) in enumerate(
            (("Low", 30.0), ("High", 90.0), ("Mid", 60.0), ("Least", 21.0)), start=1
        )
    )
    text = preheader(render(edition(("A", (low, least)), ("B", (high, mid)))))
    assert text == "High; Mid; Low"


def test_the_preheader_names_more_than_one_paper_however_long_their_titles() -> None:
    text = preheader(render(edition(("A", entries("Long title " * 30, "Second title " * 30)))))
    assert text.startswith("Long title")
    assert "; Second title" in text
    assert len(text) <= 160


def test_the_preheader_of_an_empty_day_tells_the_number_of_papers() -> None:
    text = preheader(render(edition(considered=66)))
    assert text == "66 papers came in today, and none matched your profile."


def test_the_head_lists_the_sections_if_there_are_several() -> None:
    two = edition(
        ("Cats", entries("A", "B")), ("Dogs", entries("C")), trending=entries("D", score=None)
    )
    assert "Cats\u00a02 · Dogs\u00a01 · Trending\u00a01" in render(two).text
    assert "Cats\u00a01" not in render(edition(("Cats", entries("A")))).text


def test_a_week_shows_its_days_and_only_the_best_paper_of_a_section_in_full() -> None:
    abstract = (
        "We begin here with a sentence of some length, as most of those in abstracts are. " * 12
    )
    week = edition(("Cats", entries("Best", "Other", "Third", abstract=abstract)), considered=314)
    rendered = render(week, weekly=True)
    assert rendered.subject == "3 papers this week, 11 May: Best; Other"
    assert "5 May to 11\u00a0May\u00a02026" in rendered.html
    assert "314 papers this week, 3 for you." in rendered.html
    whole, *short = re.findall(r'<p class="soft"[^>]*>(We begin[^<]*)</p>', rendered.html)
    assert all(len(excerpt) < len(whole) for excerpt in short)
    assert len(short) == 2
    daily = re.findall(r'<p class="soft"[^>]*>(We begin[^<]*)</p>', render(week).html)
    assert daily == [whole] * 3


def test_an_empty_week_says_week() -> None:
    rendered = render(edition(considered=9), weekly=True)
    assert "Nothing in your topics this week." in rendered.html
    assert "9 papers came in this week" in rendered.text


@pytest.mark.parametrize(
    "rel, url, label",
    [
        ("abstract", "https://arxiv.org/abs/2605.1", "arXiv"),
        ("abstract", "https://journal.example.org/1", "Abstract"),
        ("abstract", "https://arxiv.org.example.net/1", "Abstract"),
        ("pdf", "https://arxiv.org/pdf/2605.1", "PDF"),
        ("code", "https://www.github.com/a/b", "GitHub"),
        ("code", "https://code.example.org/b", "Code"),
        ("project", "https://a.github.io/b", "Project page"),
        ("page", "https://huggingface.co/papers/2605.1", "Hugging Face"),
        ("page", "https://list.example.org/1", "Page"),
    ],
)
def test_a_link_says_where_it_leads(rel: str, url: str, label: str) -> None:
    rendered = render_paper(paper(links=(PaperLink(rel=rel, url=url),)))
    assert re.findall(r'<a href="([^"]+)" class="link"[^>]*>([^<]+)</a>', rendered.html) == [
        (url, label)
    ]
    assert f": {url}\n" in rendered.text


def test_all_links_of_a_paper_are_shown_and_the_title_links_to_the_abstract() -> None:
    rels = ("page", "project", "code", "pdf", "abstract")
    links = tuple(PaperLink(rel=rel, url=f"https://x.example/{rel}") for rel in rels)
    found = re.findall(r'<a href="https://x.example/(\w+)"', render_paper(paper(links=links)).html)
    assert found == ["abstract", "abstract", "pdf", "code", "project", "page"]


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
    assert "30 Apr\n" in render_paper(paper(published=date(2026, 4, 30))).text
    assert "30\u00a0Apr\u00a02025" in render_paper(paper(published=date(2025, 4, 30))).text


def test_keywords_are_shown_without_their_syntax_and_the_score_with_what_it_means() -> None:
    contained = KeywordMatch(keyword='title:"KV cache"^2', field="title", contribution=59.0)
    prefix = KeywordMatch(keyword="quantiz*", field="abstract", contribution=20.0)
    votes = KeywordMatch(keyword="votes", field="votes", contribution=5.0)
    small = KeywordMatch(keyword="bees", field="abstract", contribution=0.99)
    text = render_paper(paper(), AnnouncementKind.NEW, contained, prefix, votes, small).text
    assert "\n    KV cache, quantiz… · strong\u00a0match\u00a0·\u00a087\n" in text


def test_a_keyword_that_the_paper_is_close_to_is_named_with_the_words_of_the_paper() -> None:
    close = KeywordMatch(
        keyword="clinical notes", field="related", contribution=50.0, words=("patients", "EHR")
    )
    plain = KeywordMatch(keyword="hospital", field="related", contribution=37.0)
    text = render_paper(paper(), AnnouncementKind.NEW, close).text
    assert "close to clinical notes (patients, EHR) · strong" in text
    assert "close to hospital · strong" in render_paper(paper(), AnnouncementKind.NEW, plain).text


def test_the_liked_paper_that_is_nearest_is_named() -> None:
    liked = KeywordMatch(keyword="A $O(n)$ <Study>", field="liked", contribution=80.0)
    text = render_paper(paper(), AnnouncementKind.NEW, liked).text
    assert "like “A O(n) <Study>” in your reading list · strong" in text
    feedback = KeywordMatch(keyword="Bees", field="feedback", contribution=80.0)
    text = render_paper(paper(), AnnouncementKind.NEW, feedback).text
    assert "like “Bees”, which you liked · strong" in text


def test_a_keyword_whose_words_stand_near_each_other_says_so() -> None:
    near = [KeywordMatch(keyword=f"{word} LLM", field="near", contribution=30.0) for word in "ab"]
    one = render_paper(paper(), AnnouncementKind.NEW, near[0]).text
    assert "a LLM (its words near each other) · strong" in one
    both = render_paper(paper(), AnnouncementKind.NEW, *near).text
    assert "a LLM, b LLM (their words near each other) · strong" in both


def test_change_and_pause_are_links_only_if_there_is_a_page() -> None:
    subject = edition(("T", entries("A")))
    served = render(
        subject,
        unsubscribe="https://d.example/u",
        pause="https://d.example/p",
        change="https://d.example/c",
        profile_name="profiles/ada.toml",
    )
    for part in (served.html, served.text):
        assert all(f"https://d.example/{page}" in part for page in "upc")
        assert "ada.toml" not in part
    filed = render(subject, profile_name="profiles/ada.toml")
    assert "edit profiles/ada.toml; to pause it, run “digest subscribers pause”" in filed.html
    asked = render(subject, ask="ada@example.org")
    assert "To change or pause it, write to ada@example.org." in asked.html
    bare = render(subject)
    assert "<a " not in bare.html
    assert "pause" not in bare.text


def test_a_theme_gives_colours_name_logo_and_address() -> None:
    theme = Theme(name="Lab <Digest>", logo="https://x.example/l.png", address="Street & Town")
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
