"""Titles that say that a paper is withdrawn or retracted, or that are notices about another one."""

import re

from digest.core.models.papers import AnnouncementKind

_PREFIX = re.compile(
    r"\s{0,9}[\[(]?\s{0,9}(?P<what>withdrawn|removed|retracted)"
    r"(?:\s{1,9}(?:article|paper|preprint))?\s{0,9}(?:[\])]\s{0,9}[:.–—-]?|[:–—]|\s-\s)\s{0,9}(?=\S)",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"\s{0,9}[\[(](?P<what>withdrawn|retracted)[\])]\s{0,9}\Z", re.IGNORECASE)
_NOTICE = re.compile(
    r"\s{0,9}(?:publisher|author)?\W{0,2}s?\s{0,9}(?P<what>correction|corrigendum|erratum|retraction|withdrawal)"
    r"(?:\s{1,9}notice)?(?:\s{1,9}(?:to|for)\b)\s{0,9}[:\"“‘']?\s{0,9}|"
    r"\s{0,9}(?:publisher|author)?\W{0,2}s?\s{0,9}(?P<colon>correction|corrigendum|erratum|retraction)\s{0,9}:\s{0,9}",
    re.IGNORECASE,
)


def withdrawn_title(title: str) -> tuple[str, AnnouncementKind | None]:
    """Splits a mark such as "WITHDRAWN: " from a title.

    Returns:
        The title without the mark, and `WITHDRAWN` or `RETRACTED`; the title itself and None if
        there is no mark.
    """
    for pattern in (_PREFIX, _SUFFIX):
        if found := pattern.match(title) if pattern is _PREFIX else pattern.search(title):
            is_retracted = found["what"].casefold().startswith("retract")
            rest = title[: found.start()] + title[found.end() :]
            kind = AnnouncementKind.RETRACTED if is_retracted else AnnouncementKind.WITHDRAWN
            return rest.strip(), kind
    return title, None


def noticed_title(title: str) -> str | None:
    """Returns the title that a notice such as "Correction to: ..." is about; None if it is no notice."""
    found = _NOTICE.match(title)
    return title[found.end() :].rstrip("\"”’' ") if found else None
