"""Formats the alert for the operator: what is wrong, since when, and what to do."""

from collections.abc import Iterator
from datetime import datetime

from digest.core.alerts import AlertMessage
from digest.mail.rendering.text_wrap import wrap

_MAX_PROBLEM = 1000  # characters


def subject(alert: AlertMessage, *, list_name: str) -> str:
    """Returns the subject: the problem, or the number of problems.

    Args:
        alert: the open and the resolved problems.
        list_name: DIGEST_LIST_NAME.
    """
    if len(alert.open) == 1:
        return f"{list_name}: {_short(alert.open[0].what)}"
    if alert.open:
        return f"{list_name}: {len(alert.open)} problems"
    return f"{list_name}: all problems are solved"


def text(alert: AlertMessage, *, home: str) -> str:
    """Returns the text, in lines of at most 76 columns unless a word is longer.

    Args:
        alert: the open and the resolved problems.
        home: the path of the home folder, named at the end.
    """
    return "\n".join(_lines(alert, home)) + "\n"


def _lines(alert: AlertMessage, home: str) -> Iterator[str]:
    if alert.open:
        yield "The following needs your attention; everything else continues to run."
        yield ""
    for number, note in enumerate(alert.open, start=1):
        yield wrap(_sentence(note.what), f"{number}. ", "   ")
        yield f"   since  {_day(note.since)}"
        yield wrap(note.remedy, "   do     ", "          ")
        yield f"   more   {note.command}"
        yield ""
    if alert.over:
        yield "Solved:"
        yield ""
    for note in alert.over:
        until = f", until {_day(note.over_at)}" if note.over_at else ""
        yield wrap(_sentence(note.what), "- ", "  ")
        yield f"  since {_day(note.since)}{until}"
        yield ""
    yield "-- "
    yield wrap(
        "Sent to DIGEST_OPERATOR at most once a day, and again after a week for a problem that is"
        " not solved. Nobody reads replies to this message."
    )
    yield f"Home: {home}"


def _sentence(phrase: str) -> str:
    phrase = phrase if len(phrase) <= _MAX_PROBLEM else f"{phrase[: _MAX_PROBLEM - 1]}…"
    end = "" if phrase.endswith((".", "…", "!", "?")) else "."
    return f"{phrase[:1].upper()}{phrase[1:]}{end}"


def _short(problem: str) -> str:
    # "source NAME: ..." needs the part after the colon; of others, the part before it is enough.
    head = problem.partition(": ")[0] if not problem.startswith("source ") else problem
    return head if len(head) <= 100 else f"{head[:99]}…"


def _day(moment: datetime | None) -> str:
    return f"{moment:%-d %B %Y, %H:%M} UTC" if moment else ""
