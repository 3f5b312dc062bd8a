"""Reads the fields of a delivery report (RFC 3464) or a feedback report (RFC 5965)."""

import re
from collections.abc import Iterator, Mapping

from digest.core.mime_reader import unfolded

_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]*:[ \t]*(.*)$")


def recipient_groups(text: str) -> Iterator[dict[str, str]]:
    """Yields the fields of each recipient in a report.

    A blank line or a repeated field starts the next recipient.
    """
    group: dict[str, str] = {}
    for line in [*unfolded(text[:50_000]).split("\n"), ""]:
        field = _FIELD.match(line.strip())
        name = field.group(1).lower() if field else ""
        if (not line.strip() or name == "final-recipient") and (not line.strip() or name in group):
            if _has_recipient(group):
                yield group
                group = {}
            # A blank line after fields that are not about a recipient: forget them.
            elif not line.strip() and "final-recipient" not in group:
                group = {}
        if field:
            group.setdefault(name, field.group(2).strip())
    if _has_recipient(group):
        yield group


def _has_recipient(group: Mapping[str, str]) -> bool:
    address_fields = {"final-recipient", "original-recipient", "x-actual-recipient"} & group.keys()
    return bool(address_fields or "action" in group) and bool({"action", "status"} & group.keys())


def fields_of(text: str) -> dict[str, str]:
    """Returns the fields of a feedback report; of two with one name, the first."""
    fields: dict[str, str] = {}
    for line in unfolded(text[:50_000]).split("\n"):
        if match := _FIELD.match(line.strip()):
            fields.setdefault(match.group(1).lower(), match.group(2).strip())
    return fields
