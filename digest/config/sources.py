"""Loads `sources.toml`: the sources of new papers.

    [[sources]]
    name = "dumps"   # unique; used in digests, profiles and reports
    kind = "dump"
    path = "dumps"   # a file or a folder, relative to the home

To add a kind of source, add a model to `KINDS`. Another package can add one by an entry point.
"""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import ClassVar

from msgspec import field

from digest.config.source_tables.base import SourceConfig
from digest.config.source_tables.kinds import (
    ArxivApiSourceConfig,
    ArxivSourceConfig,
    DumpSourceConfig,
    FeedSourceConfig,
    HuggingFaceSourceConfig,
    JsonlSourceConfig,
    MailSourceConfig,
    PluginSourceConfig,
)
from digest.config.source_tables.services import (
    BiorxivSourceConfig,
    CrossrefSourceConfig,
    OpenAlexSourceConfig,
    PubmedSourceConfig,
    SemanticScholarSourceConfig,
    ZoteroSourceConfig,
)
from digest.config.tables.markers import Table
from digest.config.toml_document import Document, TomlError, TomlIssue, validate
from digest.config.toml_files import check_kinds, load_tables

KINDS: dict[str, type[SourceConfig]] = {
    "dump": DumpSourceConfig,
    "jsonl": JsonlSourceConfig,
    "feed": FeedSourceConfig,
    "mail": MailSourceConfig,
    "huggingface": HuggingFaceSourceConfig,
    "arxiv": ArxivSourceConfig,
    "arxiv-api": ArxivApiSourceConfig,
    "biorxiv": BiorxivSourceConfig,
    "medrxiv": BiorxivSourceConfig,
    "crossref": CrossrefSourceConfig,
    "openalex": OpenAlexSourceConfig,
    "pubmed": PubmedSourceConfig,
    "semantic-scholar": SemanticScholarSourceConfig,
    "zotero": ZoteroSourceConfig,
}


class _AnySource(SourceConfig, frozen=True, kw_only=True):
    """A source of any kind: checks its name and kind, before the other keys are checked."""

    ignores_unknown: ClassVar[bool] = True


class _SourcesFile(Table, frozen=True, kw_only=True):
    sources: list[_AnySource] = field(default_factory=list)


def load(home: Path, *, plugins: Callable[[], Collection[str]] = tuple) -> tuple[SourceConfig, ...]:
    """Loads the sources of a home, in the order of its `sources.toml`.

    Args:
        home: the home folder.
        plugins: returns the kinds that other packages add; called only for an unknown kind.

    Returns:
        The sources; none if the file does not exist.

    Raises:
        SettingsError: the first problem in the file.
    """
    checked = load_tables(home / "sources.toml", lambda document: _validate(document, plugins))
    return tuple(source.below(home) for source in checked or ())


def check_text(text: str, *, plugins: Callable[[], Collection[str]] = tuple) -> str:
    """Returns the first problem of the text of a `sources.toml`; empty if there is none.

    Args:
        text: the whole text.
        plugins: returns the kinds that other packages add.
    """
    try:
        checked = _validate(Document(text), plugins)
    except TomlError as error:
        return error.issue.text
    return checked[0].text if isinstance(checked, list) else ""


def _validate(
    document: Document, plugins: Callable[[], Collection[str]]
) -> tuple[SourceConfig, ...] | list[TomlIssue]:
    outline = validate(document, _SourcesFile)
    if isinstance(outline, list):
        return outline
    return check_kinds(
        document,
        [(source.name, source.kind) for source in outline.sources],
        key="sources",
        noun="source",
        kinds=KINDS,
        # It searches the installed packages, which takes long.
        other_kinds=plugins,
        other_model=PluginSourceConfig,
    )
