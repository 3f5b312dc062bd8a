"""How many requests a service gets in a day, and what its headers say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.schedule.request_budgets import (
    DAILY_REQUESTS,
    NO_KEY,
    ReportedBudget,
    credential_name,
    daily_limit,
    reported_budget,
)


def test_the_operators_number_counts_before_the_usual_one() -> None:
    assert daily_limit("openalex", has_key=True, chosen={"openalex": 7}) == 7
    assert daily_limit("openalex", has_key=True, chosen={"pubmed": 7}) == 10_000


def test_without_a_key_fewer_requests_are_sent_to_services_that_give_a_key_more() -> None:
    fewer = {
        name
        for name in DAILY_REQUESTS
        if daily_limit(name, has_key=False, chosen={}) < daily_limit(name, has_key=True, chosen={})
    }
    assert fewer == {"openalex", "semanticscholar"}


def test_a_key_gets_a_name_that_does_not_contain_it() -> None:
    key = "0123456789abcdef"
    assert credential_name(key) == credential_name(key) != credential_name(key + "0")
    assert not any(key[i : i + 5] in credential_name(key) for i in range(len(key) - 4))
    assert credential_name(None) == credential_name("") == NO_KEY


def test_a_budget_of_the_day_is_read_and_a_limit_of_a_second_is_not() -> None:
    said = {"x-ratelimit-limit-usd": "1", "x-ratelimit-remaining-usd": "0.9985"}
    budget = ReportedBudget(remaining=0.9985, limit=1.0, unit="USD")
    assert reported_budget(said) == budget
    assert not budget.is_spent
    assert reported_budget({"x-rate-limit-limit": "50", "x-rate-limit-interval": "1s"}) is None
    assert reported_budget({"x-ratelimit-limit": "10", "x-ratelimit-remaining": "9"}) is None


@pytest.mark.parametrize("rest", ["0", "-0.0001"])
def test_a_budget_is_spent_when_nothing_remains(rest: str) -> None:
    said = {"x-ratelimit-limit-usd": "1", "x-ratelimit-remaining-usd": rest}
    found = reported_budget(said)
    assert found
    assert found.is_spent


@given(st.text(max_size=50), st.text(max_size=50))
def test_any_header_is_a_number_or_nothing(limit: str, rest: str) -> None:
    found = reported_budget({"x-ratelimit-limit-usd": limit, "x-ratelimit-remaining-usd": rest})
    assert found is None or abs(found.remaining) < 1e12
