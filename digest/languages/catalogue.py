"""A language with a catalogue of messages, `languages/CODE.po` in a template folder.

Babel gives the plural forms, dates and numbers of the language (Unicode CLDR).
"""

import gettext
import io
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from babel import Locale, UnknownLocaleError, dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from digest.errors import SettingsError
from digest.languages.translation import DateForm, Translation

_FIELD = re.compile(r"%\(\w+\)s|%%|%")


class CatalogueTranslation(Translation):
    """A language other than English.

    Args:
        file: its catalogue.

    Raises:
        SettingsError: the catalogue cannot be read, or CLDR does not know its language.
    """

    def __init__(self, file: Path) -> None:
        self.code = file.stem
        try:
            self._locale = Locale.parse(self.code)
        except (UnknownLocaleError, ValueError) as error:
            raise SettingsError(f"{file}: {error}; name the file as in de.po or pt_BR.po") from None
        self.direction = "rtl" if self._locale.text_direction == "rtl" else "ltr"
        self.name = self._locale.get_display_name() or self.code
        self._messages = _read(file, self._locale)
        # Most messages of a day contain the same numbers and dates.
        self._plural_form = lru_cache(maxsize=2000)(self._locale.plural_form)
        self._number = lru_cache(maxsize=2000)(self._format_number)
        self._date = lru_cache(maxsize=2000)(self._format_date)

    def gettext(self, message: str) -> str:
        """Returns a message in this language; in English if it is not translated."""
        return self._messages.gettext(message)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Returns the form of a message for a number."""
        return self._messages.ngettext(one, many, number)

    def pgettext(self, context: str, message: str) -> str:
        """Returns a message that has another translation in other contexts."""
        return self._messages.pgettext(context, message)

    def npgettext(self, context: str, one: str, many: str, number: int) -> str:
        """Returns the form of a message for a number, in a context."""
        return self._messages.npgettext(context, one, many, number)

    def plural_form(self, number: int) -> str:
        """Returns the CLDR name of the plural form of a number."""
        return str(self._plural_form(number))

    def number(self, number: float) -> str:
        """Returns a number with the separators and digits of the language."""
        return self._number(number)

    def date_text(self, form: DateForm, day: date) -> str:
        """Returns a date; `full` has the weekday, `short` has no year."""
        return self._date(form, day)

    def moment(self, at: datetime) -> str:
        """Returns a moment in its own zone, with the name of the zone."""
        time = dates.format_time(at, "HH:mm", locale=self._locale)
        return f"{self.date_text('day', at.date())}, {time} {at.tzname() or ''}".strip()

    def week(self, last: date) -> str:
        """Returns the seven days up to a day, such as `5.–11. Mai 2026`."""
        first = last - timedelta(days=6)
        return str(dates.format_interval(first, last, "yMMMMd", locale=self._locale))

    @property
    def short_weekdays(self) -> Sequence[str]:
        """The short names of the days, from Monday."""
        names = self._locale.days["stand-alone"]["short"]
        return [str(names[day]) for day in range(7)]

    def _format_number(self, number: float) -> str:
        return str(numbers.format_decimal(number, locale=self._locale))

    def _format_date(self, form: DateForm, day: date) -> str:
        if form == "short":
            return str(dates.format_skeleton("MMMMd", day, locale=self._locale))
        length = "full" if form == "full" else "long"
        return str(dates.format_date(day, length, locale=self._locale))


def _read(file: Path, locale: Locale) -> gettext.GNUTranslations:
    """Returns the messages of a catalogue; those marked as fuzzy stay English."""
    try:
        with file.open("rb") as opened:
            catalogue = read_po(opened, locale=locale, abort_invalid=True)
    except (OSError, PoFileError, UnicodeDecodeError, ValueError) as error:
        raise SettingsError(f"{file}: {error}; correct it, or remove it") from error
    for message in catalogue:
        # It would fail on the page of a reader.
        if message.id and (unknown := _fields(message.string or "") - _fields(message.id)):
            raise SettingsError(
                f"{file}: {message.id!r} has no field {', '.join(sorted(unknown))}; correct the"
                " translation"
            )
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _fields(texts: str | Sequence[str]) -> set[str]:
    """Returns the fields of a message; a `%` that is none of them counts as one."""
    joined = texts if isinstance(texts, str) else " ".join(texts)
    return {field for field in _FIELD.findall(joined) if field != "%%"}
