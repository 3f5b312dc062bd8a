"""Every kind of source by its name, those of other packages among them.

Another package registers a kind with an entry point:

    [project.entry-points."paper_digest.sources"]
    mykind = "mypackage.digest:make"

`make` is a `Make`: it gets the source's name, its table of sources.toml, and what the
program lends it, and returns something that looks like `digest.pipeline.collect.Source`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from digest.sources.kinds.common import ClientFactory

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "paper_digest.sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginContext:
    """What the program lends to a source."""

    home: Path  # that paths in sources.toml are relative to
    client: ClientFactory  # the polite, bounded HTTP client, made when first asked for


class SourceFactory(Protocol):
    """Makes a source of one kind; ValueError says what is wrong with the options."""

    def __call__(self, *, name: str, options: Mapping[str, Any], loan: PluginContext) -> Any:
        """The source."""


def plugins() -> "dict[str, EntryPoint]":
    """The kinds that installed packages register, not loaded yet."""
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=GROUP)}
