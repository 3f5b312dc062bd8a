"""The settings of zotero-arxiv-daily (https://github.com/TideDra/zotero-arxiv-daily).

Newer versions have a YAML file (`config/base.yaml` of its repository), in which `${oc.env:NAME}` stands for
a value of `.env`; earlier ones have the names of `.env` alone, such as ARXIV_QUERY=cs.AI+cs.CV.
"""

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from digest.config.other_programs.yaml_subset import YamlValue
from digest.core.profiles.arxiv_categories import is_category

_VARIABLE = re.compile(r"\$\{oc\.env:([A-Za-z0-9_]{1,100})(?:,([^}]{0,200}))?\}")
_UNSET = frozenset(("", "???", "null"))


class ZoteroArxivDaily(Struct, frozen=True, kw_only=True):
    """What is used of its settings."""

    receiver: str = ""
    arxiv: tuple[str, ...] = ()  # categories
    biorxiv: tuple[str, ...] = ()
    medrxiv: tuple[str, ...] = ()
    max_papers: int | None = None
    send_empty: bool = False
    zotero_id: str = ""


def is_yaml(values: Mapping[str, YamlValue]) -> bool:
    """Returns whether values of a YAML file are settings of this program."""
    return "zotero.user_id" in values or "source.arxiv.category" in values


def from_yaml(values: Mapping[str, YamlValue], variables: Mapping[str, str]) -> ZoteroArxivDaily:
    """Returns the settings of a YAML file.

    Args:
        values: from `read_yaml`.
        variables: of `.env`, if it was given too.
    """

    def text(path: str) -> str:
        value = values.get(path, "")
        found = _resolved(value, variables) if isinstance(value, str) else ""
        return "" if found in _UNSET else found

    def items(path: str) -> tuple[str, ...]:
        value = values.get(path, [])
        return tuple(value) if isinstance(value, list) else tuple(filter(None, [text(path)]))

    return ZoteroArxivDaily(
        receiver=text("email.receiver"),
        arxiv=_known(items("source.arxiv.category")),
        biorxiv=items("source.biorxiv.category"),
        medrxiv=items("source.medrxiv.category"),
        max_papers=_number(text("executor.max_paper_num")),
        send_empty=text("executor.send_empty").lower() == "true",
        zotero_id=text("zotero.user_id"),
    )


def from_variables(variables: Mapping[str, str]) -> ZoteroArxivDaily | None:
    """Returns the settings of `.env` alone; None if it has none of this program."""
    if not {"ARXIV_QUERY", "ZOTERO_ID"} & set(variables):
        return None
    query = re.split(r"[+,\s]", variables.get("ARXIV_QUERY", ""))
    return ZoteroArxivDaily(
        receiver=variables.get("RECEIVER", ""),
        arxiv=_known(query),
        max_papers=_number(variables.get("MAX_PAPER_NUM", "")),
        send_empty=variables.get("SEND_EMPTY", "").lower() in {"true", "1"},
        zotero_id=variables.get("ZOTERO_ID", ""),
    )


def _resolved(text: str, variables: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: variables.get(found[1], found[2] or ""), text)


def _known(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if is_category(name, prefix=False))


def _number(text: str) -> int | None:
    # Its -1 stands for no limit.
    return int(text) if text.isdecimal() and text.isascii() and int(text[:6]) > 0 else None
