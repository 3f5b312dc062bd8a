"""What the holder of a token of the HTTP API may do."""

from enum import StrEnum


class Scope(StrEnum):
    """One right of a token."""

    PAPERS_READ = "papers:read"
    SUBSCRIPTIONS_READ = "subscriptions:read"
    SUBSCRIPTIONS_WRITE = "subscriptions:write"
    EDITIONS_READ = "editions:read"
    FEEDBACK_WRITE = "feedback:write"
    RUNS_READ = "runs:read"
    RUNS_WRITE = "runs:write"
    WEBHOOKS_WRITE = "webhooks:write"


MEANINGS: dict[Scope, str] = {
    Scope.PAPERS_READ: "search and read papers; rank them with a profile, and try a profile",
    Scope.SUBSCRIPTIONS_READ: "read subscriptions with their addresses, profiles and feedback",
    Scope.SUBSCRIPTIONS_WRITE: "start, change, pause, resume and stop subscriptions",
    Scope.EDITIONS_READ: "read digests that were made",
    Scope.FEEDBACK_WRITE: "say for a reader what a paper is worth, and take it back",
    Scope.RUNS_READ: "read what the jobs did",
    Scope.RUNS_WRITE: "ask the scheduler to run a job now",
    Scope.WEBHOOKS_WRITE: "list, add, resume and remove webhooks",
}
"""What each scope allows, for the help of the commands and the pages."""


def parse_scopes(names: list[str]) -> tuple[Scope, ...]:
    """Returns the scopes with these names, each once, in their usual order.

    Args:
        names: Names of scopes; `all` means every one.

    Raises:
        ValueError: A name is no scope, or there is none.
    """
    wanted = {name.strip() for text in names for name in text.split(",") if name.strip()}
    if "all" in wanted:
        return tuple(Scope)
    unknown = sorted(wanted - {scope.value for scope in Scope})
    if unknown or not wanted:
        raise ValueError(
            f"{unknown[0]!r} is no scope" if unknown else "a token without a scope allows nothing"
        )
    return tuple(scope for scope in Scope if scope.value in wanted)
