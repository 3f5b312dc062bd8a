"""Loads the phrases of the templates."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from string import Template

from digest.errors import SettingsError
from digest.mail.theming.template_files import WORDING_FILE, read_toml


class Wording:
    """The phrases and date formats of one language; templates call it as `t`.

    Args:
        phrases: by key, a phrase with `$name` fields, or its forms `one` and `other`.
        dates: `weekdays` (Monday first), `months`, `short_months`, and the patterns
            `full`, `day`, `short` and `week`.
        file: where they come from, for error messages.
    """

    # The syntax is that of string.Template, not of str.format: a phrase cannot read attributes.

    def __init__(
        self, *, phrases: Mapping[str, object], dates: Mapping[str, object], file: Path | str
    ) -> None:
        self._phrases = phrases
        self._dates = dates
        self._file = file
        # Cached, as most messages of a day contain the same phrases and dates.
        self._patterns: dict[tuple[str, bool], str] = {}
        self._date = lru_cache(maxsize=1000)(self._format_date)

    @classmethod
    def read(cls, folders: Sequence[Path]) -> "Wording":
        """Reads `mail/text.toml` of each folder; missing files are skipped.

        Args:
            folders: the phrases of an earlier folder override those of a later one.

        Raises:
            SettingsError: a file is not valid TOML, or not UTF-8.
        """
        phrases: dict[str, object] = {}
        dates: dict[str, object] = {}
        files = [folder / WORDING_FILE for folder in folders if (folder / WORDING_FILE).is_file()]
        # From the last to the first, so that the first folder overrides the others.
        for file in reversed(files):
            tables = read_toml(file)
            for target, name in ((phrases, "phrase"), (dates, "date")):
                table = tables.get(name, {})
                if not isinstance(table, dict):
                    raise SettingsError(f"{file}: {name} must be a table; write [{name}]")
                target.update(table)
        return cls(phrases=phrases, dates=dates, file=files[0] if files else WORDING_FILE)

    def __call__(self, key: str, **values: str | int) -> str:
        """Returns a phrase with its fields filled in.

        Args:
            key: the name of the phrase.
            **values: the fields; `n` also selects between the forms `one` and `other`.

        Raises:
            SettingsError: the phrase does not exist, or uses an unknown field.
        """
        is_singular = values.get("n") == 1
        pattern = self._patterns.get((key, is_singular))
        if pattern is None:
            phrase = self._phrases.get(key)
            if isinstance(phrase, dict):
                phrase = phrase.get("one" if is_singular else "other")
            pattern = self._pattern(f"phrase.{key}", phrase, values)
            self._patterns[key, is_singular] = pattern
        try:
            return pattern % values
        except KeyError:
            raise self._field_error(f"phrase.{key}", values) from None

    def full(self, day: date) -> str:
        """Formats a date such as "Monday, 11 May 2026"."""
        return self._date("full", day)

    def day(self, day: date) -> str:
        """Formats a date such as "11 May 2026"."""
        return self._date("day", day)

    def short(self, day: date) -> str:
        """Formats a date such as "11 May"."""
        return self._date("short", day)

    def near(self, day: date, today: date) -> str:
        """Formats a date like `short` if it is in the year of `today`, else like `day`."""
        return self.short(day) if day.year == today.year else self.day(day)

    def week(self, last: date) -> str:
        """Formats the seven days up to `last`, such as "5 May to 11 May 2026"."""
        values: dict[str, str | int] = {
            "first": self.short(last - timedelta(days=6)),
            "last": self.day(last),
        }
        return self._fill("date.week", self._dates.get("week"), values)

    def _format_date(self, pattern: str, day: date) -> str:
        # Not strftime, whose names depend on the locale of the process.
        values: dict[str, str | int] = {
            "weekday": self._name("weekdays", day.weekday()),
            "month": self._name("months", day.month - 1),
            "short_month": self._name("short_months", day.month - 1),
            "day": day.day,
            "year": day.year,
        }
        return self._fill(f"date.{pattern}", self._dates.get(pattern), values)

    def _name(self, names: str, index: int) -> str:
        try:
            return str(self._dates[names][index])  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            raise SettingsError(
                f"{self._file}: date.{names} must list all names; there is none for number {index + 1}"
            ) from None

    def _fill(self, key: str, phrase: object, values: Mapping[str, str | int]) -> str:
        try:
            return self._pattern(key, phrase, values) % values
        except KeyError:
            raise self._field_error(key, values) from None

    def _pattern(self, key: str, phrase: object, values: Mapping[str, str | int]) -> str:
        """Converts a phrase for the % operator, which is much faster than `string.Template`."""
        if not isinstance(phrase, str):
            raise SettingsError(f"{self._file}: there is no text for {key}; write it there")
        pattern, end = "", 0
        for match in Template.pattern.finditer(phrase):
            name = match["named"] or match["braced"]
            # Neither a field nor "$$": a "$" that string.Template calls invalid.
            if not name and match["escaped"] is None:
                raise self._field_error(key, values)
            pattern += phrase[end : match.start()].replace("%", "%%")
            pattern += f"%({name})s" if name else "$"
            end = match.end()
        return pattern + phrase[end:].replace("%", "%%")

    def _field_error(self, key: str, values: Mapping[str, str | int]) -> SettingsError:
        fields = ", ".join(f"${name}" for name in values) or "no field"
        return SettingsError(
            f"{self._file}: {key} has a field that cannot be filled; "
            f"it may use {fields}, and $$ for a dollar sign"
        )
