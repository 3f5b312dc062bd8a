"""The part of a card that is the same for many readers, and what is cached of cards.

A pick is shown in full, and the first one may have a picture. A card has less around it, a line has
its title with little else, and a brief is its title alone, in smaller letters.
"""

from collections.abc import Hashable, Sequence
from datetime import date
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from digest.core.editions.excerpts import EXCERPT_LENGTH
from digest.core.editions.matched_words import Spans
from digest.core.editions.reasons import NamedKeyword, RawMatch, ScoreLevel, keyword_name
from digest.core.editions.shown import SharedEntry, ShownEntry
from digest.core.models.papers import Paper
from digest.core.text.sentences import split
from digest.mail.figures.figure import Figure, FigureSource
from digest.mail.rendering.encoded_fragments import BoundedCache, Fragment
from digest.mail.rendering.paper_view import (
    PaperView,
    author_names,
    build_paper_view,
    display_text,
    with_authors,
)
from digest.mail.rendering.sanitize import clip
from digest.mail.rendering.wording import Wording

TitleForm = Literal["line", "brief"]
CardForm = Literal["first", "pick", "card"] | TitleForm

_MAX_AUTHORS = {"first": 3, "pick": 3, "card": 1, "line": 1, "brief": 0}  # that are named at most
_MOST_AUTHORS = max(_MAX_AUTHORS.values())
_TITLE_FORMS = ("line", "brief")
_AUTHOR_FIELDS = frozenset(("followed", "author"))  # of matches


class EncodedTitle(NamedTuple):
    """A paper of which only the title is shown, encoded, with the sizes of the texts in UTF-8."""

    html: bytes
    html_size: int
    text: bytes  # what follows the number
    text_size: int


class SharedCard(Struct, eq=False, gc=False):  # a key of a cache, so compared by identity
    """The part of a card that is the same for many readers."""

    paper: PaperView
    form: CardForm
    title_words: int
    title: str  # of the paper, as its source wrote it
    summary: str  # by the source; empty: none
    sentences: Sequence[str]  # of the abstract
    abstract: str
    figure: Figure | None  # of the first pick
    # Of a line or a title: the renderer sets it; an empty tuple: it cannot be prerendered.
    encoded: EncodedTitle | tuple[()] | None = None


class Excerpt(Struct, eq=False, gc=False):  # a key of a cache, so compared by identity
    """What a card says about its paper, as some readers see it."""

    text: str  # may be empty
    rtl: bool  # it runs from right to left
    words: int
    is_cacheable: bool  # other messages can use the same excerpt
    bold: Spans = ()  # where the words are that the reader's keywords matched
    encoded: tuple[Fragment, Fragment] | None = None  # in HTML and in text; the renderer sets it

    def with_bold(self, bold: Spans) -> "Excerpt":
        """Returns the same with other words in bold."""
        return Excerpt(self.text, self.rtl, self.words, self.is_cacheable, bold)


class Reason(Struct, eq=False, gc=False):  # a key of a cache, so compared by identity
    """The display text of what a paper has to do with the keywords of a reader."""

    keywords: str  # that it contains
    rtl: bool  # the keywords run from right to left
    evidence: str  # what it has of other keywords
    match: str  # what the score means
    line: str  # all of these; empty for a trending paper
    form: tuple[bool | None, bool, bool]  # which of them are set; for the keywords, whether `rtl`
    encoded: tuple[Fragment, Fragment] | None = None  # in HTML and in text; the renderer sets it


class _Texts(Struct, frozen=True, gc=False):
    """What a paper says, for display."""

    abstract: str
    sentences: Sequence[str]  # of the abstract
    summary: str  # by the source; empty: none


_NO_TEXTS = _Texts("", (), "")


class RenderCache:
    """Caches display texts of papers and keywords for many messages in one language.

    Args:
        papers: how many papers are cached. Their key contains the revision, so all editions
            must come from the same store; 0: nothing is cached.
        figures: returns the pictures of papers; None: no pictures are shown.
    """

    def __init__(self, papers: int = 0, figures: FigureSource | None = None) -> None:
        self.figures = figures
        self._papers = papers
        self._titles: dict[tuple[TitleForm, int], BoundedCache[SharedEntry, SharedCard]] = {}
        self.shared_cards = BoundedCache[Hashable, SharedCard](8 * papers)
        self.paper_views = BoundedCache[Hashable, PaperView](2 * papers)
        self.frame_texts = BoundedCache[tuple[object, ...], str](10 * papers)
        self.author_names = BoundedCache[tuple[int, bool], Sequence[str]](2 * papers)
        self.texts = BoundedCache[int, _Texts](2 * papers)
        # A paper has about 20 excerpts: readers see its sentences about their own keywords.
        self.excerpts = BoundedCache[Hashable, Excerpt](20 * papers)
        # Different keywords often match the same words.
        self.marked_excerpts = BoundedCache[tuple[Excerpt, tuple[NamedKeyword, ...]], Excerpt](
            20 * papers
        )
        self.bold_excerpts = BoundedCache[tuple[Excerpt, Spans], Excerpt](20 * papers)
        self.reasons = BoundedCache[tuple[ScoreLevel, tuple[NamedKeyword, ...]], Reason](
            20 * papers
        )

    def titles(self, form: TitleForm, year: int) -> BoundedCache[SharedEntry, SharedCard]:
        """Returns the cards of entries that many messages share.

        Args:
            form: how much is shown.
            year: of the messages.
        """
        return self._titles.get((form, year)) or self._titles.setdefault(
            (form, year), BoundedCache(4 * self._papers)
        )


def shared_card(
    entry: ShownEntry, words: Wording, form: CardForm, *, today: date, cache: RenderCache
) -> SharedCard:
    """Returns the part of a card that is the same for many readers.

    Args:
        entry: the paper.
        words: the phrases.
        form: how much is shown.
        today: the day of the edition; dates in its year are shown without the year.
        cache: for the same language as `words`.
    """
    followed: tuple[str, ...] = ()
    for match in entry.matches:  # quicker than sets: a paper has two or three
        if match[1] in _AUTHOR_FIELDS:
            followed = _followed(entry.matches)
            break
    # A revision never changes, but its votes, comments and stars may differ between editions.
    counts = (entry.votes, entry.comments, entry.stars)
    key = (entry.revision_id, form, counts, entry.kind, today.year, followed)
    return cache.shared_cards.get(key) or cache.shared_cards.put(
        key, _new_shared_card(entry, words, form, followed, today=today, cache=cache)
    )


def _followed(matches: Sequence[RawMatch]) -> tuple[str, ...]:
    """Returns the authors of the paper whom the reader follows."""
    # Of an author who was found by an id, the name in the record comes with the match.
    return tuple(
        match[3][0] if match[3] else keyword_name(match[0])
        for match in matches
        if match[1] in _AUTHOR_FIELDS
    )


def _new_shared_card(
    entry: ShownEntry,
    words: Wording,
    form: CardForm,
    followed: Sequence[str],
    *,
    today: date,
    cache: RenderCache,
) -> SharedCard:
    paper = entry.paper
    counts = (entry.votes, entry.comments, entry.stars)
    # The forms of a card differ in their authors alone.
    view_key = (entry.revision_id, *counts, entry.kind, today.year)
    view = cache.paper_views.get(view_key)
    if view is None:
        if (paper.votes, paper.comments, paper.stars) != counts:
            votes, comments, stars = counts
            paper = replace(paper, votes=votes, comments=comments, stars=stars)
        view = cache.paper_views.put(
            view_key, build_paper_view(paper, entry.kind, words, today=today)
        )
    names_key = (entry.revision_id, bool(followed))
    names = cache.author_names.get(names_key) or cache.author_names.put(
        # All are compared with those whom the reader follows; one more than shown says "et al."
        names_key,
        author_names(paper, len(paper.authors) if followed else _MOST_AUTHORS + 1),
    )
    view = with_authors(view, names, words, max_authors=_MAX_AUTHORS[form], followed=followed)
    texts = _NO_TEXTS
    if form not in _TITLE_FORMS:
        texts = cache.texts.get(entry.revision_id) or cache.texts.put(
            entry.revision_id, _texts(paper)
        )
    figure = None
    if cache.figures is not None and form == "first" and view.thumbnail is not None:
        figure = cache.figures(view.thumbnail)
    return SharedCard(
        paper=view,
        form=form,
        title_words=len(view.title.split()),
        title=paper.title,
        summary=texts.summary,
        sentences=texts.sentences,
        abstract=texts.abstract,
        figure=figure,
    )


def _texts(paper: Paper) -> _Texts:
    abstract = display_text(paper.abstract)
    summary = clip(display_text(paper.summary), EXCERPT_LENGTH)
    return _Texts(abstract, split(abstract), summary)
