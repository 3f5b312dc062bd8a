"""Daily Papers pages of which only lines are left: bytes to Batch.

    list   = header page-date body          header and page-date as in `digest.sources.dump`
    body   = title+                         one title a line
           | (title blurb)+                 one line each

Blank lines stand nowhere in a body, or between all its cards and nowhere else. Counters
(`-`, `12`, `3.29k`) are passed over: what they count is not said. A line, or a card, that is
printed twice in a row counts once. Titles and blurbs are told apart by how they end: a blurb
in a full stop, an ellipsis, `!` or `?`, a title in neither of the first two. A body that
follows no reading, or more than one, is refused.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter

from digest.core.models.batches import Batch
from digest.core.models.papers import Paper
from digest.errors import InputError
from digest.sources.daily_papers import text_dump
from digest.sources.daily_papers.dates import page_date

_STOPPED = re.compile(r"""(?:\.|…|。)['"”’)\]]*$""")
_BLURB_END = re.compile(r"""[.!?…。！？]['"”’)\]]*$""")
_CREDITS = "•"  # of a whole dump
_ENOUGH = 4  # lines that make a list of titles, and no beginning of a dump

_Line = tuple[int, str]  # counted from 0


def parse(
    data: bytes, *, source: str, origin: str, modified: datetime | None, now: datetime
) -> Batch:
    """Read a list of titles, or of titles and blurbs, under a page's header.

    Args:
        data: the file's bytes, UTF-8.
        source: the source's name.
        origin: the file's path, for the batch and for errors.
        modified: when the file was last changed, if that is known; helps to find the year.
        now: the present; the page's date is not after it.

    Returns:
        The papers in the page's order; the blurb, if there is one, is the abstract.

    Raises:
        InputError: the bytes are no such list, or can be read in more than one way.
    """
    lines = text_dump.decode(data, origin).split("\n")
    stated, start = text_dump.header(lines, origin)
    cards = _cards(_groups(lines, start), origin)
    return Batch(
        source=source,
        origin=origin,
        papers=tuple(
            Paper(title=title, abstract=blurb, position=position)
            for position, (title, blurb) in enumerate(cards, start=1)
        ),
        announced=page_date(stated, explicit=(), modified=modified, now=now),
        fingerprint=blake2b(data, digest_size=16).hexdigest(),
    )


def is_bare(lines: Sequence[str], start: int, *, cut: bool = False) -> bool:
    """Whether a page's body, from this line on, is laid out like such a list, not like a dump.

    A dump has its titles and abstracts between blank lines, and abstracts end sentences.
    `cut`: the lines are the beginning of more, and the last of them may not be whole.
    """
    groups = _groups(lines, start)
    if cut and len(groups) > 1:
        groups.pop()
    if any(text.startswith(_CREDITS) for group in groups for _, text in group):
        return False
    sizes = {len(group) for group in groups}
    if sizes == {1}:
        stopped = any(_STOPPED.search(group[0][1]) for group in groups)
        return len(groups) >= _ENOUGH and not stopped
    if len(groups) == 1:  # fewer lines may be a dump's first title, wrapped
        return len(groups[0]) >= _ENOUGH
    return sizes == {2}


def _groups(lines: Sequence[str], start: int) -> list[list[_Line]]:
    """The body's runs of lines, without counters and repeated lines."""
    texts = [(index, text_dump.clean(lines[index])) for index in range(start, len(lines))]
    kept = [item for item in texts if not item[1] or not text_dump.is_counter(item[1])]
    once = [next(same) for _, same in groupby(kept, key=itemgetter(1))]
    runs = groupby(once, key=lambda item: bool(item[1]))
    return [list(run) for filled, run in runs if filled]


def _cards(groups: Sequence[Sequence[_Line]], origin: str) -> list[tuple[str, str]]:
    lines = [line for group in groups for line in group]
    if not lines:
        raise InputError("the page's header, and no papers after it", file=origin)
    if len(groups) > 1 and {len(group) for group in groups} not in ({1}, {2}):
        odd = next(group for group in groups if len(group) != len(groups[0]))
        raise _refused("a card of another number of lines than those before it", odd[0], origin)
    if len(groups) == 1 or len(groups[0]) == 1:
        ended = next((line for line in lines if _STOPPED.search(line[1])), None)
        if ended is None:
            return _unrepeated([(text, "") for _, text in lines])
        if len(groups) > 1:
            raise _refused("a title a block, and this one ends like a sentence", ended, origin)
    return _unrepeated(_pairs(lines, origin))


def _pairs(lines: Sequence[_Line], origin: str) -> list[tuple[str, str]]:
    """Titles and blurbs in turn."""
    for title, blurb in zip(lines[::2], lines[1::2], strict=False):
        if _STOPPED.search(title[1]):
            raise _refused("a title was expected, this ends like a blurb", title, origin)
        if not _BLURB_END.search(blurb[1]):
            raise _refused("a blurb was expected, this ends like a title", blurb, origin)
    if len(lines) % 2:
        raise _refused("the file ends before its blurb", lines[-1], origin)
    return [(title, blurb) for (_, title), (_, blurb) in zip(lines[::2], lines[1::2], strict=True)]


def _unrepeated(cards: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [card for card, _ in groupby(cards)]


def _refused(problem: str, line: _Line, origin: str) -> InputError:
    index, text = line
    return InputError(
        f"{problem}: {text_dump.excerpt(text)}; titles and blurbs cannot be told apart here",
        file=origin,
        line=index + 1,
    )
