"""How many requests a service gets in a day (UTC), and what it says itself about its budget.

Only OpenAlex has a budget of the day: an amount of money, of which each request takes a part
(https://developers.openalex.org/api-reference/authentication). The others limit requests in a second;
for them the numbers are what a small installation needs at most, so that an error in a table of
sources.toml cannot send hundreds of thousands.
"""

from collections.abc import Mapping
from hashlib import sha256
from math import isfinite

from msgspec import Struct

DAILY_REQUESTS: Mapping[str, int] = {
    "arxiv": 2_000,
    "biorxiv": 5_000,
    "crossref": 10_000,
    "huggingface": 5_000,
    "openalex": 10_000,  # lists for one dollar
    "pubmed": 5_000,
    "semanticscholar": 5_000,
    "zotero": 5_000,
}
"""The requests of a day, for each service that is counted."""

_WITHOUT_KEY = {"openalex": 1_000, "semanticscholar": 1_000}  # a tenth of the budget; shared by all

NO_KEY = "no key"


class ReportedBudget(Struct, frozen=True, kw_only=True):
    """What a service says about the budget of the day."""

    remaining: float
    limit: float
    unit: str

    @property
    def is_spent(self) -> bool:
        """Whether nothing remains."""
        return self.remaining <= 0.0


def daily_limit(service: str, *, has_key: bool, chosen: Mapping[str, int]) -> int:
    """Returns how many requests may be sent in a day with one credential.

    Args:
        service: one of `DAILY_REQUESTS`.
        has_key: whether the operator has a key of the service.
        chosen: what the operator has set, by service.
    """
    if service in chosen:
        return chosen[service]
    usual = DAILY_REQUESTS[service]
    return usual if has_key else _WITHOUT_KEY.get(service, usual)


def credential_name(key: str | None) -> str:
    """Returns a name for a key that does not reveal it."""
    return f"key {sha256(key.encode()).hexdigest()[:8]}" if key else NO_KEY


def reported_budget(headers: Mapping[str, str]) -> ReportedBudget | None:
    """Returns what the headers of an answer say about the budget of the day; None if nothing.

    Limits for a second or a minute, which most services send, are no budget of the day.
    """
    remaining = _number(headers.get("x-ratelimit-remaining-usd"))
    limit = _number(headers.get("x-ratelimit-limit-usd"))
    if remaining is None or limit is None:
        return None
    return ReportedBudget(remaining=remaining, limit=limit, unit="USD")


def _number(text: str | None) -> float | None:
    try:
        number = float(text[:40]) if text else None
    except ValueError:
        return None
    return number if number is not None and isfinite(number) and abs(number) < 1e12 else None
