"""Prepares papers for the pages and feeds of the archive, with the texts that messages have.

The pages are seen by others than the reader of a digest: they have no scores and no reasons, which
name keywords, and papers that the reader liked.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct

from digest.core.editions.shown import ShownEntry
from digest.core.models.editions import Edition, EditionEntry
from digest.core.models.papers import AnnouncementKind, Paper
from digest.mail.rendering.cards.card_view import build_card
from digest.mail.rendering.cards.shared_card import RenderCache
from digest.mail.rendering.paper_view import PaperView, display_text
from digest.mail.rendering.sanitize import clip
from digest.mail.rendering.wording import Wording

_MAX_HEADING = 80  # characters
_MAX_TITLE = 90  # characters of a paper's title in the title of an entry


class PaperCard(Struct, frozen=True, kw_only=True):
    """A paper on a page."""

    paper: PaperView
    excerpt: str  # may be empty


class CardSection(Struct, frozen=True, kw_only=True):
    """Papers with a heading."""

    heading: str
    cards: Sequence[PaperCard]


class PaperCards:
    """Builds cards.

    Args:
        words: the phrases of the messages.
    """

    def __init__(self, words: Wording) -> None:
        self.words = words

    def sections(self, edition: Edition) -> list[CardSection]:
        """Returns the papers of an edition by topic, then the other ones."""
        named: list[tuple[str, Sequence[EditionEntry]]] = [
            (clip(display_text(section.topic), _MAX_HEADING), section.entries)
            for section in edition.sections
        ]
        named.append((self.words("surplus"), edition.surplus))
        named.append((self.words("trending"), edition.trending))
        return [
            CardSection(heading=heading, cards=self._cards(entries, edition.local_date))
            for heading, entries in named
            if entries
        ]

    def card(self, paper: Paper, today: date) -> PaperCard:
        """Returns the card of a paper; dates in the year of `today` are shown without the year."""
        return self._card(paper, AnnouncementKind.NEW, None, today)

    def title(self, edition: Edition) -> str:
        """Returns a title for the entry of a feed: the best paper, how many others, the day."""
        entries = (*edition.entries, *edition.trending)
        day = self.words.short(edition.local_date)
        if not entries:
            return self.words("subject_empty", day=day)
        best = max(entries, key=lambda entry: entry.score or 0)
        title = clip(display_text(best.candidate.paper.title), _MAX_TITLE)
        if len(entries) == 1:
            return self.words("subject_one", title=title, day=day)
        return self.words("subject", title=title, n=len(entries) - 1, day=day)

    def _cards(self, entries: Iterable[EditionEntry], today: date) -> list[PaperCard]:
        return [
            self._card(entry.candidate.paper, entry.candidate.kind, entry.sentences, today)
            for entry in entries
        ]

    def _card(
        self,
        paper: Paper,
        kind: AnnouncementKind,
        sentences: tuple[int, ...] | None,
        today: date,
    ) -> PaperCard:
        entry = ShownEntry(
            revision_id=0,
            kind=kind,
            paper=paper,
            votes=paper.votes,
            comments=paper.comments,
            stars=paper.stars,
            score=None,
            named=(),
            sentences=sentences,
        )
        # Without a cache: the pages are few, and its keys are revisions of one language.
        card = build_card(
            entry, self.words, number=1, form="pick", today=today, cache=RenderCache()
        )
        return PaperCard(paper=card.paper, excerpt=card.excerpt.text)
