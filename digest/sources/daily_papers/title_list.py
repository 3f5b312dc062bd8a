"""Parses Daily Papers pages of which only the titles, or titles and blurbs, are left.

    list   = header page-date body          header and page-date as in `text_dump`
    body   = title+                         one title on each line
           | (title blurb)+                 one line each

A body has no blank lines, or one between every two cards and none elsewhere. Counters (`-`,
`12`, `3.29k`) are ignored, because they do not say what they count. A line or a card that
occurs twice in a row counts once. Titles and blurbs differ in how they end: a blurb ends with a
full stop, an ellipsis, `!` or `?`; a title ends with neither of the first two. A body that fits
neither form, or both, is rejected.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter

from digest.core.batch_limits import MAX_PAPERS
from digest.core.models.batches import Batch
from digest.core.models.papers import Paper
from digest.errors import InputError
from digest.late_patterns import late_pattern
from digest.sources.daily_papers import text_dump
from digest.sources.daily_papers.dates import page_date
from digest.sources.daily_papers.page_text import page_lines

_STOPPED = re.compile(r"""(?:\.|…|。)['"”’)\]]*$""")
_BLURB_END = late_pattern(r"""[.!?…。！？]['"”’)\]]*$""")
_CREDITS = "•"  # only complete dumps have it
_ENOUGH = 4  # fewer lines may be the beginning of a dump, not a list of titles

_Line = tuple[int, str]  # line number, counted from 0, and text


def parse(
    data: bytes, *, source: str, origin: str, modified: datetime | None, now: datetime
) -> Batch:
    """Parses a list of titles, or of titles and blurbs, below the header of a page.

    Args:
        data: The content of the file, UTF-8.
        source: The name of the source.
        origin: The path of the file, for the batch and for error messages.
        modified: The modification time of the file, to infer the year; None if it is unknown.
        now: The current time. The date of the page is not after it.

    Returns:
        The papers in the order of the page. A blurb becomes the abstract.

    Raises:
        InputError: The data is not such a list, or titles and blurbs cannot be told apart.
    """
    lines = page_lines(data, origin)
    stated, start = text_dump.header(lines, origin)
    cards = _cards(_groups(lines, start), origin)
    return Batch(
        source=source,
        origin=origin,
        papers=tuple(
            Paper(title=title, abstract=blurb, position=position)
            for position, (title, blurb) in enumerate(cards[: MAX_PAPERS + 1], start=1)
        ),
        announced=page_date(stated, explicit=(), modified=modified, now=now),
        fingerprint=blake2b(data, digest_size=16).hexdigest(),
    )


def is_title_list(lines: Sequence[str], start: int, *, cut: bool = False) -> bool:
    """Returns whether the body of a page is such a list, and not a dump.

    A dump has blank lines around its titles and abstracts, and its abstracts end with a sentence.

    Args:
        lines: The lines of the page.
        start: The index of the first line of the body.
        cut: The lines are only the beginning of the page, so the last one may be incomplete.
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
    # Fewer lines may be the wrapped first title of a dump.
    if len(groups) == 1:
        return len(groups[0]) >= _ENOUGH
    return sizes == {2}


def _groups(lines: Sequence[str], start: int) -> list[list[_Line]]:
    """Returns the groups of lines between blank lines, without counters and repeated lines."""
    texts = [(index, text_dump.clean(lines[index])) for index in range(start, len(lines))]
    without_counters = [item for item in texts if not item[1] or not text_dump.is_counter(item[1])]
    unrepeated = [next(equal) for _, equal in groupby(without_counters, key=itemgetter(1))]
    groups = groupby(unrepeated, key=lambda item: bool(item[1]))
    return [list(group) for has_text, group in groups if has_text]


def _cards(groups: Sequence[Sequence[_Line]], origin: str) -> list[tuple[str, str]]:
    """Returns the title and the blurb of each card; the blurb is empty if there is none."""
    lines = [line for group in groups for line in group]
    if not lines:
        raise InputError("there are no papers after the page's header", file=origin)
    if len(groups) > 1 and {len(group) for group in groups} not in ({1}, {2}):
        odd = next(group for group in groups if len(group) != len(groups[0]))
        raise _ambiguous("this card does not have as many lines as the first one", odd[0], origin)
    if len(groups) == 1 or len(groups[0]) == 1:
        ended = next((line for line in lines if _STOPPED.search(line[1])), None)
        if ended is None:
            return _unrepeated([(text, "") for _, text in lines])
        if len(groups) > 1:
            raise _ambiguous(
                "every block is a title, but this one ends like a blurb", ended, origin
            )
    return _unrepeated(_pairs(lines, origin))


def _pairs(lines: Sequence[_Line], origin: str) -> list[tuple[str, str]]:
    """Returns the pairs of title and blurb from lines that alternate."""
    # Not strict: an odd last line is reported below, with a better message.
    for title, blurb in zip(lines[::2], lines[1::2], strict=False):
        if _STOPPED.search(title[1]):
            raise _ambiguous("a title was expected, this ends like a blurb", title, origin)
        if not _BLURB_END.search(blurb[1]):
            raise _ambiguous("a blurb was expected, this ends like a title", blurb, origin)
    if len(lines) % 2:
        raise _ambiguous("the file ends before its blurb", lines[-1], origin)
    return [(title, blurb) for (_, title), (_, blurb) in zip(lines[::2], lines[1::2], strict=True)]


def _unrepeated(cards: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [card for card, _ in groupby(cards)]


def _ambiguous(problem: str, line: _Line, origin: str) -> InputError:
    # An error and not a guess, which could store blurbs as papers.
    index, text = line
    return InputError(
        f"{problem}: {text_dump.excerpt(text)}; titles and blurbs cannot be told apart here",
        file=origin,
        line=index + 1,
    )
