"""The plots of the operator's pages: numbers become SVG that says what it shows."""

from xml.etree import ElementTree as ET

import pytest

from digest.pipeline.admin.figures import PlotData, PlotSeries
from digest.web.admin.charts import HEIGHT, WIDTH, chart, describe, nice_top

SVG = "{http://www.w3.org/2000/svg}"
DAYS = ("2026-05-09", "2026-05-10", "2026-05-11")


def figure(*series: PlotSeries, as_line: bool = False, labels: tuple[str, ...] = DAYS) -> PlotData:
    return PlotData(title="T & <t>", what="papers", labels=labels, series=series, as_line=as_line)


def drawn(item: PlotData) -> ET.Element:
    text = chart(item, number=1)
    assert "style=" not in text
    return ET.fromstring(text.replace("<svg ", f'<svg xmlns="{SVG[1:-1]}" ', 1))


def test_bars_stand_on_each_other_and_are_as_high_as_their_numbers() -> None:
    root = drawn(
        figure(PlotSeries(name="a", values=(2, 0, 4)), PlotSeries(name="b", values=(2, 0, 0)))
    )
    first, above, last = root.findall("rect") or root.findall(f"{SVG}rect")
    height = float(first.attrib["height"])
    assert float(above.attrib["height"]) == pytest.approx(height, abs=0.2)
    assert float(above.attrib["y"]) == pytest.approx(float(first.attrib["y"]) - height, abs=0.2)
    assert float(last.attrib["height"]) == pytest.approx(2 * height, abs=0.2)
    assert [item.attrib["class"] for item in (first, above, last)] == ["c0", "c1", "c0"]


def test_a_line_has_a_point_for_each_label_and_stays_in_the_drawing() -> None:
    values = tuple(float(number % 17) for number in range(90))
    labels = tuple(f"2026-01-{number:02}" for number in range(90))
    item = figure(PlotSeries(name="a", values=values), as_line=True, labels=labels)
    (line,) = drawn(item).findall(f"{SVG}polyline")
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    assert len(points) == 90
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)


def test_title_and_description_say_what_is_shown() -> None:
    root = drawn(figure(PlotSeries(name="arxiv", values=(1, 5, 2))))
    assert root.findtext(f"{SVG}title") == "T & <t>"
    assert describe(figure(PlotSeries(name="arxiv", values=(1, 5, 2)))) == (
        "papers, from 2026-05-09 to 2026-05-11; the most at 2026-05-10: 5. Shown: arxiv."
    )
    assert root.attrib["aria-labelledby"] == "t1 d1"


@pytest.mark.parametrize(
    "most, top",
    [(0, 4), (3, 4), (5, 5), (6, 10), (11, 20), (21, 25), (26, 50), (100, 100), (101, 200)],
)
def test_an_axis_ends_at_a_round_number(most: float, top: float) -> None:
    assert nice_top(most) == top
