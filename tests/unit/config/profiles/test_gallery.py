"""Every starter profile is a good profile, and a copy of it differs in the reader's values alone."""

import re

import pytest

from digest.config.profiles import lint as profile_lint
from digest.config.profiles import loader as profile_loader
from digest.config.profiles.gallery import (
    StarterProfile,
    find,
    personal_copy,
    starter_profiles,
)
from digest.core.profiles.arxiv_categories import CATEGORIES
from digest.errors import UsageError

STARTERS = tuple(starter_profiles())


def by_name(starter: StarterProfile) -> str:
    return starter.name


@pytest.mark.parametrize("starter", STARTERS, ids=by_name)
def test_a_starter_profile_has_no_errors_and_no_warnings(starter: StarterProfile) -> None:
    assert profile_loader.problems(starter.text, starter.name) == []
    assert profile_lint.warnings(starter.text) == []


@pytest.mark.parametrize("starter", STARTERS, ids=by_name)
def test_a_starter_profile_has_two_or_three_topics_of_six_to_twelve_keywords(
    starter: StarterProfile,
) -> None:
    topics = profile_loader.parse(starter.text, file=starter.name).profile.topics
    assert 2 <= len(topics) <= 3
    assert all(6 <= len(topic.keywords) <= 12 for topic in topics)


@pytest.mark.parametrize("starter", STARTERS, ids=by_name)
def test_a_starter_profile_names_arxiv_categories_that_exist(starter: StarterProfile) -> None:
    sources = re.search(r"^# Sources that fit: (.+)\.$", starter.text, re.MULTILINE)
    assert sources
    arxiv = re.search(r"arXiv ([^;]+)", sources[1])
    assert arxiv
    assert [name for name in arxiv[1].split(", ") if name not in CATEGORIES] == []


def test_names_and_descriptions_differ_and_fit_on_a_line() -> None:
    assert len(STARTERS) >= 16
    assert len({starter.description for starter in STARTERS}) == len(STARTERS)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", starter.name) for starter in STARTERS)
    width = max(len(starter.name) for starter in STARTERS)
    assert max(len(starter.description) for starter in STARTERS) + width + 2 <= 120


@pytest.mark.parametrize("starter", STARTERS, ids=by_name)
def test_a_copy_has_the_readers_values_and_every_other_line(starter: StarterProfile) -> None:
    copy = personal_copy(starter, email="ada@example.org", timezone="Europe/Paris", max_papers=7)
    pairs = zip(starter.text.splitlines(), copy.splitlines(), strict=True)
    assert [new for old, new in pairs if old != new] == [
        'email = "ada@example.org"',
        'timezone = "Europe/Paris"',
        "max_papers = 7",
    ]


def test_a_copy_keeps_the_number_of_papers_unless_another_one_is_given() -> None:
    copy = personal_copy(STARTERS[0], email="ada@example.org", timezone="UTC", max_papers=None)
    assert "\nmax_papers = 15\n" in copy


def test_a_copy_for_an_address_that_cannot_be_used_is_refused() -> None:
    with pytest.raises(UsageError):
        personal_copy(STARTERS[0], email="nobody", timezone="UTC", max_papers=None)


@pytest.mark.parametrize(
    "name, says",
    [
        ("climat", 'has the name "climat"; did you mean "climate"? The names are: ai-safety, '),
        ("zzz", 'has the name "zzz"; the names are: ai-safety, '),
        ("../nlp", 'did you mean "nlp"? The names are'),
    ],
)
def test_an_unknown_name_is_refused_with_a_list_of_the_names(name: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        find(name)
    assert says in str(refused.value)
    assert all(starter.name in str(refused.value) for starter in STARTERS)
