"""Numbers with their nouns, for people."""


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Returns `1 paper`, or `2 papers`.

    Args:
        number: how many.
        noun: in the singular.
        plural: None: the noun with an "s".
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
