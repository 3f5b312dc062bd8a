"""Finds the kinds of sources that other packages add.

Another package registers a kind with an entry point:

    [project.entry-points."paper_digest.sources"]
    mykind = "mypackage.digest:make"

`make` is a `SourceFactory`. It receives the name of the source, its table in sources.toml, and
a `PluginContext`, and returns an object that implements `digest.pipeline.collect.Source`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from digest.sources.kinds.common import ClientFactory

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "paper_digest.sources"


class PluginContext(Struct, frozen=True, kw_only=True):
    """What the program provides to a source of another package."""

    home: Path  # paths in sources.toml are relative to this folder
    client: ClientFactory  # makes the rate-limited, bounded HTTP client on first use


class SourceFactory(Protocol):
    """Makes a source of one kind."""

    def __call__(self, *, name: str, options: Mapping[str, Any], context: PluginContext) -> Any:
        """Returns the source.

        Args:
            name: The name of the source.
            options: Its table in sources.toml.
            context: The home and the HTTP client.

        Raises:
            ValueError: An option is wrong; the text says which and why.
        """


def plugins() -> "dict[str, EntryPoint]":
    """Returns the kinds that installed packages register, by name, without importing them."""
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=GROUP)}
