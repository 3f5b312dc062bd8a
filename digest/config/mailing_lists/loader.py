"""Loads `lists.toml`: the mailing lists of an installation.

    [[lists]]
    name = "climate"
    title = "Climate Digest"
    profile = "lists/climate.toml"   # in the home; its readers follow it

`digest.config.mailing_lists.schema` defines the other keys.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from digest.config.email_addresses import NamedAddress
from digest.config.toml_document import Document, TomlIssue, display, validate
from digest.config.toml_files import load_tables
from digest.logs import redactor

if TYPE_CHECKING:
    from digest.config.mailing_lists.schema import MailingListTable

FILE = "lists.toml"


class MailingList(Struct, frozen=True, kw_only=True):
    """A mailing list. What is None is as the settings say."""

    name: str
    title: str
    profile: str  # the file that readers follow, relative to the home, as it is stored with them
    about: str = ""
    sender: NamedAddress | None = None
    reply_to: str | None = None
    list_id: str | None = None
    theme: str | None = None  # a built-in theme, or a file in the home
    consent: str = ""  # the wording on its page; empty: the usual one
    offered: bool = True  # on the site
    dkim_key: Path | None = None
    dkim_selector: str | None = None


class MailingLists(Struct, frozen=True):
    """The mailing lists of an installation, in the order of the file."""

    lists: tuple[MailingList, ...] = ()

    def named(self, name: str | None) -> MailingList | None:
        """Returns the list with this name; None if there is none."""
        return next((item for item in self.lists if item.name == name), None)

    def following(self, file: str | None) -> MailingList | None:
        """Returns the list whose readers follow a file; None if there is none."""
        return next((item for item in self.lists if item.profile == file), None)

    def name_of(self, folder: Path | None, stem: str, home: Path) -> str | None:
        """Returns the name of the list whose profile a file is, given its folder; None: of none."""
        if folder is None:
            return None
        resolved = (folder / f"{stem}.toml").absolute().resolve()
        return next(
            (item.name for item in self.lists if (home / item.profile).resolve() == resolved), None
        )


NO_LISTS = MailingLists()


def load(home: Path) -> MailingLists:
    """Loads the mailing lists of a home; none if `lists.toml` does not exist.

    Args:
        home: the home folder.

    Raises:
        SettingsError: the first problem in the file, with its place.
    """
    checked = load_tables(home / FILE, _validate)
    if checked is None:
        return NO_LISTS
    lists = MailingLists(tuple(_list(table, home) for table in checked))
    # They belong to no reader.
    own = [(item.sender.address if item.sender else None, item.reply_to) for item in lists.lists]
    redactor.allow_addresses(*(address for pair in own for address in pair if address))
    return lists


def _validate(document: Document) -> "tuple[MailingListTable, ...] | list[TomlIssue]":
    # Imported here: most homes have no lists, and the models take time.
    from digest.config.mailing_lists.schema import ListsFile

    checked = validate(document, ListsFile)
    if isinstance(checked, list):
        return checked
    issue = _repeated(document, checked.lists) or _keys_alone(document, checked.lists)
    return [issue] if issue else tuple(checked.lists)


def _repeated(document: Document, tables: "list[MailingListTable]") -> TomlIssue | None:
    """Returns an issue with the second list that has the name or the file of another one."""
    values: tuple[tuple[str, Callable[[MailingListTable], str]], ...] = (
        ("name", lambda table: table.name),
        ("profile", lambda table: table.profile),
    )
    for key, value_of in values:
        seen: set[str] = set()
        for index, table in enumerate(tables):
            value = value_of(table)
            if value in seen:
                text = f"{display(value)} is the {key} of another list; give each list its own"
                return document.issue_at(text, ("lists", index, key))
            seen.add(value)
    return None


def _keys_alone(document: Document, tables: "list[MailingListTable]") -> TomlIssue | None:
    for index, table in enumerate(tables):
        place = ("lists", index)
        if table.dkim_key is not None and table.sender is None:
            text = "a key signs for the domain of the sender; write sender = ... too"
            return document.issue_at(text, (*place, "dkim_key"))
        if table.dkim_selector is not None and table.dkim_key is None:
            text = "a selector is the name of a key; write dkim_key = ... too"
            return document.issue_at(text, (*place, "dkim_selector"))
    return None


def _list(table: "MailingListTable", home: Path) -> MailingList:
    return MailingList(
        name=table.name,
        title=table.title,
        profile=table.profile,
        about=table.about or "",
        sender=table.named_sender,
        reply_to=table.reply_to,
        list_id=table.list_id,
        theme=table.theme,
        consent=table.consent or "",
        offered=table.offered,
        dkim_key=home / table.dkim_key if table.dkim_key else None,
        dkim_selector=table.dkim_selector,
    )
