"""Check of `digest doctor`: who is informed when something is wrong."""

from collections.abc import Iterator

from digest.doctor.findings import CheckContext, CheckResult, ok, warning


def check_monitoring(context: CheckContext) -> Iterator[CheckResult]:
    """Checks the settings for the operator's mail, the heartbeat and /metrics; sends nothing."""
    settings = context.settings()
    if settings.operator is None:
        yield ok(
            "no alert is sent when a source falls silent or a run fails; for alerts by mail, set"
            " DIGEST_OPERATOR: docs/watching.md"
        )
    elif settings.delivery_problem() or (
        settings.delivery != "smtp" and not settings.uses_local_relay
    ):
        yield warning(
            f"{settings.operator} gets no alerts, because no mail leaves this machine; see"
            " DIGEST_DELIVERY"
        )
    # The program cannot report its own death; only another machine can notice that it is silent.
    elif settings.heartbeat_url is None:
        yield ok(
            f"{settings.operator} gets alerts, but none when the machine or the mail server is down;"
            " for this, a monitor on another machine needs DIGEST_HEARTBEAT_URL"
        )
    else:
        yield ok(f"{settings.operator} gets alerts")
    if settings.heartbeat_url is not None:
        yield ok(
            "a heartbeat is sent after each good run; it was not tried, because the monitor would count it"
        )
    if settings.metrics_token is not None:
        yield ok("/metrics answers requests with DIGEST_METRICS_TOKEN")
