"""The report of `digest profile check` on a profile, as text and as JSON."""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from digest.cli.output import json as json_output
from digest.cli.output.text import table
from digest.core.text.plurals import count

if TYPE_CHECKING:
    from digest.core.profiles.keyword_report import KeywordReport, ProfileReport

DAYS = 30


def as_json(report: "ProfileReport") -> dict[str, Any]:
    """Returns the report as a JSON value."""
    return {
        "days": DAYS,
        "papers": report.papers,
        "matched": report.matched,
        "min_match": report.min_match,
        "keywords": [
            {
                "topic": item.topic,
                "keyword": item.keyword,
                "lemmas": list(item.forms.lemmas),
                "other_forms": list(item.forms.other_forms),
                "abbreviations": list(item.forms.abbreviations),
                "rare_words": list(item.forms.rare_words),
                "near": item.forms.near,
                "papers": item.papers,
                "matched": item.matched,
            }
            for item in report.keywords
        ],
        "near_misses": json_output.ranked(report.near_misses, {})["ranked"],
        "suggestions": [
            {"topic": item.topic, "keyword": item.keyword, "papers": item.papers}
            for item in report.suggestions
        ],
    }


def lines(report: "ProfileReport") -> Iterator[str]:
    """Yields the report as text."""
    from digest.cli.output import matches
    from digest.core.text.display import display_title

    if report.papers:
        match = f"{report.matched:,} match (min_match {report.min_match:g})"
        yield f"  {count(report.papers, 'paper')} in the last {DAYS} days, {match}"
    else:
        yield f"  no papers are stored from the last {DAYS} days, so these are the forms alone"
    for topic, keywords in groupby(report.keywords, key=lambda item: item.topic):
        yield ""
        yield f"  {topic}"
        heads = (
            ("keyword", "found in", "matched", "finds also")
            if report.papers
            else ("keyword", "finds also")
        )
        rows = [heads, *(_row(item, counted=bool(report.papers)) for item in keywords)]
        yield from (f"    {line}" for line in table(rows))
    if any(item.forms.near for item in report.keywords):
        yield ""
        yield "  A phrase also finds its words near each other, unless it is in quotes or has a field."
    if report.near_misses:
        yield ""
        yield "  Just below min_match"
        for item in report.near_misses:
            yield f"    {item.score:4.1f}  {display_title(item.candidate.paper)}"
            yield f"          {matches.reason(item.matches) or 'no keyword brought a point'}"
    if report.suggestions:
        yield ""
        yield "  In the best papers, and not in your keywords"
        for topic, suggested in groupby(report.suggestions, key=lambda item: item.topic):
            words = ", ".join(f"{item.keyword} ({item.papers})" for item in suggested)
            yield f"    {topic}: {words}"


def _row(item: "KeywordReport", *, counted: bool) -> tuple[str, ...]:
    forms = item.forms
    own = forms.lemmas[1:]  # aliases
    also = ", ".join([*own, *forms.other_forms, *forms.abbreviations, *forms.rare_words])
    numbers = (f"{item.papers:,}".rjust(8), f"{item.matched:,}".rjust(7)) if counted else ()
    return (item.keyword, *numbers, also or "")
