"""docs/profiles.md is true: its profiles are good, its keywords find what it says."""

import re
from pathlib import Path

import pytest

from digest.config.profiles.lint import warnings
from digest.config.profiles.loader import parse, problems
from digest.config.profiles.schema import ProfileTables, TopicTable
from digest.config.tables.keys import keys_of
from digest.core.editions.compose import NEAR_IDENTICAL_SIMILARITY
from digest.core.keywords.paper_index import PaperIndex, tokenize_paper
from digest.core.keywords.parser import parse_all
from digest.core.models.editions import Candidate
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.models.profiles import Keyword
from digest.core.profiles.coverage import matching_papers
from digest.core.profiles.lint import ENOUGH_PAPERS

PAGE = Path(__file__).resolve().parents[3].joinpath("docs", "profiles.md").read_text("utf-8")
PROFILES = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def rows(heading: str) -> list[tuple[str, ...]]:
    table = PAGE.partition(f"\n| {heading} |")[2].partition("\n\n")[0]
    found = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    assert found
    return [tuple(cell.strip() for cell in row) for row in found]


def finds(keyword: Keyword, text: str) -> bool:
    given = {
        "author": {"title": "", "authors": (text,)},
        "category": {"title": "", "categories": (text,)},
        "institution": {"title": "", "connections": (f"affiliation: {text}",)},
        "venue": {"title": "", "venue": text},
    }
    fields = given.get(keyword.field, {"title": text})
    item = Candidate(
        paper_id=1,
        revision_id=1,
        seq=1,
        kind=AnnouncementKind.NEW,
        source="s",
        paper=Paper(**fields),  # type: ignore[arg-type]
    )
    return bool(matching_papers(keyword, PaperIndex([tokenize_paper(item)])))


@pytest.mark.parametrize("text", PROFILES)
def test_its_profiles_are_good_and_without_a_warning(text: str) -> None:
    assert problems(text, "profile") == []
    assert warnings(text) == []


def test_its_first_profile_has_every_key() -> None:
    keys = set(re.findall(r"^(\w+) =", PROFILES[0], re.MULTILINE))
    assert keys == {*keys_of(ProfileTables), *keys_of(TopicTable)} - {"topics"}


@pytest.mark.parametrize("row", rows("written | finds | does not find"), ids=lambda row: row[0])
def test_its_keywords_find_what_it_says_and_no_more(row: tuple[str, ...]) -> None:
    included, excluded = parse_all([row[0].strip("`")])
    (keyword,) = (*included, *excluded)
    found, not_found = (re.findall(r'"([^"]+)"', cell) for cell in [*row[1:], "", ""][:2])
    assert [text for text in found if not finds(keyword, text)] == []
    assert [text for text in not_found if finds(keyword, text)] == []
    assert bool(excluded) is row[0].startswith("`-")


def with_line(written: str, said: str) -> str:
    line = written.strip("`")
    alone = line.startswith("keywords") or "min_match" in said
    other = "" if alone else 'keywords = ["KV cache"]\n'
    return f'email = "a@example.org"\n[[topics]]\nname = "T"\n{other}{line}\n'


@pytest.mark.parametrize("row", rows("written | error"), ids=lambda row: row[0])
def test_its_errors_are_the_programs(row: tuple[str, ...]) -> None:
    (found,) = problems(with_line(*row), "profile")
    assert found.problem == row[1]
    assert None not in (found.line, found.column)


@pytest.mark.parametrize("row", rows("written | warning"), ids=lambda row: row[0])
def test_its_warnings_are_the_programs(row: tuple[str, ...]) -> None:
    (found,) = warnings(with_line(*row))
    assert found.text == row[1]
    assert None not in (found.line, found.column)


def test_its_numbers_are_the_programs() -> None:
    assert f"share {NEAR_IDENTICAL_SIMILARITY:.0%} of".replace("%", " %") in PAGE
    assert f"at least {ENOUGH_PAPERS} papers" in PAGE


def test_its_aliases_do_what_it_says() -> None:
    text = next(text for text in PROFILES if "topics.aliases" in text)
    models, economics = parse(text, file="p").profile.topics
    assert [len(word.forms) for word in models.keywords] == [2, 1]
    assert [[form.term for form in word.forms] for word in economics.keywords] == [
        ["margin of error"],
        [],
    ]
