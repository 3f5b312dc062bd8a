"""After a run: mails new problems to the operator, and pings the monitor if all is well.

Nothing here makes a run fail. If an alert cannot be sent, that is logged, and the next run tries
again. Until then there is no heartbeat, so an external monitor raises an alert.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from digest.core.models.delivery import Outcome
from digest.errors import DigestError, SettingsError
from digest.logs import get_logger

if TYPE_CHECKING:
    from digest.app.application import App
    from digest.core.alerts import AlertMessage
    from digest.pipeline.alerts import AlertResult, RunContext
    from digest.pipeline.run import RunReport

_log = get_logger("digest.alert")


def is_configured(app: "App") -> bool:
    """Returns whether an operator or a heartbeat URL is set."""
    return app.settings.operator is not None or app.settings.heartbeat_url is not None


def after_run(app: "App", report: "RunReport", *, now: datetime) -> None:
    """Checks the system after a complete `digest run`."""
    if not is_configured(app):
        return
    from digest.pipeline.alerts import RunContext

    # A stored profile without a file may be refused by a newer version of the program too.
    unreadable = [f"{item.subscription}: {item.reason}" for item in report.published if item.failed]
    broken = (*map(str, report.profile_errors), *unreadable)
    notify(app, RunContext(profile_errors=broken), now=now)


def after_failure(app: "App", error: BaseException, *, now: datetime) -> None:
    """Checks the system after a run that an exception ended."""
    if not is_configured(app):
        return
    from digest.pipeline.alerts import RunContext

    text = str(error) if isinstance(error, DigestError) else f"{type(error).__name__}: {error}"
    notify(app, RunContext(run_errors=(text,)), now=now)


def notify(app: "App", context: "RunContext", *, now: datetime) -> "AlertResult | None":
    """Checks the system, mails new problems to the operator, and pings the monitor if all is well.

    Args:
        app: the program; its settings name the operator and the monitor.
        context: problems that only the run knows, such as an exception.
        now: the time of the check.

    Returns:
        The problems, and whether they were mailed; None if the check failed, which is logged.
    """
    try:
        result = _check(app, context, now=now)
    except DigestError as error:  # such as a missing database
        _log.error("alert not sent", reason=str(error))
        return None
    except Exception:  # noqa: BLE001 - an alert must not make the run fail
        _log.exception("alert not sent")
        return None
    if may_ping(result, has_operator=app.settings.operator is not None):
        _ping(app)
    return result


def may_ping(result: "AlertResult", *, has_operator: bool) -> bool:
    """Returns whether the heartbeat may be sent.

    It is not sent while digests are not delivered, nor while there is a problem of which nobody
    is informed.

    Args:
        result: the problems, and whether an alert about them could be sent.
        has_operator: an operator's address is set, so problems are mailed.
    """
    if not has_operator:
        # Nobody gets alerts, so the monitor must notice every problem.
        return not result.problems
    from digest.core.problems import BLOCKING_PROBLEMS

    return not result.send_error and not any(
        item.key in BLOCKING_PROBLEMS for item in result.problems
    )


def _check(app: "App", context: "RunContext", *, now: datetime) -> "AlertResult":
    from digest.pipeline.alerts import check_and_notify

    operator = app.settings.operator
    try:
        sources = app.monitored_sources()
    except SettingsError:  # a wrong sources.toml: the run or `digest doctor` reports it
        sources = []
    return check_and_notify(
        app.store,
        sources,
        context,
        now=now,
        queue_limit=timedelta(hours=app.settings.queue_alarm_hours),
        hold=app.settings.in_doubt == "hold",
        post=None if operator is None else _alert_sender(app, operator, now),
    )


def _alert_sender(app: "App", operator: str, now: datetime) -> "Callable[[AlertMessage], Outcome]":
    def send(alert: "AlertMessage") -> Outcome:
        from digest.mail.message import alert_mail

        envelope = app.message_writer.write_alert(
            to=operator,
            subject=alert_mail.subject(alert, list_name=app.settings.list_name),
            text=alert_mail.text(alert, home=str(app.home.path)),
            now=now,
        )
        with app.connect() as transport:
            return transport.send(
                sender=envelope.sender, recipient=envelope.recipient, message=envelope.message
            )

    return send


def _ping(app: "App") -> None:
    url = app.settings.heartbeat_url
    if url is None:
        return
    from digest.app.heartbeat import ping

    problem = ping(url.get_secret_value(), contact=app.contact)
    if problem:
        _log.warning("heartbeat failed", reason=problem)
    else:
        _log.info("heartbeat")
