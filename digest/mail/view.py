"""What the mail templates see: an edition as finished strings, the same in HTML and text.

Feed text is trusted with nothing: control and bidirectional override characters go, every
length is bounded, and only http and https addresses become links.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from digest.core.model import Edition, Entry, Kind, Match, Paper
from digest.mail.templates import Wording

_EXCERPT = 400  # characters
_TRENDING_EXCERPT = 200
_SUBJECT = 80
_PREHEADER = 160
_TITLE = 450
_NAME = 80  # an author's, a keyword's, a reader's
_AUTHORS = 6
_CATEGORIES = 4
_KEYWORDS = 4
_URL = 600
_WORDS_A_MINUTE = 200

# Controls but white space; direction embeddings, overrides and isolates; BOM; lone surrogates.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_SENTENCE_END = re.compile(r"[.!?]+[\"”’)\]]*(?=\s+[^\sa-z])|[。！？]|[؟۔](?=\s)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|w\.r\.t|al|cf|vs|resp|approx|etc|Figs?|Eqs?|Secs?|Tab|Refs?|No|Dr|St"
    r"|[A-Z]))\.$"
)
_NOT_HELD = ("related", "votes", "code")  # fields of matches that are no words of the paper
_OPERATORS = re.compile(r"^(?:title|author|category):|\^[\d.]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledLink:
    """A link as it is shown."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One paper as it is shown; an empty string is not shown."""

    number: int  # counted from 1 through the whole letter
    title: str
    href: str | None
    label: str  # of a paper that is not simply new
    authors: str
    facts: str  # date, categories, comments, votes
    excerpt: str
    keywords: str  # those that brought it here
    match: str
    why: str  # keywords and match in one
    links: tuple[LabelledLink, ...]

    @property
    def words(self) -> int:
        """The words that its reader reads."""
        return len(self.title.split()) + len(self.excerpt.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A heading and the cards below it."""

    heading: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterView:
    """A whole digest as it is shown."""

    subject: str
    preheader: str
    list_name: str
    home: str | None  # the address that the list's name links to
    date: str
    count: str
    empty: bool  # no paper matched; there may be trending ones
    shelves: tuple[Shelf, ...]
    summary: str  # what was considered and left out
    why: str
    change: str
    unsubscribe: str | None


def clean(text: str) -> str:
    """The text on one line, without characters that could act on what is around it."""
    return " ".join(_UNWANTED.sub("", text).split())


def clip(text: str, limit: int) -> str:
    """The text in at most `limit` characters: cut between words where possible, with "…"."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    space = kept.rfind(" ")
    if space > limit // 2 and text[limit - 1] != " ":
        kept = kept[:space]
    return kept.rstrip(" ,;:.–—-") + "…"


def excerpt(abstract: str, limit: int) -> str:
    """The first sentences of an abstract, three at most, in at most `limit` characters.

    An abstract that fits is whole. Where the sentences that fit would be less than a third
    of the room, the text is cut between words instead.
    """
    text = clean(abstract)
    if len(text) <= limit:
        return text
    ends = [found.end() for found in _SENTENCE_END.finditer(text, 0, limit + 2)]
    ends = [end for end in ends if end <= limit and not _ABBREVIATION.search(text, 0, end)][:3]
    return text[: ends[-1]] if ends and ends[-1] * 3 >= limit else clip(text, limit)


def safe_url(url: str | None) -> str | None:
    """The address if it may stand in a link: http or https, a plain host, nothing invisible."""
    if url is None or len(url) > _URL or not url.isprintable() or re.search(r'[\s<>"\\^`{|}]', url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:  # such as an unclosed [ in the host
        return None
    # `https://arxiv.org@elsewhere.example` is made to deceive.
    return url if parts.scheme in ("http", "https") and host and "@" not in parts.netloc else None


def view(
    edition: Edition,
    words: Wording,
    *,
    list_name: str,
    reader_name: str,
    unsubscribe: str | None,
    base_url: str | None,
    profile_name: str | None,
) -> LetterView:
    """The edition in the words of one language."""
    list_name = clip(clean(list_name), _NAME)
    reader = clip(clean(reader_name), _NAME)
    profile = clip(clean(profile_name or ""), 2 * _NAME)
    shelves = _shelves(edition, words)
    minutes = sum(card.words for shelf in shelves for card in shelf.cards) / _WORDS_A_MINUTE
    return LetterView(
        subject=_subject(edition, words),
        preheader=clip(_titles(_best(edition), words), _PREHEADER),
        list_name=list_name,
        home=safe_url(base_url),
        date=words.full(edition.local_date),
        count=_count(edition, words, max(1, round(minutes))),
        empty=not edition.entries,
        shelves=shelves,
        summary=_summary(edition, words),
        why=words("why_named", list_name=list_name, reader=reader)
        if reader
        else words("why", list_name=list_name),
        change=words("change", profile=profile) if profile else "",
        unsubscribe=_unsubscribe(unsubscribe),
    )


def _shelves(edition: Edition, words: Wording) -> tuple[Shelf, ...]:
    groups = [(section.topic, section.entries, _EXCERPT) for section in edition.sections]
    groups.append((words("trending"), edition.trending, _TRENDING_EXCERPT))
    shelves: list[Shelf] = []
    number = 1
    for heading, entries, room in groups:
        cards = tuple(
            _card(entry, words, number=number + index, room=room)
            for index, entry in enumerate(entries)
        )
        number += len(cards)
        if cards:
            shelves.append(Shelf(heading=clip(clean(heading), _NAME), cards=cards))
    return tuple(shelves)


def _card(entry: Entry, words: Wording, *, number: int, room: int) -> Card:
    paper = entry.candidate.paper
    links = {
        rel: safe_url(paper.link(rel)) for rel in ("abstract", "page", "pdf", "project", "code")
    }
    shown = [rel for rel in ("abstract", "pdf", "code", "project") if links[rel]]
    if links["page"] and not links["abstract"]:
        shown.insert(0, "page")
    keywords = _keywords(entry, words)
    match = words("match", n=round(entry.score)) if entry.score is not None else ""
    return Card(
        number=number,
        title=_title(paper, words),
        href=next((url for url in links.values() if url), None),
        label=_label(entry.candidate.kind, paper.updated, words),
        authors=_authors(paper, words),
        facts=_facts(paper, words),
        excerpt=excerpt(paper.abstract, room),
        keywords=keywords if match else "",
        match=match,
        why=words("part_separator").join(filter(None, (keywords, match))) if match else "",
        links=tuple(
            LabelledLink(label=words(f"link_{rel}"), url=url)
            for rel in shown
            if (url := links[rel])
        ),
    )


def _keywords(entry: Entry, words: Wording) -> str:
    """Those that the paper holds; where there are none, those it is related to."""

    def named(matches: Iterable[Match]) -> str:
        return _listed((_OPERATORS.sub("", match.keyword) for match in matches), words)

    held = named(match for match in entry.matches if match.field not in _NOT_HELD)
    akin = named(match for match in entry.matches if match.field == "related")
    return held or (akin and words("related", keywords=akin))


def _title(paper: Paper, words: Wording) -> str:
    return clip(clean(paper.title), _TITLE) or words("untitled")


def _listed(names: Iterable[str], words: Wording) -> str:
    once = dict.fromkeys(clip(clean(name), _NAME) for name in names)
    return words("list_separator").join([name for name in once if name][:_KEYWORDS])


def _label(kind: Kind, updated: date | None, words: Wording) -> str:
    match kind:
        case Kind.REVISED if updated:
            return words("kind_revised_on", day=words.short(updated))
        case Kind.REVISED | Kind.LISTED | Kind.WITHDRAWN:
            return words(f"kind_{kind.value}")
        case Kind.NEW:
            return ""


def _authors(paper: Paper, words: Wording) -> str:
    names = [name for name in (clip(clean(author), _NAME) for author in paper.authors) if name]
    if names:
        shown = words("list_separator").join(names[:_AUTHORS])
        return words("et_al", names=shown) if len(names) > _AUTHORS else shown
    return ""


def _facts(paper: Paper, words: Wording) -> str:
    categories = [clip(clean(name), _NAME) for name in paper.categories]
    shown = words("list_separator").join(categories[:_CATEGORIES])
    if extra := len(categories) - _CATEGORIES:
        shown = words("more_categories", names=shown, n=extra) if extra > 0 else shown
    facts = [
        words("authors", n=paper.author_count) if paper.author_count and not paper.authors else "",
        words.day(paper.published) if paper.published else "",
        shown,
        words("comments", n=paper.comments) if paper.comments else "",
        words("votes", n=paper.votes) if paper.votes else "",
    ]
    return words("part_separator").join(filter(None, facts))


def _best(edition: Edition) -> list[Entry]:
    """The matched papers by score, or else the trending ones; ties stay as they stand."""
    ranked = sorted(edition.entries, key=lambda entry: -(entry.score or 0.0))
    return ranked or list(edition.trending)


def _titles(entries: list[Entry], words: Wording) -> str:
    titles = (_title(entry.candidate.paper, words) for entry in entries[:3])
    return words("title_separator").join(titles)


def _subject(edition: Edition, words: Wording) -> str:
    """The date and as many of the two best titles as a phone's and a desk's line can show."""
    shown, best = len(edition.entries), _best(edition)
    values = {"papers": words("papers", n=shown), "day": words.short(edition.local_date)}
    key = "subject" if shown else "subject_trending"
    if not best:
        return words("subject_empty", **values)
    room = _SUBJECT - len(words(key, titles="", **values))
    titles = clip(_titles(best[:1], words), room)
    # A second title is worth naming if a good part of it can be read.
    if len(best) > 1 and len(titles) + 20 <= room:
        titles = clip(_titles(best[:2], words), room)
    return words(key, titles=titles, **values)


def _count(edition: Edition, words: Wording, minutes: int) -> str:
    shown = len(edition.entries)
    reading = words("minutes", n=minutes)
    if edition.considered <= shown:
        return words("count_all", papers=words("papers", n=shown), minutes=reading)
    papers = words("papers", n=edition.considered)
    return words("count", shown=shown, papers=papers, minutes=reading)


def _summary(edition: Edition, words: Wording) -> str:
    shown = len(edition.entries)
    if not shown:
        known = edition.considered
        return words("empty_considered", n=known) if known else words("empty_no_papers")
    parts = [words("considered", n=max(edition.considered, shown)), words("for_you", n=shown)]
    if edition.left_out:
        parts.append(words("cut", n=edition.left_out, limit=shown))
    return words("list_separator").join(parts) + "."


def _unsubscribe(url: str | None) -> str | None:
    """Ours, not a feed's: a mailto is as good as an address on the web."""
    return url if url and (url.startswith("mailto:") or safe_url(url)) else None
