"""One language of readers: what a page or a message says, and how it writes dates and numbers.

English needs no catalogue and no Babel, which takes longer to import than a page takes to render.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from digest.core.reader_text import ReaderText

SOURCE = "en"
"""The language of the texts in the code and in the templates."""

Direction = Literal["ltr", "rtl"]
DateForm = Literal["full", "day", "short"]

_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_FIRST_GROUPED = 1000


class Translation:
    """English; the base of the other languages."""

    code = SOURCE  # as in the name of its catalogue, such as pt_BR
    direction: Direction = "ltr"
    name = "English"  # in the language itself

    @property
    def tag(self) -> str:
        """The name of the language in HTML and in headers (BCP 47), such as `pt-BR`."""
        return self.code.replace("_", "-")

    def gettext(self, message: str) -> str:
        """Returns a message in this language; in English if it is not translated."""
        return message

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Returns the form of a message for a number."""
        return one if number == 1 else many

    def pgettext(self, context: str, message: str) -> str:
        """Returns a message that has another translation in other contexts."""
        del context
        return message

    def npgettext(self, context: str, one: str, many: str, number: int) -> str:
        """Returns the form of a message for a number, in a context."""
        del context
        return one if number == 1 else many

    def say(self, text: object) -> object:
        """Returns a ReaderText in this language, and everything else unchanged."""
        if not isinstance(text, ReaderText):
            return text
        message = self.gettext(text.message)
        if not text.fields:
            return message
        return message % {
            name: self.number(value) if type(value) is int else self.say(value)
            for name, value in text.fields.items()
        }

    def plural_form(self, number: int) -> str:
        """Returns the CLDR name of the plural form of a number, such as `one` or `other`."""
        return "one" if number == 1 else "other"

    def number(self, number: float) -> str:
        """Returns a number with the separators of the language, such as `1,234`."""
        return str(number) if 0 <= number < _FIRST_GROUPED else f"{number:,}"

    def date_text(self, form: DateForm, day: date) -> str:
        """Returns a date: `full` Monday, 11 May 2026; `day` 11 May 2026; `short` 11 May."""
        month = _MONTHS[day.month - 1]
        if form == "full":
            return f"{_WEEKDAYS[day.weekday()]}, {day.day} {month} {day.year}"
        return f"{day.day} {month} {day.year}" if form == "day" else f"{day.day} {month}"

    def moment(self, at: datetime) -> str:
        """Returns a moment in its own zone, such as `11 May 2026, 07:30 UTC`."""
        return f"{self.date_text('day', at.date())}, {at:%H:%M} {at.tzname() or ''}".strip()

    def week(self, last: date) -> str:
        """Returns the seven days up to a day, such as `5 May to 11 May 2026`."""
        return (
            f"{self.date_text('short', last - timedelta(days=6))} to {self.date_text('day', last)}"
        )

    @property
    def short_weekdays(self) -> Sequence[str]:
        """The short names of the days, from Monday."""
        return [name[:3] for name in _WEEKDAYS]


ENGLISH = Translation()
