"""Headings in the text of structured abstracts."""

import re

_TITLES = (
    "Abstract|Aims?|Background|Conclusions?|Design|Discussion|Findings|Funding|Importance"
    "|Interpretation|Introduction|Methods?|Motivation|Objectives?|Purpose|Rationale|Results?"
    "|Significance|Summary|Approach|Main Results|Background and Objectives?|Materials? and Methods?"
    "|Methods and Findings|Availability and Implementation|Supplementary Information|Hypothesis"
    "|Setting|Participants|Highlights|Key ?words?|Limitations|Trial Registration"
    "|BACKGROUND|METHODS|RESULTS|CONCLUSIONS?|OBJECTIVES?|PURPOSE|INTRODUCTION|AIMS?"
)

GLUED_HEADING = re.compile(
    rf"(?P<before>(?:\A|[\n.;:?!)\]])\s{{0,9}})(?P<title>{_TITLES})(?=[A-Z](?:[a-z]|\b|[A-Z0-9-]))"
)
"""A heading that is glued to its text: "ResultsWe found"."""

_ABSTRACT = re.compile(
    r"\A\s*(?:abstract|summary)(?:\s+paragraph)?"
    r"(?:\s*[:.\n–—-]\s*|\s+(?=[A-Z])|(?=[A-Z][a-z]))",
    re.IGNORECASE,
)


def without_abstract_heading(text: str) -> str:
    """Returns an abstract without the heading "Abstract" or "Summary".

    "Summary statistics show ..." is no heading.
    """
    found = _ABSTRACT.match(text)
    if not found:
        return text
    rest = text[found.end() :]
    # Ignoring case, `[A-Z]` above also matches small letters.
    is_heading = rest[:1].isupper() or rest[:1].isdigit() or found[0].rstrip()[-1:] in ":.-–—"
    return rest if is_heading else text
