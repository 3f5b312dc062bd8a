"""Prepares the display text of a paper that is the same for all readers."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from digest.core.enrichment.search_link import search_link
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.text.display import display_authors
from digest.core.text.display import display_text as text_shown
from digest.late_patterns import late_pattern
from digest.mail.rendering.sanitize import clean, clip, host, is_rtl, safe_url
from digest.mail.rendering.wording import Wording

# Maximum lengths, in characters.
_MAX_TITLE = 450
_LONG_TITLE = 120  # a longer one is set smaller
_MAX_NAME = 80  # of an author, a category or a venue

_MAX_HOST = 30

_MAX_CATEGORIES = 3

# Votes and stars from which a chip is set off: some, and many.
_SOME_VOTES, _MANY_VOTES = 10, 50
_SOME_STARS, _MANY_STARS = 100, 1000  # a click away for many more people than votes
_THOUSAND = 1000

# Site names that tell more than the kind of the link. They are not translated.
_SITE_NAMES = {
    "arxiv.org": "arXiv",
    "github.com": "GitHub",
    "gitlab.com": "GitLab",
    "huggingface.co": "Hugging Face",
    "openreview.net": "OpenReview",
}
# The services of `digest.sources.lookups` that give abstracts which a source has not.
_SERVICE_NAMES = {
    "crossref": "Crossref",
    "openalex": "OpenAlex",
    "semanticscholar": "Semantic\u00a0Scholar",
}
_LINK_KINDS = ("abstract", "pdf", "code", "project", "page")  # in display order
_TITLE_KINDS = ("abstract", "page", "pdf", "project", "code")  # the best to read first
_MAX_SMALL_LINKS = 3  # so that the links fit on one line of a small phone
_ARXIV_DOI = "10.48550/"  # arXiv registers one for each paper: no sign that it was published

# Classes of the MSC and the ACM, which authors give arXiv beside its categories: "68T07, 68T45",
# "I.2.7; H.3.3", "Computing methodologies~Ontology engineering". Few readers know what they mean.
_CLASS = late_pattern(
    r"(?:\d\d(?:[A-Z](?:\d\d|xx|XX)|-(?:\d\d|XX))?|[A-K]\.(?:\d{1,2}|m)(?:\.(?:\d{1,2}|m))?)(?:[\s,;(]|\Z)"
    r"|[A-Z][a-z]+(?: [a-z-]+){0,4}~[A-Z]"
)

_ACCEPTED = late_pattern(
    r"\b(?:[Aa]ccepted|[Tt]o appear)(?: (?:as|for) (?:an? )?(?:\w+ ){0,3}?(?:paper|presentation|publication))?"
    r" (?:at|to|by|in) (?:the )?(?P<venue>[A-Z][\w&/-]*(?: (?:on|of|and|for|the|[A-Z][\w&/-]*|'?\d{2,4})){0,8})"
)


class ShownLink(Struct, frozen=True, gc=False):
    """A link of a card."""

    label: str  # such as "arXiv" or "PDF"
    url: str


class Chip(Struct, frozen=True, gc=False):
    """A number of a paper, such as its votes."""

    text: str
    level: int  # 0: few; 1: some; 2: many


class PaperView(Struct, frozen=True, gc=False):
    """The display text of a paper; empty strings are not shown."""

    title: str
    href: str  # where the title links to
    rtl: bool  # the title, and so the card, runs from right to left
    label: str  # such as "Revised"; empty for a new paper
    followed: str  # the authors that the reader follows
    authors: str  # the first of the others
    facts: str  # number of authors, date, categories, venue
    chips: tuple[Chip, ...]  # votes, stars and comments
    counts: str  # the same as one text
    primary: ShownLink  # the link to read the paper, which the title has too
    links: tuple[ShownLink, ...]  # the others
    small_links: tuple[ShownLink, ...]  # those that fit on a line beside the primary one
    thumbnail: str | None  # the https address of a picture
    summary_by: str  # who wrote the summary, or gave the abstract, if not its source

    @property
    def has_long_title(self) -> bool:
        """Whether the title is set smaller."""
        return len(self.title) > _LONG_TITLE


def display_text(text: str) -> str:
    """Returns the display form of a paper's text: on one line, with TeX and entities as Unicode.

    Unsafe characters are removed.
    """
    return clean(text_shown(text))


def display_title(paper: Paper, words: Wording) -> str:
    """Returns the display form of a paper's title; never empty."""
    return clip(display_text(paper.title), _MAX_TITLE) or words("untitled")


def build_paper_view(
    paper: Paper, kind: AnnouncementKind, words: Wording, *, today: date
) -> PaperView:
    """Builds the display text of a paper, without its authors.

    Args:
        paper: the paper.
        kind: how it was announced; all but NEW give a label.
        words: the phrases.
        today: the day of the edition; dates in its year are shown without the year.
    """
    title = display_title(paper, words)
    primary, links = _links(paper, words)
    chips = tuple(_chips(paper, words))
    return PaperView(
        title=title,
        href=primary.url,
        rtl=is_rtl(title),
        label=_label(paper, kind, words),
        followed="",
        authors="",
        facts=_facts(paper, words, today),
        chips=chips,
        counts=words("part_separator").join(chip.text for chip in chips),
        primary=primary,
        links=links,
        small_links=_small(links),
        thumbnail=_thumbnail(paper),
        summary_by=_summary_by(paper, words),
    )


def author_names(paper: Paper, count: int) -> list[str]:
    """Returns the names of the first authors for display.

    Args:
        paper: the paper, which may have hundreds of authors.
        count: how many.
    """
    return [clip(clean(name), _MAX_NAME) for name in display_authors(paper, count)]


def with_authors(
    view: PaperView,
    names: Sequence[str],
    words: Wording,
    *,
    max_authors: int,
    followed: Sequence[str] = (),
) -> PaperView:
    """Returns the display text of a paper with its authors.

    Args:
        view: the display text.
        names: of the authors, from `author_names`: all of them, or one more than shown.
        words: the phrases.
        max_authors: how many are named at most, without the followed ones.
        followed: the authors that the reader follows, as the profile names them.
    """
    wanted = {clean(name).casefold() for name in followed}
    own = [name for name in names if name.casefold() in wanted] if wanted else []
    others = [name for name in names if name.casefold() not in wanted] if wanted else names
    joined = words("list_separator").join(others[:max_authors])
    if joined and len(others) > max_authors:
        joined = words("et_al", names=joined)
    shown = words("followed", names=words("list_separator").join(own)) if own else ""
    return replace(view, followed=shown, authors=joined)


def _links(paper: Paper, words: Wording) -> tuple[ShownLink, tuple[ShownLink, ...]]:
    """Returns the link to read the paper, and the others in display order."""
    safe_urls = {rel: safe_url(paper.link(rel)) for rel in _LINK_KINDS}
    urls = {rel: url for rel, url in safe_urls.items() if url}
    if not urls:  # the paper is not known by any address yet
        return ShownLink(label=words("search"), url=search_link(paper.title)), ()
    best = next(rel for rel in _TITLE_KINDS if rel in urls)
    primary = ShownLink(label=_primary_label(best, urls[best], words), url=urls[best])
    # Several links often have the same address, such as code and project: it is shown once.
    rel_by_url: dict[str, str] = {}
    for rel, url in urls.items():
        if url != primary.url:
            rel_by_url.setdefault(url, rel)
    return primary, tuple(
        ShownLink(label=_link_label(rel, url, words), url=url) for url, rel in rel_by_url.items()
    )


def _primary_label(rel: str, url: str, words: Wording) -> str:
    if rel not in ("abstract", "page"):
        return _link_label(rel, url, words)
    site = host(url)
    return words("read_on", site=_SITE_NAMES.get(site) or clip(clean(site), _MAX_HOST))


def _link_label(rel: str, url: str, words: Wording) -> str:
    # For a PDF or a project page, the kind tells more than the site.
    site = None if rel in ("pdf", "project") else _SITE_NAMES.get(host(url))
    return site or words(f"link_{rel}")


def _small(links: tuple[ShownLink, ...]) -> tuple[ShownLink, ...]:
    # The page where others discuss the paper comes last, and is left out first.
    return links[:_MAX_SMALL_LINKS]


def _thumbnail(paper: Paper) -> str | None:
    url = safe_url(paper.link("thumbnail"))
    return url if url and url.startswith("https://") else None


def _summary_by(paper: Paper, words: Wording) -> str:
    if not paper.summary:
        site = paper.abstract_from
        return words("abstract_from", site=_SERVICE_NAMES.get(site, site)) if site else ""
    page = safe_url(paper.link("page"))
    site = _SITE_NAMES.get(host(page), host(page)) if page else words("summary_source")
    return words("summary_by", site=site.replace(" ", "\u00a0"))


def _label(paper: Paper, kind: AnnouncementKind, words: Wording) -> str:
    match kind:
        case AnnouncementKind.NEW:
            return ""
        case AnnouncementKind.PUBLISHED if paper.venue:
            return words("kind_published_in", venue=clip(display_text(paper.venue), _MAX_NAME))
        case AnnouncementKind.LISTED if _is_published_preprint(paper):
            return words("kind_published")
        case AnnouncementKind.REVISED if paper.updated:
            return words("kind_revised_on", day=words.short(paper.updated))
        case _:
            return words(f"kind_{kind.value}")


def _is_published_preprint(paper: Paper) -> bool:
    schemes = {
        item.scheme
        for item in paper.identifiers
        if item.scheme == "arxiv" or not item.value.startswith(_ARXIV_DOI)
    }
    return {"arxiv", "doi"} <= schemes


def _facts(paper: Paper, words: Wording, today: date) -> str:
    listed = [name for name in paper.categories if not _CLASS.match(name)]
    categories = [clip(clean(name), _MAX_NAME) for name in listed[:_MAX_CATEGORIES]]
    joined = words("list_separator").join(categories)
    if len(listed) > _MAX_CATEGORIES:
        extra = len(listed) - _MAX_CATEGORIES
        joined = words("more_categories", names=joined, n=extra)
    author_count = paper.author_count if not paper.authors else None
    facts = (
        words("authors", n=author_count) if author_count else "",
        words.near(paper.published, today).replace(" ", "\u00a0") if paper.published else "",
        joined,
        _venue(paper, words),
    )
    return words("part_separator").join(filter(None, facts))


def _venue(paper: Paper, words: Wording) -> str:
    """Returns where the paper appeared, or where it was accepted if its text says so."""
    if paper.venue:
        return clip(display_text(paper.venue), _MAX_NAME)
    text = paper.abstract
    if "ccepted " not in text and "o appear " not in text:  # most; the pattern takes far longer
        return ""
    found = _ACCEPTED.search(text)
    return words("accepted", venue=clip(clean(found["venue"]), _MAX_NAME)) if found else ""


def _chips(paper: Paper, words: Wording) -> Iterator[Chip]:
    if paper.votes:
        level = (paper.votes >= _SOME_VOTES) + (paper.votes >= _MANY_VOTES)
        yield Chip(text=words("votes", **_number(paper.votes, words)), level=level)
    if paper.stars:
        level = (paper.stars >= _SOME_STARS) + (paper.stars >= _MANY_STARS)
        yield Chip(text=words("stars", **_number(paper.stars, words)), level=level)
    # Sites add the first comment themselves.
    if paper.comments and paper.comments > 1:
        level = int(paper.comments >= _SOME_VOTES)
        yield Chip(text=words("comments", **_number(paper.comments, words)), level=level)


def _number(count: int, words: Wording) -> Mapping[str, int | str]:
    """Returns the fields of a phrase with a number: `n` chooses its form, `count` is shown."""
    if count < _THOUSAND:
        return {"n": count, "count": str(count)}
    return {
        "n": count,
        "count": words("thousands", count=words.number(round(count / _THOUSAND, 1))),
    }
