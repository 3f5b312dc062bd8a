"""Finds the journal or conference of a paper in what its authors told arXiv.

arXiv has two fields for it: the journal reference, which is rare, and a free comment, in which a
quarter of the authors write sentences such as “Accepted at ...”.
"""

import re

from digest.core.batch_limits import MAX_VENUE
from digest.core.text.html_text import html_line

_MAX_COMMENT = 1_000  # characters that are read
_ACCEPTED = re.compile(
    r"\b(?i:accepted|to appear|appears|published|presented)"
    r"(?i: as (?:an? )?[a-z]{1,12}(?: paper| presentation)?| for publication| for presentation)?"
    r"(?i: at| in| by| to| for) (?:the )?(?P<venue>[A-Z0-9][^.;,:()]{1,78})"
)
# What follows the name: "CVPR 2026 as a short paper".
_AFTER = re.compile(r" (?:as|and|with|under|where|code|project)\b", re.IGNORECASE)


def venue(journal_ref: str, comment: str) -> str:
    """Returns the name of the venue; empty if the authors name none.

    Args:
        journal_ref: the journal reference, or empty.
        comment: the comment, or empty.
    """
    if journal := html_line(journal_ref, limit=MAX_VENUE):
        return journal
    found = _ACCEPTED.search(html_line(comment, limit=_MAX_COMMENT))
    if found is None:
        return ""
    return _AFTER.split(found["venue"], maxsplit=1)[0].strip()
