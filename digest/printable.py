"""Text from outside as printable text, for terminals, logs and reports.

A module of its own beside `digest.errors`: both `digest.core` and `digest.logs` need it, and
neither may import the other.
"""


def printable(text: str, *, substitute: str = "?") -> str:
    """Returns the text with each character that is not printable replaced.

    Such a character could begin a line or send a command to a terminal.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else substitute for char in text)


def printable_line(text: str, *, limit: int | None = None) -> str:
    """Returns the text as one printable line.

    White space and characters that are not printable become single spaces.

    Args:
        text: any text.
        limit: the maximum length in characters; None: no limit.
    """
    return " ".join(printable(text, substitute=" ").split())[:limit]
