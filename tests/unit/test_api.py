import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

import digest
from digest.api import _moment


def test_every_name_of_the_api_can_be_imported() -> None:
    for name in digest.__all__:
        assert getattr(digest, name) is not None
    assert set(digest.__all__) <= set(dir(digest))


def test_a_name_that_is_not_in_the_api_is_refused() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'letters'"):
        getattr(digest, "letters")  # noqa: B009 - mypy knows that it is missing


def test_importing_the_package_loads_neither_database_nor_renderer() -> None:
    program = (
        "import sys, digest;"
        "print([name for name in ('sqlalchemy', 'pydantic', 'jinja2') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(digest.DigestError, match="no time zone"):
        _moment(datetime(2026, 5, 11))  # noqa: DTZ001 - the point of the test


def test_papers_are_ranked_without_a_home() -> None:
    papers = [
        digest.Paper(title="A Compressed KV Cache", abstract="We compress the KV cache."),
        digest.Paper(title="A Survey of Bees", abstract="We count bees."),
    ]
    profile = digest.parse_profile(
        'email = "a@example.org"\n[[topics]]\nname = "Caches"\nkeywords = ["KV cache"]\n'
    )
    assert [item.candidate.paper for item in digest.rank(papers, profile)] == papers[:1]
    everything = digest.rank(papers, profile, keep_all=True)
    assert [item.score > 0 for item in everything] == [True, False]


def test_the_api_page_names_every_name() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text("utf-8")
    missing = [name for name in digest.__all__ if f"`{name}" not in page]
    assert not missing
