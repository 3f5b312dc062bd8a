"""Unpacks claimed editions for their messages, with the papers that they show.

Editions of a day show the same papers, so the papers are read once for all of them.
"""

import json
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, cast

from msgspec import Struct, field

from digest.core.editions.reasons import RawMatch
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
_KINDS = {kind.value: kind for kind in AnnouncementKind}


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
        content: Mapping[str, Any] = json.loads(packed.content)
        try:
            return _shown(content, packed, self._known)
        except KeyError:
            known = self._with_papers(content)
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
    # The surplus of many editions has the same titles.
    titles: dict[str, SharedEntry] = field(default_factory=dict)


def _shown(content: Mapping[str, Any], packed: PackedEdition, known: _Known) -> ShownEdition:
    papers = known.papers
    return ShownEdition(
        local_date=packed.local_date,
        sections=[
            (topic, [_entry(entry, papers) for entry in entries])
            for topic, entries in content["sections"]
        ],
        trending=[_entry(entry, papers) for entry in content["trending"]],
        surplus=_titles(content.get("surplus", ()), known),
        updates=[_entry(entry, papers) for entry in content.get("updates", ())],
        considered=content["considered"],
        left_out=content["left_out"],
    )


def _titles(packed: Sequence[str | list[Any]], known: _Known) -> Sequence[ShownEntry]:
    if packed and not isinstance(packed[0], str):  # by an earlier version
        return [_entry(serialization.title_entry(title), known.papers) for title in packed]
    titles = cast("Sequence[str]", packed)
    found = list(map(known.titles.get, titles))
    if all(found):
        return cast("list[SharedEntry]", found)
    return [shown or _new_title(title, known) for title, shown in zip(titles, found, strict=True)]


def _new_title(title: str, known: _Known) -> SharedEntry:
    if len(known.titles) >= _MAX_TITLES:
        known.titles.clear()
    shown = SharedEntry(*_entry(serialization.title_entry(title), known.papers))
    known.titles[title] = shown
    return shown


def _entry(entry: list[Any], papers: Mapping[int, Paper]) -> ShownEntry:
    paper_id, revision_id, _, kind, _, score, stored, counts, sentences = (
        entry if len(entry) == 9 else (*entry, None)
    )
    matches: Sequence[RawMatch] = [match if len(match) == 4 else (*match, ()) for match in stored]
    return ShownEntry(
        revision_id,
        _KINDS[kind],
        papers[revision_id],
        counts[0],
        counts[1],
        counts[3] if len(counts) > 3 else None,
        score,
        () if score is None else None,
        None if sentences is None else tuple(sentences),
        matches,
        paper_id,
    )
