"""What the message of an edition shows."""

from support.builders import TODAY, candidate

from digest.core.editions.shown import shown_edition
from digest.core.models.editions import Edition, EditionEntry, Section


def entry(title: str, score: float | None = None) -> EditionEntry:
    return EditionEntry(candidate=candidate(title), score=score)


def test_the_bibliography_has_the_papers_that_matched_also_those_beyond_the_limit() -> None:
    edition = Edition(
        local_date=TODAY,
        sections=(
            Section(topic="A", entries=(entry("One", 80.0),)),
            Section(topic="B", entries=(entry("Two", 90.0),)),
        ),
        surplus=(entry("Three"),),
        trending=(entry("Not Matched"),),
    )
    titles = [paper.title for paper in shown_edition(edition).matched_papers]
    assert titles == ["One", "Two", "Three"]
