"""Small builders that make a test's scene."""

from datetime import UTC, date, datetime
from typing import Any

from digest.core.models.batches import Batch
from digest.core.models.editions import Candidate
from digest.core.models.papers import AnnouncementKind, Paper

NOW = datetime(2026, 5, 11, 6, 0, tzinfo=UTC)
TODAY = date(2026, 5, 11)


def paper(title: str = "A Study of Studies", abstract: str = "", **fields: Any) -> Paper:
    return Paper(title=title, abstract=abstract or f"We study {title.lower()}.", **fields)


def batch(*papers: Paper | str, source: str = "dumps", **fields: Any) -> Batch:
    made = tuple(paper(item) if isinstance(item, str) else item for item in papers)
    return Batch(source=source, origin=fields.pop("origin", "test.txt"), papers=made, **fields)


def candidate(item: Paper | str, paper_id: int = 1, **fields: Any) -> Candidate:
    return Candidate(
        paper_id=paper_id,
        revision_id=fields.pop("revision_id", paper_id),
        seq=fields.pop("seq", paper_id),
        kind=fields.pop("kind", AnnouncementKind.NEW),
        source=fields.pop("source", "dumps"),
        paper=paper(item) if isinstance(item, str) else item,
    )
