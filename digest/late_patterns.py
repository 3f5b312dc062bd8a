"""Regular expressions that are compiled when they are first used.

To compile a long one takes up to a few milliseconds, and most runs meet no text that needs it.
"""

import re
from functools import cached_property
from typing import Any, AnyStr, cast


class LatePattern:
    """A regular expression with the attributes and methods of a compiled one."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text = text
        self._flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[Any]:
        """The compiled pattern."""
        return re.compile(self._text, self._flags)

    def __getattr__(self, name: str) -> Any:
        # Called only for a name that the instance has not: the second use of a method finds it there.
        value = self.__dict__[name] = getattr(self.compiled, name)
        return value


def late_pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Returns a pattern that is compiled when one of its attributes is first used.

    It is for patterns of modules that most commands import, and of which most runs use none: those
    that match only what is rare, such as TeX in a title. It is no `re.Pattern` for `isinstance`.

    Args:
        text: as `re.compile` takes it.
        flags: those of `re`.
    """
    return cast("re.Pattern[AnyStr]", LatePattern(text, flags))
