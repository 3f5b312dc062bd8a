"""Finds the phrases of the templates: an operator's, translated ones, or the built-in ones."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from string import Template

from digest.errors import SettingsError
from digest.languages.translation import ENGLISH, DateForm, Translation
from digest.mail.rendering.encoded_fragments import BoundedCache
from digest.mail.theming.template_files import WORDING_FILE, read_toml

_MAX_FILLED = 20_000  # phrases with their values: some megabytes
_FIRST_GROUPED = 1000


class Wording:
    """The phrases and date formats of one language; templates call it as `t`.

    Args:
        phrases: by key, a phrase with `$name` fields, or its plural forms by their CLDR names, such as
            `one` and `other`. They are shown as they are.
        dates: `weekdays` (Monday first), `months`, `short_months`, and the patterns
            `full`, `day`, `short` and `week`. Without a pattern, the language decides.
        file: where they come from, for error messages.
        built_in: the phrases that are translated if `phrases` has none.
        translation: the language.
    """

    # The syntax is that of string.Template, not of str.format: a phrase cannot read attributes.

    def __init__(
        self,
        *,
        phrases: Mapping[str, object],
        dates: Mapping[str, object],
        file: Path | str,
        built_in: Mapping[str, object] | None = None,
        translation: Translation = ENGLISH,
    ) -> None:
        self._phrases = phrases
        self._built_in = built_in or {}
        self._dates = dates
        self._file = file
        self._translation = translation
        # Cached, as most messages of a day contain the same phrases and dates.
        self._patterns: dict[tuple[str, str], str] = {}
        self._filled = BoundedCache[object, str](_MAX_FILLED)
        self._date = lru_cache(maxsize=1000)(self._format_date)

    @classmethod
    def read(
        cls,
        folders: Sequence[Path],
        translation: Translation = ENGLISH,
        *,
        is_default: bool = True,
    ) -> "Wording":
        """Reads `mail/text.toml` of each folder; missing files are skipped.

        The phrases of the last folder, the built-in ones, are translated. Those of the others are an
        operator's: `mail/text.CODE.toml` has the phrases of a language, and `mail/text.toml` those of the
        default language.

        Args:
            folders: the phrases of an earlier folder override those of a later one.
            translation: the language.
            is_default: it is the language of readers who chose none.

        Raises:
            SettingsError: a file is not valid TOML, or not UTF-8.
        """
        *own, built_in = folders
        names = (wording_file(translation.code), *((WORDING_FILE,) if is_default else ()))
        files = [folder / name for folder in own for name in names if (folder / name).is_file()]
        tables = read_toml(built_in / WORDING_FILE)
        phrases: dict[str, object] = {}
        dates: dict[str, object] = {}
        if translation is ENGLISH:
            dates.update(_table(tables, "date", built_in / WORDING_FILE))
        # From the last to the first, so that the first file overrides the others.
        for file in reversed(files):
            own_tables = read_toml(file)
            phrases.update(_table(own_tables, "phrase", file))
            dates.update(_table(own_tables, "date", file))
        return cls(
            phrases={"language": translation.tag, "direction": translation.direction, **phrases},
            dates=dates,
            file=files[0] if files else WORDING_FILE,
            built_in=_table(tables, "phrase", built_in / WORDING_FILE),
            translation=translation,
        )

    def __call__(self, key: str, **values: str | int) -> str:
        """Returns a phrase with its fields filled in.

        Args:
            key: the name of the phrase.
            **values: the fields; `n` also selects the plural form.

        Raises:
            SettingsError: the phrase does not exist, or uses an unknown field.
        """
        memo = (key, *values, *values.values()) if values else key
        return self._filled.get(memo) or self._filled.put(memo, self._with_values(key, values))

    def once(self, key: str, **values: str | int) -> str:
        """Returns the same as a call, and does not remember it.

        For fields that hardly another message has: such phrases would fill the memory.
        """
        return self._with_values(key, values)

    def _with_values(self, key: str, values: dict[str, str | int]) -> str:
        n = values.get("n")
        form = self._translation.plural_form(n) if isinstance(n, int) else ""
        pattern = self._patterns.get((key, form))
        if pattern is None:
            pattern = self._patterns[key, form] = self._find(key, form, values)
        for name, value in values.items():
            if type(value) is int and value >= _FIRST_GROUPED:
                values[name] = self._translation.number(value)
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
        if "week" not in self._dates:
            return self._translation.week(last)
        values: dict[str, str | int] = {
            "first": self.short(last - timedelta(days=6)),
            "last": self.day(last),
        }
        return self._fill("date.week", self._dates.get("week"), values)

    def number(self, number: float) -> str:
        """Formats a number, such as "1,234" or "1.5"."""
        return self._translation.number(number)

    def _find(self, key: str, form: str, values: Mapping[str, str | int]) -> str:
        """Returns the pattern of a phrase: the operator's, or a translated one."""
        if key in self._phrases:
            phrase = self._phrases[key]
            if isinstance(phrase, dict):
                phrase = phrase.get(form, phrase.get("other"))
            return self._pattern(f"phrase.{key}", phrase, values)
        phrase = self._built_in.get(key)
        if isinstance(phrase, dict):
            one, other = (
                self._pattern(f"phrase.{key}", phrase.get(name), values)
                for name in ("one", "other")
            )
            n = values.get("n")
            return self._translation.npgettext(key, one, other, n if isinstance(n, int) else 2)
        return self._translation.pgettext(key, self._pattern(f"phrase.{key}", phrase, values))

    def _format_date(self, form: DateForm, day: date) -> str:
        if form not in self._dates:
            return self._translation.date_text(form, day)
        # Not strftime, whose names depend on the locale of the process.
        values: dict[str, str | int] = {
            "weekday": self._name("weekdays", day.weekday()),
            "month": self._name("months", day.month - 1),
            "short_month": self._name("short_months", day.month - 1),
            "day": day.day,
            "year": day.year,
        }
        return self._fill(f"date.{form}", self._dates.get(form), values)

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
        pattern = message_of(phrase)
        if pattern is None:
            raise self._field_error(key, values)
        return pattern

    def _field_error(self, key: str, values: Mapping[str, str | int]) -> SettingsError:
        fields = ", ".join(f"${name}" for name in values) or "no field"
        return SettingsError(
            f"{self._file}: {key} has a field that cannot be filled; "
            f"it may use {fields}, and $$ for a dollar sign"
        )


def wording_file(code: str) -> str:
    """Returns the name of the file with an operator's phrases of a language."""
    return WORDING_FILE.replace(".toml", f".{code}.toml")


def message_of(phrase: str) -> str | None:
    """Returns a phrase as a message of the catalogues: `$name` becomes `%(name)s`.

    None if it has a "$" that is neither a field nor "$$".
    """
    pattern, end = "", 0
    for match in Template.pattern.finditer(phrase):
        name = match["named"] or match["braced"]
        # Neither a field nor "$$": a "$" that string.Template calls invalid.
        if not name and match["escaped"] is None:
            return None
        pattern += phrase[end : match.start()].replace("%", "%%")
        pattern += f"%({name})s" if name else "$"
        end = match.end()
    return pattern + phrase[end:].replace("%", "%%")


def _table(tables: Mapping[str, object], name: str, file: Path) -> dict[str, object]:
    table = tables.get(name, {})
    if not isinstance(table, dict):
        raise SettingsError(f"{file}: {name} must be a table; write [{name}]")
    return table
