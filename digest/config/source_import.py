"""Adds feeds to `sources.toml`, below what is there."""

import json
import os
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from digest.config.source_tables.base import SourceConfig, web_address
from digest.config.source_tables.kinds import FeedSourceConfig
from digest.config.sources import check_text, load
from digest.config.toml_document import read_text
from digest.errors import SettingsError

_MAX_NAME = 56  # characters; the schema allows 60, and a number may follow


class NewFeed(Struct, frozen=True, kw_only=True):
    """A feed that is added."""

    name: str  # of the source; unique
    title: str
    url: str


class FeedImport(Struct, frozen=True, kw_only=True):
    """The feeds of a list that are added, and those that are skipped."""

    added: tuple[NewFeed, ...]
    skipped: tuple[tuple[str, str], ...]  # the address and why


def plan(existing: Collection[SourceConfig], feeds: Iterable[tuple[str, str]]) -> FeedImport:
    """Decides which feeds are added, and under which names.

    Args:
        existing: the sources that are there.
        feeds: title and address of each feed.
    """
    names = {item.name for item in existing}
    known = {
        _same_feed(item.url): item.name for item in existing if isinstance(item, FeedSourceConfig)
    }
    added: list[NewFeed] = []
    skipped: list[tuple[str, str]] = []
    for title, url in feeds:
        try:
            address = web_address(url)
        except ValueError as error:
            skipped.append((url, f"the address {error}"))
            continue
        if other := known.get(_same_feed(address)):
            skipped.append((address, f"source {other} has this address"))
            continue
        name = _unique(_slug(title) or _slug(urlsplit(address).hostname or "") or "feed", names)
        names.add(name)
        known[_same_feed(address)] = name
        added.append(NewFeed(name=name, title=title, url=address))
    return FeedImport(added=tuple(added), skipped=tuple(skipped))


def append(home: Path, feeds: Iterable[NewFeed], *, plugins: Callable[[], Collection[str]]) -> None:
    """Adds feeds to the `sources.toml` of a home; the file is replaced as a whole, or not at all.

    Args:
        home: the home folder.
        feeds: what is added.
        plugins: returns the kinds that other packages add.

    Raises:
        SettingsError: the file cannot be extended or written.
    """
    load(home, plugins=plugins)  # a mistake that is there already is reported as usual
    file = (home / "sources.toml").resolve()
    try:
        before = read_text(file) if file.exists() else ""
        text = before + ("" if not before or before.endswith("\n") else "\n")
        text += "".join(map(_table, feeds))
        if problem := check_text(text, plugins=plugins):
            raise SettingsError(
                f"{file}: the feeds cannot be added at its end ({problem}); write each source as a"
                " [[sources]] table"
            )
        draft = file.with_name(f".{file.name}.new")
        draft.write_text(text, "utf-8")
        if file.exists():
            draft.chmod(file.stat().st_mode & 0o777)
        os.replace(draft, file)  # noqa: PTH105 - atomic
    except OSError as error:
        raise SettingsError(f"{file}: cannot be written: {error.strerror}") from None


def _table(feed: NewFeed) -> str:
    return (
        f'\n[[sources]]\nname = "{feed.name}"\nkind = "feed"\n'
        f"url = {json.dumps(feed.url, ensure_ascii=True)}\n"
    )


def _same_feed(url: str) -> str:
    """Returns what two addresses of one feed have in common."""
    parts = urlsplit(url)
    return f"{(parts.netloc or '').casefold()}{parts.path.rstrip('/')}?{parts.query}"


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_MAX_NAME].strip("-")


def _unique(name: str, names: Collection[str]) -> str:
    if name not in names:
        return name
    number = 2
    while f"{name[:_MAX_NAME]}-{number}" in names:
        number += 1
    return f"{name}-{number}"
