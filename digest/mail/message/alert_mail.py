"""The operator's mail: what is wrong since when, what to do, and what shows more."""

from collections.abc import Iterator
from datetime import datetime

from digest.core.alerts import AlertMessage
from digest.mail.rendering.text_wrap import wrap

_LONGEST = 1000  # characters of one trouble


def subject(told: AlertMessage, *, list_name: str) -> str:
    """One line that says how much is the matter."""
    if len(told.open) == 1:
        return f"{list_name}: {_short(told.open[0].what)}"
    if told.open:
        return f"{list_name}: {len(told.open)} things to look at"
    return f"{list_name}: well again"


def text(told: AlertMessage, *, home: str) -> str:
    """The mail's text; lines of at most 76 columns but for long words."""
    return "\n".join(_lines(told, home)) + "\n"


def _lines(told: AlertMessage, home: str) -> Iterator[str]:
    if told.open:
        yield "This needs somebody to look at it; the rest goes on meanwhile."
        yield ""
    for number, note in enumerate(told.open, start=1):
        yield wrap(_sentence(note.what), f"{number}. ", "   ")
        yield f"   since  {_day(note.since)}"
        yield wrap(note.remedy, "   do     ", "          ")
        yield f"   more   {note.command}"
        yield ""
    if told.over:
        yield "No longer so:"
        yield ""
    for note in told.over:
        until = f", until {_day(note.over_at)}" if note.over_at else ""
        yield wrap(_sentence(note.what), "- ", "  ")
        yield f"  since {_day(note.since)}{until}"
        yield ""
    yield "-- "
    yield wrap(
        "Sent at most once a day, and once a week about what goes on, to DIGEST_OPERATOR. Nobody"
        " reads answers to this mail."
    )
    yield f"The home: {home}"


def _sentence(words: str) -> str:
    words = words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
    end = "" if words.endswith((".", "…", "!", "?")) else "."
    return f"{words[:1].upper()}{words[1:]}{end}"


def _short(words: str) -> str:
    head = words.partition(": ")[0] if not words.startswith("source ") else words
    return head if len(head) <= 100 else f"{head[:99]}…"


def _day(moment: datetime | None) -> str:
    return f"{moment:%-d %B %Y, %H:%M} UTC" if moment else ""
