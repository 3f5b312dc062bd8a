"""Check of `digest doctor`: who is informed when something is wrong."""

from collections.abc import Iterator

from digest.doctor.findings import CheckContext, CheckResult, ok, warning


def check_monitoring(context: CheckContext) -> Iterator[CheckResult]:
    """Checks the settings for the operator's mail, the heartbeat and /metrics; sends nothing."""
    settings = context.settings()
    if settings.operator is None:
        yield ok(
            "nobody is told when a source falls silent or a run fails; to be told by mail, set"
            " DIGEST_OPERATOR: docs/watching.md"
        )
    elif settings.delivery_problem() or (
        settings.delivery != "smtp" and not settings.uses_local_relay
    ):
        yield warning(
            f"{settings.operator} is told nothing, as no mail leaves this machine; see DIGEST_DELIVERY"
        )
    # The program cannot report its own death; only somebody elsewhere can notice that it is silent.
    elif settings.heartbeat_url is None:
        yield ok(
            f"{settings.operator} is told; not of a machine or a mail server that is down, for which"
            " a monitor elsewhere needs DIGEST_HEARTBEAT_URL"
        )
    else:
        yield ok(f"{settings.operator} is told")
    if settings.heartbeat_url is not None:
        yield ok("a heartbeat goes out after each good run; it was not tried, as it would count")
    if settings.metrics_token is not None:
        yield ok("/metrics answers who shows DIGEST_METRICS_TOKEN")
