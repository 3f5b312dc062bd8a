"""What a table says about its keys: checks of values, and what is done with unknown keys."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from msgspec import Meta, Struct


def described(description: str, *, example: Any, **limits: Any) -> Meta:
    """Returns what the annotation of a key says about it.

    Args:
        description: what the key means, for the reference pages.
        example: a value as it is written.
        **limits: of the value, as `Meta` names them.
    """
    return Meta(description=description, examples=[example], **limits)


class CheckedBy(Struct, frozen=True):
    """In the annotation of a key: a function that checks a value of the right type.

    It returns the value to use, or raises ValueError with the text that follows the name of the key
    ("must be a slug"), or `WholeMessageError` if that does not fit.
    """

    function: Callable[[Any], Any]


class Before(Struct, frozen=True):
    """In the annotation of a key: a function that gives its value another form, before it is read."""

    function: Callable[[Any], Any]
    schema: Mapping[str, Any] | None = None  # JSON schema of a value; None: that of the type


class Table(Struct, frozen=True, kw_only=True):
    """The base of all tables.

    The annotation of a key has what `described` returns: its description, an example and its limits.
    """

    ignores_unknown: ClassVar[bool] = False
    rest: ClassVar[str | None] = None  # the field that gets the keys that the table does not know

    def check(self) -> None:
        """Checks what several values must have in common; is called when all values were read.

        Raises:
            WholeMessageError: a value does not fit another one.
        """


class WholeMessageError(ValueError):
    """A problem whose text is the whole message."""

    def __init__(self, text: str, *, character: int | None = None, key: str | None = None) -> None:
        """Creates the error.

        Args:
            text: the message.
            character: the position in the value, from 0, if the problem is about one character.
            key: the key to which the problem belongs, if it was not found in the value of that key.
        """
        super().__init__(text)
        self.text = text
        self.character = character
        self.key = key
