"""What follows a run: the operator is told of what is wrong, a monitor that all went well.

Nothing here fails a run. What cannot be told is logged, and tried again after the next one;
until then the heartbeat stays away, so that a monitor elsewhere raises the alarm.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from digest.core.model import Outcome
from digest.errors import DigestError
from digest.logs import events

if TYPE_CHECKING:
    from digest.app import App
    from digest.core.alarm import Message
    from digest.pipeline.alarm import Round
    from digest.pipeline.run import RunReport

_log = events("digest.attention")


def wanted(app: "App") -> bool:
    """Whether anybody is to be told anything."""
    return app.settings.operator is not None or app.settings.heartbeat_url is not None


def after_run(app: "App", report: "RunReport", *, now: datetime) -> None:
    """What follows a whole `digest run`."""
    if not wanted(app):
        return
    from digest.pipeline.alarm import Round

    unreadable = [f"{item.subscription}: {item.reason}" for item in report.published if item.failed]
    broken = (*map(str, report.broken), *unreadable)
    good = not report.delivery.problem
    attend(app, Round(broken=broken), good=good, now=now)


def after_failure(app: "App", error: BaseException, *, now: datetime) -> None:
    """What follows a run that an exception has ended."""
    if app.settings.operator is None:
        return
    from digest.pipeline.alarm import Round

    what = str(error) if isinstance(error, DigestError) else f"{type(error).__name__}: {error}"
    attend(app, Round(raised=(what,)), good=False, now=now)


def attend(app: "App", done: "Round", *, good: bool, now: datetime) -> str:
    """Looks how things stand, tells the operator what deserves it, and beats if all went well.

    Args:
        app: the program; its settings say who is told.
        done: what only the run knows.
        good: it did its work.
        now: the moment.

    Returns:
        What could not be told, and why; empty if nothing.
    """
    try:
        problem = _tell_operator(app, done, now=now)
    except DigestError as error:  # such as a database that is gone
        problem = str(error)
        _log.error("operator not told", reason=problem)
    except Exception:  # noqa: BLE001 - telling of a run must not make it fail
        problem = "a mistake in the program; the log has the details"
        _log.exception("operator not told")
    if good and not problem:
        problem = _beat(app)
    return problem


def _tell_operator(app: "App", done: "Round", *, now: datetime) -> str:
    if app.settings.operator is None:
        return ""
    from digest.pipeline.alarm import attend

    return attend(
        app.store,
        app.watched(),
        done,
        now=now,
        queue_limit=timedelta(hours=app.settings.queue_alarm_hours),
        hold=app.settings.in_doubt == "hold",
        post=_post_of(app, app.settings.operator, now),
    ).problem


def _post_of(app: "App", operator: str, now: datetime) -> "Callable[[Message], Outcome] | None":
    def post(told: "Message") -> Outcome:
        from digest.mail import notice

        envelope = app.write_note(
            to=operator,
            subject=notice.subject(told, list_name=app.settings.list_name),
            text=notice.text(told, home=str(app.home.path)),
            now=now,
        )
        with app.connect() as transport:
            return transport.send(
                sender=envelope.sender, recipient=envelope.recipient, message=envelope.message
            )

    return post


def _beat(app: "App") -> str:
    url = app.settings.heartbeat_url
    if url is None:
        return ""
    from digest.app.heartbeat import beat

    problem = beat(url.get_secret_value(), contact=app.contact)
    if problem:
        _log.warning("heartbeat failed", reason=problem)
    else:
        _log.info("heartbeat")
    return problem
