"""The series of the plots: a number for each day, by what it counts."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from digest.store.admin import daily_figures, page_views
from digest.store.database.store import Store
from digest.store.reports import job_runs

_MOST_SERIES = 6  # more colours cannot be told apart
_NEWEST_EDITIONS = 300
_STEP = 10  # points of a score in one bar


class PlotSeries(Struct, frozen=True, kw_only=True):
    """The numbers of one thing, in the order of the labels of its figure."""

    name: str
    values: tuple[float, ...]


class PlotData(Struct, frozen=True, kw_only=True):
    """The data of one plot, and of the table behind it."""

    title: str
    what: str  # what a number counts
    labels: tuple[str, ...]  # a day, or a range of scores
    series: tuple[PlotSeries, ...]
    as_line: bool = False  # else stacked bars

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not any(any(item.values) for item in self.series)


def figures(store: Store, *, days: int, now: datetime) -> Sequence[PlotData]:
    """Returns the data of all plots.

    Args:
        store: The database.
        days: How many days, today included.
        now: The current time.
    """
    today = now.date()
    shown = [today - timedelta(days=number) for number in range(days - 1, -1, -1)]
    since = datetime(shown[0].year, shown[0].month, shown[0].day, tzinfo=now.tzinfo)
    with store.read() as tx:
        batches = daily_figures.batches(tx, since=since)
        attempts = daily_figures.attempts_by_day(tx, since=since)
        bounced = daily_figures.bounces_by_day(tx, since=since)
        live, began, ended = daily_figures.subscriptions_by_day(tx, since=since)
        views = page_views.since(tx, shown[0])
        jobs = [run.job for run in job_runs.last_runs(tx)]
        times = daily_figures.job_times(tx, since=since, jobs=jobs)
        scores = daily_figures.shown_scores(tx, limit=_NEWEST_EDITIONS)
    papers: dict[str, Counter[date]] = defaultdict(Counter)
    for item in batches:
        papers[item.source][item.at.date()] += item.new
    pages: dict[str, Counter[date]] = defaultdict(Counter)
    for day, page, number in views:
        pages[page][day] += number
    longest: dict[str, dict[date, float]] = defaultdict(dict)
    for run in times:
        on = longest[run.job]
        on[run.at.date()] = max(on.get(run.at.date(), 0.0), round(run.seconds, 1))
    return [
        _figure("New papers by source", "new papers", shown, papers),
        _figure(
            "Digests by outcome",
            "digests",
            shown,
            {state.value: numbers for state, numbers in attempts.items() if numbers},
        ),
        _figure("Bounces and complaints", "messages", shown, {"bounces": bounced}),
        _lived("Live subscriptions", shown, live, began, ended),
        _figure("Pages that were shown", "pages", shown, pages),
        _figure("Longest run of each job", "seconds", shown, longest, as_line=True),
        _histogram("Scores of shown papers", scores),
    ]


def _figure(
    title: str,
    what: str,
    days: Sequence[date],
    numbers: Mapping[str, Mapping[date, float]],
    *,
    as_line: bool = False,
) -> PlotData:
    largest = sorted(numbers, key=lambda name: (-sum(numbers[name].values()), name))
    series = [
        PlotSeries(name=name, values=tuple(numbers[name].get(day, 0) for day in days))
        for name in largest
    ]
    if len(series) > _MOST_SERIES:
        rest = series[_MOST_SERIES - 1 :]
        together = max if as_line else sum
        values = tuple(together(item.values[place] for item in rest) for place in range(len(days)))
        series = [*series[: _MOST_SERIES - 1], PlotSeries(name="others", values=values)]
    labels = tuple(day.isoformat() for day in days)
    return PlotData(title=title, what=what, labels=labels, series=tuple(series), as_line=as_line)


def _lived(
    title: str,
    days: Sequence[date],
    live: int,
    began: Mapping[date, int],
    ended: Mapping[date, int],
) -> PlotData:
    """Returns the live subscriptions at the end of each day, counted back from now."""
    values: list[float] = []
    number = live
    for day in reversed(days):
        values.append(number)
        number += ended.get(day, 0) - began.get(day, 0)
    series = PlotSeries(name="live", values=tuple(max(0, value) for value in reversed(values)))
    labels = tuple(day.isoformat() for day in days)
    return PlotData(
        title=title, what="subscriptions", labels=labels, series=(series,), as_line=True
    )


def _histogram(title: str, scores: Sequence[float]) -> PlotData:
    bars = Counter(min(int(score) // _STEP, 100 // _STEP - 1) for score in scores if score >= 0)
    steps = range(100 // _STEP)
    return PlotData(
        title=title,
        what="papers of the newest digests",
        labels=tuple(f"{step * _STEP} to {(step + 1) * _STEP}" for step in steps),
        series=(PlotSeries(name="papers", values=tuple(bars[step] for step in steps)),),
    )
