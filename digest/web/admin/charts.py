"""Draws the figures as SVG: pure functions from numbers to text.

The colours are classes of the stylesheet, so the plots follow its light and dark form. Nothing in a plot
needs a script; the title and the description are for programs that read the page aloud.
"""

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil, floor, log10

from digest.pipeline.admin.figures import PlotData

WIDTH, HEIGHT = 560, 200
_LONG = 10_000  # a number from here on is written in thousands
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 6, 12, 28


def chart(figure: PlotData, *, number: int) -> str:
    """Returns the SVG of a figure.

    Args:
        figure: what to draw; not empty.
        number: of the figure on its page, for the ids in it.
    """
    top = _scale(figure)
    body = "".join((*_axis(figure, top), *(_lines if figure.as_line else _bars)(figure, top)))
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-labelledby="t{number} d{number}">'
        f'<title id="t{number}">{escape(figure.title)}</title>'
        f'<desc id="d{number}">{escape(describe(figure))}</desc>{body}</svg>'
    )


def describe(figure: PlotData) -> str:
    """Returns what a figure shows, in a sentence."""
    totals = _totals(figure)
    best = max(range(len(totals)), key=totals.__getitem__)
    names = ", ".join(item.name for item in figure.series)
    return (
        f"{figure.what}, from {figure.labels[0]} to {figure.labels[-1]}; the most at"
        f" {figure.labels[best]}: {_number(totals[best])}. Shown: {names}."
    )


def nice_top(most: float) -> float:
    """Returns the end of an axis: the next 1, 2, 2.5 or 5 times a power of ten, and at least 4."""
    if most <= 4:
        return 4.0
    power = 10.0 ** floor(log10(most))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= most)


def _totals(figure: PlotData) -> Sequence[float]:
    """Returns the height of the figure at each label."""
    places = range(len(figure.labels))
    together = max if figure.as_line else sum
    return [together(item.values[place] for item in figure.series) for place in places]


def _scale(figure: PlotData) -> float:
    return nice_top(max(_totals(figure)))


def _axis(figure: PlotData, top: float) -> Iterator[str]:
    # So many that most of them have whole numbers.
    lines = 4 if top % 4 == 0 else 5
    for step in range(lines + 1):
        value = top * step / lines
        y = _y(value, top)
        yield f'<path class="rule" d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}"/>'
        yield f'<text class="end" x="{_LEFT - 6}" y="{y + 4:.1f}">{_number(value)}</text>'
    count = len(figure.labels)
    every = ceil(count / 6)
    for place in range(0, count, every):
        x = _x(place + 0.5, count)
        # Of a day, the year is clear.
        label = (
            figure.labels[place].removeprefix(figure.labels[place][:5])
            if _is_day(figure.labels[place])
            else figure.labels[place]
        )
        yield f'<text class="mid" x="{x:.1f}" y="{HEIGHT - 8}">{escape(label)}</text>'


def _bars(figure: PlotData, top: float) -> Iterator[str]:
    count = len(figure.labels)
    width = (WIDTH - _LEFT - _RIGHT) / count
    gap = min(2.0, width / 5)
    for place in range(count):
        below = 0.0
        for colour, item in enumerate(figure.series):
            value = item.values[place]
            if not value:
                continue
            y, height = _y(below + value, top), _y(below, top) - _y(below + value, top)
            yield (
                f'<rect class="c{colour}" x="{_x(place, count) + gap / 2:.1f}" y="{y:.1f}"'
                f' width="{width - gap:.1f}" height="{max(height, 0.8):.1f}"/>'
            )
            below += value


def _lines(figure: PlotData, top: float) -> Iterator[str]:
    count = len(figure.labels)
    for colour, item in enumerate(figure.series):
        points = " ".join(
            f"{_x(place + 0.5, count):.1f},{_y(value, top):.1f}"
            for place, value in enumerate(item.values)
        )
        yield f'<polyline class="l{colour}" points="{points}"/>'


def _x(place: float, count: int) -> float:
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * place / count


def _y(value: float, top: float) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top


def _is_day(label: str) -> bool:
    return len(label) == 10 and label[4] == label[7] == "-"


def _number(value: float) -> str:
    if value >= _LONG:
        return f"{value / 1000:g}k"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
