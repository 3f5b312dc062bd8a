"""Titles of what journals register beside their papers: tables of contents, indexes, book reviews."""

import re

_NAMES = (
    r"issue information|editorial board|table of contents|contents|front matter|back matter|masthead"
    r"|title pages?|cover (?:image|picture|art)|calendar(?: of events)?|books? received"
    r"|index to advertisers|(?:author|subject|reviewer|cumulative) index|list of reviewers"
    r"|instructions (?:for|to) authors"
)
_WHOLE = re.compile(
    rf"\W{{0,3}}(?:{_NAMES})(?:\s?[(\[:,–—-].{{0,100}}|\s(?:of|to|for)\s.{{0,200}}"
    r"\b(?:volume|vol|issue|no)\b.{0,30})?\W{0,3}",
    re.IGNORECASE | re.DOTALL,
)
_BEGINNING = re.compile(
    r"\W{0,3}(?:book reviews?|publisher['’]?s notes?|index to volume|in this issue)\s{0,3}(?:[:.–—-]|\d|\Z)",
    re.IGNORECASE,
)


def is_front_matter(title: str) -> bool:
    """Returns whether a title is that of a part of an issue, or of a review of a book."""
    return bool(_WHOLE.fullmatch(title) or _BEGINNING.match(title))
