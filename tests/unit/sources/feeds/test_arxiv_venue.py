"""The venue that authors name in their comment on arXiv."""

import pytest

from digest.sources.feeds.arxiv_venue import venue


@pytest.mark.parametrize(
    "comment, name",
    [
        ("Accepted at OwlConf 2026", "OwlConf 2026"),
        (
            "12 pages, 3 figures. Accepted to the Journal of Owls. Code is public.",
            "Journal of Owls",
        ),
        ("accepted by IEEE/OWL 2026, project page: https://owls.example", "IEEE/OWL 2026"),
        ("To appear in Proceedings of OWL-26 (oral)", "Proceedings of OWL-26"),
        ("Accepted as a conference paper at OWL 2026", "OWL 2026"),
        ("Accepted for publication in Owl\n  Letters", "Owl Letters"),
        ("Accepted at OWL 2026 as a short paper", "OWL 2026"),
        ("Accepted by OWL 2026 and code is at https://owls.example", "OWL 2026"),
        ("9 pages, submitted to OWL 2026", ""),
        ("Accepted", ""),
        ("accepted by a journal", ""),
        ("Code will be released upon acceptance at OWL", ""),
        ("", ""),
    ],
)
def test_the_venue_stands_after_the_word_accepted(comment: str, name: str) -> None:
    assert venue("", comment) == name


def test_the_journal_reference_comes_first() -> None:
    assert venue("Owl Lett. 7\n (2026) 1-9", "Accepted at OwlConf") == "Owl Lett. 7 (2026) 1-9"


def test_a_long_comment_gives_a_short_venue() -> None:
    assert len(venue("", "Accepted at " + "Owl " * 1000)) < 80
