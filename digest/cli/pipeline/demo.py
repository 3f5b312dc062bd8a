"""`digest run --demo`: runs the demo and prints what happened."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from digest.cli.context import CliContext
from digest.core.text.plurals import count
from digest.demo.show import run_demo

if TYPE_CHECKING:
    from digest.demo.show import DemoDay


def print_demo(context: CliContext) -> None:
    """Runs the demo and prints its result."""
    result = run_demo(context.home)
    context.emit(
        {"home": result.home, "days": [asdict(day) for day in result.days]},
        _lines(result.days, str(result.home)),
    )


def _lines(days: tuple["DemoDay", ...], home: str) -> Iterator[str]:
    yield "Two days of a digest, with invented papers and a mail server on this machine."
    for number, day in enumerate(days, start=1):
        yield ""
        yield f"Day {number}, {day.date:%A, %-d %B %Y}"
        yield (
            f"  A dump of {count(day.read, 'paper')} came in; "
            + ("all of them new." if day.new == day.read else f"{day.new} of them were new.")
        )
        yield f"  {count(day.shown, 'paper')} matched the profile of {day.to}."
        yield f"  Received by e-mail: {day.subject}"
        yield f"    {day.html}"
        yield f"    {day.eml}"
    yield ""
    repeated = set(days[0].titles) & set(days[-1].titles)
    yield (
        "The second digest repeats nothing of the first."
        if not repeated
        else f"The second digest repeats: {', '.join(sorted(repeated))}"
    )
    yield f"Everything is in {home}. Next: digest init my-digest"
