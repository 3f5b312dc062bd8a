"""Loads `sources.toml`: the sources of new papers.

    [[sources]]
    name = "dumps"   # unique; used in digests, profiles and reports
    kind = "dump"
    path = "dumps"   # a file or a folder, relative to the home

To add a kind of source, add a model to `KINDS`. Another package can add one by an entry point.
"""

from collections.abc import Callable, Collection
from pathlib import Path

from pydantic import ConfigDict, Field

from digest.config.source_tables.base import SourceConfig
from digest.config.source_tables.kinds import (
    ArxivApiSourceConfig,
    ArxivSourceConfig,
    DumpSourceConfig,
    FeedSourceConfig,
    HuggingFaceSourceConfig,
    JsonlSourceConfig,
    PluginSourceConfig,
)
from digest.config.source_tables.services import (
    BiorxivSourceConfig,
    CrossrefSourceConfig,
    OpenAlexSourceConfig,
    PubmedSourceConfig,
    SemanticScholarSourceConfig,
)
from digest.config.suggestions import did_you_mean
from digest.config.toml_document import (
    Document,
    TomlError,
    TomlIssue,
    TomlModel,
    display,
    read_text,
    validate,
)
from digest.errors import SettingsError, located

KINDS: dict[str, type[SourceConfig]] = {
    "dump": DumpSourceConfig,
    "jsonl": JsonlSourceConfig,
    "feed": FeedSourceConfig,
    "huggingface": HuggingFaceSourceConfig,
    "arxiv": ArxivSourceConfig,
    "arxiv-api": ArxivApiSourceConfig,
    "biorxiv": BiorxivSourceConfig,
    "medrxiv": BiorxivSourceConfig,
    "crossref": CrossrefSourceConfig,
    "openalex": OpenAlexSourceConfig,
    "pubmed": PubmedSourceConfig,
    "semantic-scholar": SemanticScholarSourceConfig,
}


class _AnySource(SourceConfig):
    """A source of any kind: checks its name and kind, before the other keys are checked."""

    model_config = ConfigDict(extra="ignore")


class _SourcesFile(TomlModel):
    sources: list[_AnySource] = Field(default=[])


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
    file = home / "sources.toml"
    try:
        checked = _validate(Document(read_text(file)), plugins)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SettingsError(located(f"cannot be read: {error.strerror}", str(file))) from None
    except TomlError as error:
        checked = [error.issue]
    if isinstance(checked, list):
        first = checked[0]
        raise SettingsError(located(first.text, str(file), first.line, first.column))
    return tuple(source.below(home) for source in checked)


def _validate(
    document: Document, plugins: Callable[[], Collection[str]]
) -> tuple[SourceConfig, ...] | list[TomlIssue]:
    outline = validate(document, _SourcesFile)
    if isinstance(outline, list):
        return outline
    sources: dict[str, SourceConfig] = {}
    for index, source in enumerate(outline.sources):
        place = ("sources", index)
        if source.name in sources:
            text = f"source {display(source.name)} is defined twice; give each source its own name"
            return [document.issue_at(text, (*place, "name"))]
        # `plugins` searches the installed packages, which takes long. So it is called for other
        # kinds only.
        if source.kind not in KINDS and source.kind not in plugins():
            kinds = [*KINDS, *sorted(plugins())]
            hint = did_you_mean(source.kind, kinds) or f"; write one of {', '.join(kinds)}"
            text = f"{display(source.kind)} is not a kind of source{hint}"
            return [document.issue_at(text, (*place, "kind"))]
        data = document.data["sources"][index]
        # The whole table again, now with the keys of its kind.
        model = KINDS.get(source.kind, PluginSourceConfig)
        checked = validate(document, model, data, prefix=place)
        if isinstance(checked, list):
            return checked
        sources[source.name] = checked
    return tuple(sources.values())
