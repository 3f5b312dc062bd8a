"""Composes the editions of many subscriptions at once, with the results of `one_by_one`.

Ranking and selection work on arrays; only papers that are shown are looked at one by one. Readers
with the same profile who have seen the same papers share one edition.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import chain, islice, pairwise
from typing import Any

import numpy as np

from digest.core.batch_ranking.matched_papers import MatchedPapers, scores_of
from digest.core.batch_ranking.ranker import BatchRanker
from digest.core.batch_ranking.sparse_products import Array
from digest.core.editions.compose import MAX_SURPLUS
from digest.core.editions.paper_sentences import sentences_of
from digest.core.editions.shown import keyword_matches
from digest.core.editions.together.batch_selection import (
    RowMatches,
    SeenPapers,
    first_of_rows,
    matches_of_rows,
    select_shown,
    without_seen,
)
from digest.core.editions.together.day_papers import DayPapers
from digest.core.models.editions import LEAST_POINTS
from digest.core.models.profiles import Profile
from digest.core.profiles.learned import has_author, muted_names
from digest.pipeline.editions.day import PaperGroup
from digest.pipeline.editions.joined_entries import texts
from digest.pipeline.editions.prepared import PreparedEdition
from digest.pipeline.publishing.due import DueProfile
from digest.store.archive.shown_papers import BLOCK, PackedPapers
from digest.store.editions.packed_editions import PackedSection

_SPARE = 10  # more papers than are shown

_Row = tuple[int, tuple[int, ...], tuple[int, ...]]
"""An edition: the number of its profile, the places of papers that its reader has seen, and the places
of news for this reader."""


def compose_many(
    group: PaperGroup, items: Sequence[DueProfile], seen: Mapping[int, Sequence[int]]
) -> list[PreparedEdition]:
    """Composes the editions of some subscriptions.

    Args:
        group: The papers.
        items: The subscriptions, with what was learned from their readers.
        seen: The ids of the papers that their editions have shown, by subscription.
    """
    numbers: dict[int, int] = {}  # of profiles, by their identity
    profiles: list[Profile] = []
    rows: dict[_Row, int] = {}
    row_of_item: list[int] = []
    places = _Places(group)
    for item in items:
        number = numbers.setdefault(id(item.profile), len(profiles))
        if number == len(profiles):
            profiles.append(item.profile)
        known = seen.get(item.subscription.subscription_id)
        row = (number, places.not_again(known), places.news(known)) if known else (number, (), ())
        row_of_item.append(rows.setdefault(row, len(rows)))
    if group.candidates:
        group.forget_keywords()
        composed = _compose_rows(group, profiles, list(rows))
    else:  # on a day without papers, nothing need be known of the keywords
        composed = [_without_papers(group, profiles[number], news) for number, _, news in rows]
    return [composed[row] for row in row_of_item]


def _without_papers(group: PaperGroup, profile: Profile, news: tuple[int, ...]) -> PreparedEdition:
    content = group.packer.edition(
        (),
        (),
        updates=news,
        considered=0,
        left_out=0,
        scored_by=group.fingerprints.of(profile),
    )
    return PreparedEdition(
        content=content, considered=0, matched=0, shown=0, papers=(), updates=len(news)
    )


class _Places:
    """Finds the places of papers that a reader has seen and is not shown again."""

    def __init__(self, group: PaperGroup) -> None:
        papers = group.papers
        self._news = {item.paper_id: place for place, item in enumerate(group.updates)}
        self._places = {
            paper_id: place
            for place, paper_id in enumerate(papers.paper_ids.tolist())
            if not papers.is_revised[place]
        }

    def not_again(self, paper_ids: Sequence[int]) -> tuple[int, ...]:
        """Returns the places of some papers, without those that may be shown again."""
        return tuple(
            sorted(self._places[paper_id] for paper_id in paper_ids if paper_id in self._places)
        )

    def news(self, paper_ids: Sequence[int]) -> tuple[int, ...]:
        """Returns the places, in the updates of the group, of those papers that have some."""
        if not self._news:
            return ()
        return tuple(
            sorted(self._news[paper_id] for paper_id in paper_ids if paper_id in self._news)
        )


def _compose_rows(
    group: PaperGroup, profiles: Sequence[Profile], rows: Sequence[_Row]
) -> list[PreparedEdition]:
    ranker = BatchRanker(profiles, group.index, group.corpus, prepared=group.prepared)
    # Those that are shown, and some more in place of near-identical ones that are left out.
    most = max((profile.max_papers for profile in profiles), default=0) + MAX_SURPLUS
    matched = ranker.matched(best=most + _SPARE)
    seen = _seen_of(rows)
    shown, surplus, incomplete = _shown(group.papers, matched, profiles, rows, seen)
    if incomplete:
        shown, surplus = _with_all_matches(group, (shown, surplus), profiles, rows, incomplete)
    owners = np.array([number for number, _, _ in rows], dtype=np.int64)
    entries = _entries(group, ranker, profiles, owners[shown.rows], shown)
    sections = _sections([profiles[number] for number, _, _ in rows], shown, entries)
    seen_matched = matched.contains(owners[seen.rows], seen.papers)
    matched_of_row = matched.counts[owners] - np.bincount(
        seen.rows[seen_matched], minlength=len(rows)
    )
    trending = _trending(group.papers, matched, profiles, rows, seen)
    fingerprints = [group.fingerprints.of(profile) for profile in profiles]
    titles = _by_row(group.writer.titles[surplus.papers], surplus, len(rows))
    packed = _packed_papers(group.papers, (shown, surplus), trending)
    sizes = np.bincount(shown.rows, minlength=len(rows)).tolist()
    composed: list[PreparedEdition] = []
    for row, ((number, seen_places, news), count) in enumerate(
        zip(rows, matched_of_row.tolist(), strict=True)
    ):
        considered = len(group.candidates) - len(seen_places)
        content = group.packer.edition(
            sections[row],
            trending[row],
            titles[row],
            news,
            considered=considered,
            left_out=count - sizes[row],
            scored_by=fingerprints[number],
        )
        composed.append(
            PreparedEdition(
                content=content,
                considered=considered,
                matched=count,
                shown=sizes[row],
                papers=packed[row],
                updates=len(news),
            )
        )
    return composed


def _packed_papers(
    papers: DayPapers, matches: Sequence[RowMatches], trending: Sequence[Sequence[int]]
) -> list[list[PackedPapers]]:
    """Returns the papers of each row: its matches, and trending ones."""
    rows = np.repeat(np.arange(len(trending)), list(map(len, trending)))
    others = np.fromiter(chain.from_iterable(trending), dtype=np.int64, count=len(rows))
    ids = papers.paper_ids[np.concatenate([others, *(some.papers for some in matches)])]
    rows = np.concatenate([rows, *(some.rows for some in matches)])
    return packed_by_row(rows, ids, len(trending))


def packed_by_row(rows: Array, ids: Array, count: int) -> list[list[PackedPapers]]:
    """Returns what `shown_papers.packed` does for each row.

    Args:
        rows: The row of each paper.
        ids: The papers.
        count: The number of rows.
    """
    # A row and the id of a paper as one number; the ids of a block follow each other.
    blocks = int(ids.max(initial=0)) // BLOCK + 1
    keys = np.sort(rows * np.int64(blocks * BLOCK) + ids)  # `np.unique` takes thirty times as long
    keys = keys[np.diff(keys, prepend=-1) != 0]
    numbers = (keys % BLOCK).astype(np.uint8).tobytes()
    keys //= BLOCK
    begins = np.flatnonzero(np.diff(keys, prepend=-1))
    owners, own_blocks = np.divmod(keys[begins], blocks)
    found: list[list[PackedPapers]] = [[] for _ in range(count)]
    spans = pairwise((*begins.tolist(), len(keys)))
    for owner, block, (begin, end) in zip(owners.tolist(), own_blocks.tolist(), spans, strict=True):
        found[owner].append((block, numbers[begin:end]))
    return found


def _seen_of(rows: Sequence[_Row]) -> SeenPapers:
    sizes = [len(places) for _, places, _ in rows]
    return SeenPapers(
        rows=np.repeat(np.arange(len(rows)), sizes),
        papers=np.array([place for _, places, _ in rows for place in places], dtype=np.int64),
    )


def _shown(
    papers: DayPapers,
    matched: MatchedPapers,
    profiles: Sequence[Profile],
    rows: Sequence[_Row],
    seen: SeenPapers,
) -> tuple[RowMatches, RowMatches, set[int]]:
    """Selects what is shown, in the order of the sections, and the surplus, best first.

    Returns:
        The papers, those of which only the titles are shown, and the rows whose result is not right because `matched` does not list all.
    """
    owners = np.array([number for number, _, _ in rows], dtype=np.int64)
    listed = matches_of_rows(
        matched.profiles, matched.papers, matched.topics, matched.totals, row_profiles=owners
    )
    unseen = without_seen(listed, seen, papers)
    limits = np.array([profile.max_papers for profile in profiles], dtype=np.int64)
    is_shown, skipped = select_shown(unseen, most=limits[owners], papers=papers)
    found = np.flatnonzero(is_shown)
    # In the order of the sections; within one, best first.
    found = found[np.lexsort((found, unseen.topics[found], unseen.rows[found]))]
    sizes = np.bincount(matched.profiles, minlength=len(profiles))
    is_cut = (sizes < matched.counts)[owners]
    seen_matched = matched.contains(owners[seen.rows], seen.papers)
    changed = {*seen.rows[seen_matched].tolist(), *skipped}
    surplus = unseen.only(first_of_rows(unseen, ~is_shown, most=MAX_SURPLUS))
    return unseen.only(found), surplus, {row for row in changed if is_cut[row]}


def _by_row(values: Array, matches: RowMatches, rows: int) -> list[list[Any]]:
    """Returns the values of the matches of each row, as objects of Python.

    Args:
        values: one for each match.
        matches: of the rows.
        rows: their number.
    """
    starts = np.searchsorted(matches.rows, np.arange(rows + 1)).tolist()
    listed = values.tolist()
    return [listed[start:end] for start, end in pairwise(starts)]


def _with_all_matches(
    group: PaperGroup,
    selected: tuple[RowMatches, RowMatches],
    profiles: Sequence[Profile],
    rows: Sequence[_Row],
    wanted: Collection[int],
) -> tuple[RowMatches, RowMatches]:
    """Replaces what some rows show, and their surplus, by what is selected from all their matches."""
    chosen = sorted(wanted)
    numbers = sorted({rows[row][0] for row in chosen})
    own = [profiles[number] for number in numbers]
    renumbered = [(numbers.index(rows[row][0]), *rows[row][1:]) for row in chosen]
    ranker = BatchRanker(own, group.index, group.corpus, prepared=group.prepared)
    shown, surplus, _ = _shown(
        group.papers, ranker.matched(), own, renumbered, _seen_of(renumbered)
    )
    return _replaced(selected[0], shown, chosen), _replaced(selected[1], surplus, chosen)


def _replaced(matches: RowMatches, again: RowMatches, chosen: Sequence[int]) -> RowMatches:
    """Returns the matches with those of some rows replaced.

    Args:
        matches: of all rows.
        again: of the chosen rows, which are counted from 0 in it.
        chosen: the rows, ascending.
    """
    kept = matches.only(~np.isin(matches.rows, chosen))
    both = RowMatches(
        rows=np.concatenate([kept.rows, np.array(chosen, dtype=np.int64)[again.rows]]),
        papers=np.concatenate([kept.papers, again.papers]),
        topics=np.concatenate([kept.topics, again.topics]),
        totals=np.concatenate([kept.totals, again.totals]),
    )
    return both.only(np.argsort(both.rows, kind="stable"))


def _trending(
    papers: DayPapers,
    matched: MatchedPapers,
    profiles: Sequence[Profile],
    rows: Sequence[_Row],
    seen: SeenPapers,
) -> list[tuple[int, ...]]:
    """Returns for each row the most popular papers that did not match and were not seen."""
    owners = np.array([number for number, _, _ in rows], dtype=np.int64)
    left_out = np.zeros((len(rows), len(papers.top)), dtype=bool)
    for column, place in enumerate(papers.top.tolist()):
        left_out[:, column] = matched.contains(owners, np.full(len(rows), place))
        left_out[seen.rows[seen.papers == place], column] = True
    masks = left_out @ (1 << np.arange(len(papers.top), dtype=np.int64))
    found: list[tuple[int, ...]] = []
    for (number, seen_places, _), mask in zip(rows, masks.tolist(), strict=True):
        profile = profiles[number]
        trending = None if profile.muted else papers.trending(mask, profile.trending)
        if trending is None:
            trending = _trending_one_by_one(papers, matched, profile, number, seen_places)
        found.append(trending)
    return found


def _trending_one_by_one(
    papers: DayPapers,
    matched: MatchedPapers,
    profile: Profile,
    number: int,
    seen_places: Sequence[int],
) -> tuple[int, ...]:
    """Returns the trending papers of a reader who has seen many, or mutes some authors."""
    everything = np.arange(len(papers.candidates))
    is_match = matched.contains(np.full(len(everything), number), everything)
    used = {*everything[is_match].tolist(), *seen_places}
    muted = muted_names(profile)
    free = (
        place
        for place in papers.popular
        if place not in used and not has_author(papers.candidates[place].paper, muted)
    )
    return tuple(islice(free, profile.trending))


def _entries(
    group: PaperGroup,
    ranker: BatchRanker,
    profiles: Sequence[Profile],
    owners: Array,
    shown: RowMatches,
) -> list[str]:
    """Returns what is shown as packed entries.

    Args:
        group: The papers.
        ranker: Of the profiles.
        profiles: All of them.
        owners: The number of the profile of each entry.
        shown: What is shown.
    """
    has_aliases = np.array([_has_aliases(profile) for profile in profiles], dtype=np.bool_)
    plain = ranker.is_plain(owners, shown.topics) & ~has_aliases[owners]
    plain &= group.writer.can_write(shown.papers)
    entries = np.empty(len(owners), dtype=object)
    together, alone = np.flatnonzero(plain), np.flatnonzero(~plain)
    papers, scores = shown.papers[together], scores_of(shown.totals)
    explained = ranker.explain_together(
        owners[together], papers, shown.topics[together], least=LEAST_POINTS
    )
    entries[together] = texts(group.writer.write(papers, scores[together], explained))
    others = ranker.explain(
        owners[alone], shown.papers[alone], shown.topics[alone], least=LEAST_POINTS
    )
    for place, matches in zip(alone.tolist(), others, strict=True):
        keywords = {
            word.text: word
            for topic in profiles[int(owners[place])].topics
            for word in topic.keywords
        }
        paper = int(shown.papers[place])
        sentences = sentences_of(group.candidates[paper].paper)
        chosen = sentences.select(keyword_matches(matches), keywords)
        entries[place] = group.packer.entry(paper, float(scores[place]), matches, chosen)
    found: list[str] = entries.tolist()
    return found


def _has_aliases(profile: Profile) -> bool:
    return any(word.forms for topic in profile.topics for word in topic.keywords)


def _sections(
    profiles: Sequence[Profile], shown: RowMatches, entries: Sequence[str]
) -> list[list[PackedSection]]:
    """Returns the sections of each row.

    Args:
        profiles: Of the rows.
        shown: What is shown, in the order of the sections.
        entries: The packed entries of these papers.
    """
    is_first = np.ones(len(entries), dtype=np.bool_)
    is_first[1:] = shown.rows[1:] != shown.rows[:-1]
    is_first[1:] |= shown.topics[1:] != shown.topics[:-1]
    begins = np.flatnonzero(is_first)
    rows, topics = shown.rows[begins].tolist(), shown.topics[begins].tolist()
    found: list[list[PackedSection]] = [[] for _ in profiles]
    spans = pairwise((*begins.tolist(), len(entries)))
    for row, topic, (begin, end) in zip(rows, topics, spans, strict=True):
        found[row].append((profiles[row].topics[topic].name, entries[begin:end]))
    return found
