"""The sources: how they are, a test of one, and stopping or starting one."""

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.config.settings.loader import Settings
from digest.errors import UsageError
from digest.pipeline.admin import sources
from digest.pipeline.admin.sources import SourceTest
from digest.web.admin.guarded import OperatorVisit
from digest.web.admin.overview import monitored_sources
from digest.web.pages.guarded import SentForm


class SourcePages:
    """The endpoints of the sources; one test runs at a time."""

    def __init__(self) -> None:
        self._testing: anyio.CapacityLimiter | None = None

    async def show(
        self, operator: OperatorVisit, *, notice: str = "", tested: SourceTest | None = None
    ) -> Response:
        """Shows the sources with the figures of 30 days."""
        known, problem = await run_in_threadpool(monitored_sources, operator)
        months = await run_in_threadpool(
            lambda: sources.months(operator.store, known, now=operator.now)
        )
        lookups = await run_in_threadpool(lambda: sources.lookups(operator.store, now=operator.now))
        budgets = await run_in_threadpool(lambda: sources.budgets(operator.store, now=operator.now))
        settings: Settings = operator.app.settings
        return operator.render(
            "sources",
            section="Sources",
            months=months,
            lookups=lookups,
            budget=settings.enrich_budget,
            budgets=budgets,
            tested=tested,
            notice=notice,
            problem=problem,
        )

    async def change(self, operator: OperatorVisit, form: SentForm) -> Response:
        """Tests, stops or starts a source."""
        name, wish = form.fields.get("source", ""), form.wish
        known, _ = await run_in_threadpool(monitored_sources, operator)
        names = [source.name for source in known]
        if wish not in ("test", "stop", "start") or name not in names:
            return operator.render("refused", status=400)
        if wish == "test":
            return await self._test(operator, name)
        outcome = await operator.do(
            f"{wish} source",
            name,
            lambda: sources.set_stopped(
                operator.store, name, stopped=wish == "stop", known=names, now=operator.now
            ),
        )
        return await self.show(operator, notice=f"{name}: {outcome}.")

    async def _test(self, operator: OperatorVisit, name: str) -> Response:
        if self._testing is None:
            self._testing = anyio.CapacityLimiter(1)
        if self._testing.borrowed_tokens:
            raise UsageError("another test is running; wait until it has ended")
        found: list[SourceTest] = []

        def test() -> str:
            (source,) = operator.app.read_sources().build(name, is_trial=True)
            found.append(sources.try_source(operator.store, source, now=operator.now))
            return found[0].problem or f"{found[0].papers:,} papers"

        async with self._testing:
            await operator.do("test source", name, test)
        return await self.show(operator, tested=found[0])
