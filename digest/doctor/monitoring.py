"""What `digest doctor` says of who hears when something is wrong."""

from collections.abc import Iterator

from digest.doctor.findings import CheckContext, CheckResult, ok, warning


def watching(place: CheckContext) -> Iterator[CheckResult]:
    """The operator's mail, the heartbeat and /metrics; nothing is sent or fetched."""
    chosen = place.settings()
    if chosen.operator is None:
        yield ok(
            "nobody is told when a source falls silent or a run fails; to be told by mail, set"
            " DIGEST_OPERATOR: docs/watching.md"
        )
    elif chosen.delivery_problem() or (chosen.delivery != "smtp" and not chosen.relays_here):
        yield warning(
            f"{chosen.operator} is told nothing, as no mail leaves this machine; see DIGEST_DELIVERY"
        )
    elif chosen.heartbeat_url is None:
        yield ok(
            f"{chosen.operator} is told; not of a machine or a mail server that is down, for which"
            " a monitor elsewhere needs DIGEST_HEARTBEAT_URL"
        )
    else:
        yield ok(f"{chosen.operator} is told")
    if chosen.heartbeat_url is not None:
        yield ok("a heartbeat goes out after each good run; it was not tried, as it would count")
    if chosen.metrics_token is not None:
        yield ok("/metrics answers who shows DIGEST_METRICS_TOKEN")
