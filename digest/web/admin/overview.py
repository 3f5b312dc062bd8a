"""Today at a glance, the plots, the log of actions, and the settings."""

from datetime import timedelta
from secrets import token_hex

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.config.settings.shown import shown_settings
from digest.core.models.delivery import Sent
from digest.errors import SettingsError, UsageError
from digest.pipeline.admin import figures, overview
from digest.pipeline.source_health import MonitoredSource
from digest.store.admin import action_log
from digest.version import __version__
from digest.web.admin.charts import chart
from digest.web.admin.guarded import OperatorVisit, whole_number
from digest.web.pages.guarded import SentForm

_LOG_PAGE = 100
_PERIODS = (30, 90)
# The problems about which the page of the queue says more.
_IN_QUEUE = frozenset({"paused", "server", "queue", "refused", "expired", "held"})
ACTIONS = (
    "sign in",
    "sign out",
    "pause",
    "resume",
    "suppress",
    "lift suppression",
    "bring back",
    "stop",
    "change profile",
    "send again",
    "hold",
    "release",
    "drop",
    "stop source",
    "start source",
    "test source",
    "import readers",
    "export readers",
    "send test mail",
)


def monitored_sources(operator: OperatorVisit) -> tuple[list[MonitoredSource], str]:
    """Returns the sources, and what is wrong with sources.toml; empty if nothing is."""
    try:
        return operator.app.read_sources().monitored(), ""
    except SettingsError as error:
        return [], str(error)


async def show_today(operator: OperatorVisit) -> Response:
    """Shows what came, what was made and sent, what waits, and what is wrong."""
    settings = operator.app.settings

    def read() -> tuple[overview.Overview, str]:
        sources, problem = monitored_sources(operator)
        found = overview.overview(
            operator.store,
            sources,
            now=operator.now,
            queue_limit=timedelta(hours=settings.queue_alarm_hours),
            hold=settings.in_doubt == "hold",
        )
        return found, problem

    found, problem = await run_in_threadpool(read)
    places = {
        item.key: "/queue" if item.key in _IN_QUEUE else "/sources"
        for item in found.problems
        if item.key in _IN_QUEUE or item.key.startswith("source ")
    }
    return operator.render("today", section="Today", found=found, problem=problem, places=places)


async def show_plots(operator: OperatorVisit) -> Response:
    """Shows the plots of the last days, each with its table."""
    days = whole_number(operator.asked("days"), default=_PERIODS[0])
    days = days if days in _PERIODS else _PERIODS[0]
    shown = await run_in_threadpool(
        lambda: figures.figures(operator.store, days=days, now=operator.now)
    )
    plots = [
        (figure, "" if figure.is_empty else chart(figure, number=number))
        for number, figure in enumerate(shown)
    ]
    return operator.render("plots", section="Plots", plots=plots, days=days, periods=_PERIODS)


async def show_log(operator: OperatorVisit) -> Response:
    """Shows what operators did, newest first."""
    action, words = operator.asked("action"), operator.asked("q")
    before = whole_number(operator.asked("before"), default=0)

    def read() -> list[action_log.LoggedAction]:
        with operator.store.read() as tx:
            found = action_log.page(
                tx,
                limit=_LOG_PAGE + 1,
                before=before or None,
                action=action if action in ACTIONS else "",
                words=words,
            )
        return list(found)

    found = await run_in_threadpool(read)
    return operator.render(
        "log",
        section="Log",
        entries=found[:_LOG_PAGE],
        more=found[_LOG_PAGE - 1].number if len(found) > _LOG_PAGE else 0,
        actions=ACTIONS,
        action=action,
        words=words,
    )


async def show_settings(
    operator: OperatorVisit, *, notice: str = "", problem: str = ""
) -> Response:
    """Shows all settings with their origin; secrets are never shown."""
    app = operator.app
    found = await run_in_threadpool(
        lambda: shown_settings(app.settings, in_environment=app.set_in_environment)
    )
    return operator.render(
        "settings",
        section="Settings",
        status=422 if problem else 200,
        notice=notice,
        problem=problem,
        # What somebody set comes first.
        settings=sorted(found, key=lambda item: item.origin == "default"),
        version=__version__,
        home=str(app.home.path),
        database=app.store.url,
    )


async def send_test_mail(operator: OperatorVisit, form: SentForm) -> Response:
    """Sends a message to the operator who is signed in."""
    del form
    app = operator.app

    def send() -> str:
        app.require_delivery()
        envelope = app.message_writer.write_alert(
            to=operator.who,
            subject=f"{app.settings.list_name}: test message {token_hex(3)}",
            text=(
                "This message shows that mail can be sent. You asked for it on the operator's"
                " pages.\n"
            ),
            now=operator.now,
        )
        with app.connect() as transport:
            outcome = transport.send(
                sender=envelope.sender, recipient=envelope.recipient, message=envelope.message
            )
        if not isinstance(outcome, Sent):
            raise UsageError(f"not sent: {outcome.reason}")
        return f"sent: {outcome.reply}"

    outcome = await operator.do("send test mail", operator.who, send)
    return await show_settings(operator, notice=f"To {operator.who}: {outcome}")
