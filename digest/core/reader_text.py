"""Texts for readers that are written where no language is known, and translated where they are shown."""

from typing import Any, Self


class ReaderText(str):
    """A text for a reader: as `str`, it is English.

    The name of this class marks its message for translation (`tools/translations.py`), so the message
    must be one literal.

    Args:
        message: the English text, with its fields as in `%(number)s`.
        **fields: their values; a value may be another ReaderText.
    """

    message: str
    fields: dict[str, Any]

    __slots__ = ("fields", "message")

    def __new__(cls, message: str, **fields: Any) -> Self:
        """Returns the text in English."""
        text = super().__new__(cls, message % fields if fields else message)
        text.message = message
        text.fields = fields
        return text


def shown_problem(error: Exception) -> str:
    """Returns what an error says; a ReaderText stays one, so that it can be translated."""
    text = error.args[0] if error.args else ""
    return text if isinstance(text, ReaderText) else str(error)
