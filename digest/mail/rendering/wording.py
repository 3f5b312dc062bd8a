"""Where the templates are, and the words that they use."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from string import Template

from digest.errors import DigestError, SettingsError

WORDS = "mail/text.toml"  # below a template folder


def template_folder() -> Path:
    """The folder that holds `mail/` and `web/`: in the wheel, or beside the package.

    Raises:
        DigestError: the installation has no templates.
    """
    package = Path(__file__).resolve().parents[2]
    # A wheel carries them inside the package; a checkout and an editable install beside it.
    for folder in (package / "_templates", package.parent / "templates"):
        if (folder / WORDS).is_file():
            return folder
    raise DigestError(
        f"{package}: the templates are missing from this installation; install paper-digest again"
    )


class Wording:
    """The interface's phrases and dates in one language; callable from templates as `t`.

    Args:
        phrases: a phrase with `$name` fields by its key, or its forms `one` and `other`.
        dates: `weekdays` (Monday first), `months`, `short_months`, and the patterns
            `full`, `day`, `short` and `week`.
        file: where they come from, for messages.
    """

    # string.Template rather than str.format: a phrase can only name values, not reach into them.

    def __init__(
        self, *, phrases: Mapping[str, object], dates: Mapping[str, object], file: Path | str
    ) -> None:
        self._phrases = phrases
        self._dates = dates
        self._file = file
        # A phrase is parsed once, a day is written once: letters say the same things all day.
        self._patterns: dict[tuple[str, bool], str] = {}
        self._date = lru_cache(maxsize=1000)(self._written)

    @classmethod
    def read(cls, folders: Sequence[Path]) -> "Wording":
        """Read `mail/text.toml` of each folder that has one; the first folder's phrases win.

        Raises:
            SettingsError: a file is not TOML, or not UTF-8.
        """
        phrases: dict[str, object] = {}
        dates: dict[str, object] = {}
        files = [folder / WORDS for folder in folders if (folder / WORDS).is_file()]
        for file in reversed(files):
            try:
                tables = tomllib.loads(file.read_text(encoding="utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise SettingsError(f"{file}: {error}; correct it or delete the file") from error
            for known, name in ((phrases, "phrase"), (dates, "date")):
                table = tables.get(name, {})
                if not isinstance(table, dict):
                    raise SettingsError(f"{file}: {name} must be a table; write [{name}]")
                known.update(table)
        return cls(phrases=phrases, dates=dates, file=files[0] if files else WORDS)

    def __call__(self, key: str, **values: str | int) -> str:
        """The phrase with its fields filled in; `n` picks between its forms.

        Raises:
            SettingsError: there is no such phrase, or it names a field that is not known.
        """
        one = values.get("n") == 1
        pattern = self._patterns.get((key, one))
        if pattern is None:
            phrase = self._phrases.get(key)
            if isinstance(phrase, dict):
                phrase = phrase.get("one" if one else "other")
            pattern = self._pattern(f"phrase.{key}", phrase, values)
            self._patterns[key, one] = pattern
        try:
            return pattern % values
        except KeyError:
            raise self._unfilled(f"phrase.{key}", values) from None

    def full(self, day: date) -> str:
        """Such as "Monday, 11 May 2026"."""
        return self._date("full", day)

    def day(self, day: date) -> str:
        """Such as "11 May 2026"."""
        return self._date("day", day)

    def short(self, day: date) -> str:
        """Such as "11 May"."""
        return self._date("short", day)

    def near(self, day: date, today: date) -> str:
        """As `short` in today's year, else as `day`."""
        return self.short(day) if day.year == today.year else self.day(day)

    def week(self, last: date) -> str:
        """The seven days up to `last`, such as "5 May to 11 May 2026"."""
        days: dict[str, str | int] = {
            "first": self.short(last - timedelta(days=6)),
            "last": self.day(last),
        }
        return self._filled("date.week", self._dates.get("week"), days)

    def _written(self, pattern: str, day: date) -> str:
        # Not strftime: its names depend on the process's locale.
        values: dict[str, str | int] = {
            "weekday": self._named("weekdays", day.weekday()),
            "month": self._named("months", day.month - 1),
            "short_month": self._named("short_months", day.month - 1),
            "day": day.day,
            "year": day.year,
        }
        return self._filled(f"date.{pattern}", self._dates.get(pattern), values)

    def _named(self, names: str, index: int) -> str:
        try:
            return str(self._dates[names][index])  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            raise SettingsError(
                f"{self._file}: date.{names} must list all names; there is none for number {index + 1}"
            ) from None

    def _filled(self, key: str, phrase: object, values: Mapping[str, str | int]) -> str:
        try:
            return self._pattern(key, phrase, values) % values
        except KeyError:
            raise self._unfilled(key, values) from None

    def _pattern(self, key: str, phrase: object, values: Mapping[str, str | int]) -> str:
        """The phrase for the % operator, which is much faster than `string.Template`."""
        if not isinstance(phrase, str):
            raise SettingsError(f"{self._file}: there is no text for {key}; write it there")
        pattern, end = "", 0
        for found in Template.pattern.finditer(phrase):
            name = found["named"] or found["braced"]
            if not name and found["escaped"] is None:
                raise self._unfilled(key, values)
            pattern += phrase[end : found.start()].replace("%", "%%")
            pattern += f"%({name})s" if name else "$"
            end = found.end()
        return pattern + phrase[end:].replace("%", "%%")

    def _unfilled(self, key: str, values: Mapping[str, str | int]) -> SettingsError:
        known = ", ".join(f"${name}" for name in values) or "no field"
        return SettingsError(
            f"{self._file}: {key} has a field that cannot be filled; "
            f"it may use {known}, and $$ for a dollar sign"
        )
