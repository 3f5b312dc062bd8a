"""What follows a run: the operator is told of what is wrong, a monitor that all went well.

Nothing here fails a run. What cannot be told is logged, and tried again after the next one;
until then the heartbeat stays away, so that a monitor elsewhere raises the alarm.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from digest.core.models.delivery import Outcome
from digest.core.problems import STALLED_AFTER
from digest.errors import DigestError, SettingsError
from digest.logs import get_logger

if TYPE_CHECKING:
    from digest.app.application import App
    from digest.core.alerts import AlertMessage
    from digest.pipeline.alerts import AlertResult, RunContext
    from digest.pipeline.run import RunReport

_log = get_logger("digest.attention")


def is_configured(app: "App") -> bool:
    """Whether anybody is to be told anything."""
    return app.settings.operator is not None or app.settings.heartbeat_url is not None


def after_run(app: "App", report: "RunReport", *, now: datetime) -> None:
    """What follows a whole `digest run`."""
    if not is_configured(app):
        return
    from digest.pipeline.alerts import RunContext

    unreadable = [f"{item.subscription}: {item.reason}" for item in report.published if item.failed]
    broken = (*map(str, report.broken), *unreadable)
    notify(app, RunContext(broken=broken), now=now)


def after_failure(app: "App", error: BaseException, *, now: datetime) -> None:
    """What follows a run that an exception has ended."""
    if not is_configured(app):
        return
    from digest.pipeline.alerts import RunContext

    what = str(error) if isinstance(error, DigestError) else f"{type(error).__name__}: {error}"
    notify(app, RunContext(raised=(what,)), now=now)


def notify(app: "App", done: "RunContext", *, now: datetime) -> "AlertResult | None":
    """Looks how things stand, tells the operator what deserves it, and beats if all is well.

    Args:
        app: the program; its settings say who is told.
        done: what only the run knows.
        now: the moment.

    Returns:
        How things stand; None if that could not be told, which is logged.
    """
    try:
        found = _look(app, done, now=now)
    except DigestError as error:  # such as a database that is gone
        _log.error("operator not told", reason=str(error))
        return None
    except Exception:  # noqa: BLE001 - telling of a run must not make it fail
        _log.exception("operator not told")
        return None
    if is_good(found, told=app.settings.operator is not None):
        _beat(app)
    return found


def is_good(found: "AlertResult", *, told: bool) -> bool:
    """Whether the heartbeat may go out.

    Not where digests do not go out, nor where something is wrong and nobody hears of it.

    Args:
        found: how things stand.
        told: the operator has an address.
    """
    if not told:
        return not found.troubles
    return not found.problem and not any(item.key in STALLED_AFTER for item in found.troubles)


def _look(app: "App", done: "RunContext", *, now: datetime) -> "AlertResult":
    from digest.pipeline.alerts import check_and_notify

    operator = app.settings.operator
    try:
        watched = app.watched()
    except SettingsError:  # sources.toml: which `done` tells already, or `digest doctor`
        watched = []
    return check_and_notify(
        app.store,
        watched,
        done,
        now=now,
        queue_limit=timedelta(hours=app.settings.queue_alarm_hours),
        hold=app.settings.in_doubt == "hold",
        post=None if operator is None else _post_of(app, operator, now),
    )


def _post_of(app: "App", operator: str, now: datetime) -> "Callable[[AlertMessage], Outcome]":
    def post(told: "AlertMessage") -> Outcome:
        from digest.mail.message import alert_mail

        envelope = app.message_writer.write_alert(
            to=operator,
            subject=alert_mail.subject(told, list_name=app.settings.list_name),
            text=alert_mail.text(told, home=str(app.home.path)),
            now=now,
        )
        with app.connect() as transport:
            return transport.send(
                sender=envelope.sender, recipient=envelope.recipient, message=envelope.message
            )

    return post


def _beat(app: "App") -> None:
    url = app.settings.heartbeat_url
    if url is None:
        return
    from digest.app.heartbeat import beat

    problem = beat(url.get_secret_value(), contact=app.contact)
    if problem:
        _log.warning("heartbeat failed", reason=problem)
    else:
        _log.info("heartbeat")
