"""Unpacks claimed editions for their messages, with the papers that they show.

Editions of a day show the same papers, so the papers are read once for all of them.
"""

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, NamedTuple, TypeVar, cast

import msgspec
from msgspec import Struct, field

from digest.core.editions.shown import SharedEntry, ShownEdition, ShownEntry
from digest.core.models.delivery import PackedEdition
from digest.core.models.papers import AnnouncementKind, Paper
from digest.errors import StoreError
from digest.store.database.store import Store
from digest.store.editions import serialization
from digest.store.papers import revisions

MAX_PAPERS = 2000  # kept at least; some megabytes
_MAX_TITLES = 4 * MAX_PAPERS  # of papers with other votes on other days
_NEIGHBOURS = (
    64  # revisions of a day have adjacent ids: those beside a missing one are read with it
)


class _Match(NamedTuple):
    """A `RawMatch`, which the ledger stores with words, or without."""

    keyword: str
    field: str
    contribution: float
    words: tuple[str, ...] = ()


class _Entry(Struct, array_like=True, gc=False):
    """A paper of a packed edition."""

    paper_id: int
    revision_id: int
    seq: int
    kind: AnnouncementKind
    source: str
    score: float | None
    matches: list[_Match]
    counts: list[int | None]  # votes, comments, position; stars if it has some
    sentences: tuple[int, ...] | None = None


class _Content(Struct):
    """A packed edition, as `serialization` writes it."""

    sections: list[tuple[str, list[_Entry]]]
    trending: list[_Entry]
    considered: int
    left_out: int
    surplus: list[str | _Entry] = []  # an earlier version wrote no strings
    updates: list[_Entry] = []


K = TypeVar("K")
Shown = TypeVar("Shown", bound=ShownEntry)

_Key = tuple[int, int, AnnouncementKind, tuple[int | None, ...], tuple[int, ...] | None]
"""What a message shows of a paper that is not of a section."""

# Half the time of `json.loads` and looking at its values.
_decode = msgspec.json.Decoder(_Content).decode


class ShownEditions:
    """The contents of messages, from packed editions. Several threads may share it.

    Args:
        store: the database of the papers.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known = _Known()
        self._reading = Lock()

    def shown(self, packed: PackedEdition) -> ShownEdition:
        """Returns what the message of an edition shows.

        Raises:
            StoreError: a paper of the edition is not in the database.
        """
        content = _decode(packed.content)
        try:
            return _shown(content, packed, self._known)
        except KeyError:
            known = self._with_papers(msgspec.json.decode(packed.content))
        try:
            return _shown(content, packed, known)
        except KeyError as error:
            raise StoreError(f"revision {error}: there is no revision with this number") from None

    def _with_papers(self, content: Mapping[str, Any]) -> "_Known":
        with self._reading:
            known = self._known if len(self._known.papers) < MAX_PAPERS else _Known()
            papers = known.papers
            missing = {
                revision_id // _NEIGHBOURS
                for revision_id in serialization.revision_ids(content)
                if revision_id not in papers
            }
            with self._store.read() as tx:
                for block in sorted(missing):
                    first = block * _NEIGHBOURS
                    papers |= revisions.between(tx, first, first + _NEIGHBOURS)
            self._known = known
            return known


class _Known(Struct):
    """What was read for earlier messages."""

    papers: dict[int, Paper] = field(default_factory=dict)  # by revision id
    # The surplus of many editions has the same titles, and all have much the same trending papers.
    titles: dict[str, SharedEntry] = field(default_factory=dict)
    unranked: dict[_Key, SharedEntry] = field(default_factory=dict)


def _shown(content: _Content, packed: PackedEdition, known: _Known) -> ShownEdition:
    papers = known.papers
    return ShownEdition(
        local_date=packed.local_date,
        sections=[
            (topic, [_shown_entry(entry, papers, ShownEntry) for entry in entries])
            for topic, entries in content.sections
        ],
        trending=[_unranked(entry, known) for entry in content.trending],
        surplus=_titles(content.surplus, known),
        updates=[_unranked(entry, known) for entry in content.updates],
        considered=content.considered,
        left_out=content.left_out,
    )


def _titles(packed: Sequence[str | _Entry], known: _Known) -> Sequence[ShownEntry]:
    if packed and not isinstance(packed[0], str):
        return [_unranked(entry, known) for entry in cast("Sequence[_Entry]", packed)]
    titles = cast("Sequence[str]", packed)
    found = list(map(known.titles.get, titles))
    if all(found):
        return cast("list[SharedEntry]", found)
    return [shown or _new_title(title, known) for title, shown in zip(titles, found, strict=True)]


def _new_title(title: str, known: _Known) -> SharedEntry:
    entry = msgspec.convert(serialization.title_entry(title), _Entry)
    return _kept(title, _shown_entry(entry, known.papers, SharedEntry), known.titles)


def _unranked(entry: _Entry, known: _Known) -> SharedEntry:
    """Returns a paper outside the sections, which many messages show in the same way."""
    key = (entry.paper_id, entry.revision_id, entry.kind, tuple(entry.counts), entry.sentences)
    is_for_one = entry.matches or entry.score is not None
    found = None if is_for_one else known.unranked.get(key)
    if found is not None:
        return found
    shown = _shown_entry(entry, known.papers, SharedEntry)
    return shown if is_for_one else _kept(key, shown, known.unranked)


def _kept(key: K, shown: SharedEntry, known: dict[K, SharedEntry]) -> SharedEntry:
    if len(known) >= _MAX_TITLES:
        known.clear()
    known[key] = shown
    return shown


def _shown_entry(entry: _Entry, papers: Mapping[int, Paper], kind: type[Shown]) -> Shown:
    counts = entry.counts
    return kind(
        entry.revision_id,
        entry.kind,
        papers[entry.revision_id],
        counts[0],
        counts[1],
        counts[3] if len(counts) > 3 else None,
        entry.score,
        () if entry.score is None else None,
        entry.sentences,
        entry.matches,
        entry.paper_id,
    )
