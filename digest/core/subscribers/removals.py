"""Decides whether files and lists that are gone were removed, or are missing by mistake."""

FEW = 20
"""Up to so many subscriptions may end at once, as long as others stay."""


def is_plausible(ending: int, *, staying: int) -> bool:
    """Whether so many subscriptions may end because their files or lists are gone.

    If nothing would stay, or most of many would end, this is more likely an accident: a folder that
    was not copied, or a file that was emptied.

    Args:
        ending: Subscriptions whose file or list is gone.
        staying: The other subscriptions that follow files or belong to lists.
    """
    return staying > 0 and (ending <= FEW or ending <= staying)
