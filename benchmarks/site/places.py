"""A site on a real server with a mail server, as the tests have it, for the measurements."""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "tests"))

from support.servers import readers_site
from support.servers.proofs import challenge_of, solve
from support.servers.readers_site import ReadersSite

__all__ = ["ReadersSite", "challenge_of", "opened", "solve"]


@contextmanager
def opened(more: Mapping[str, str] | None = None) -> Iterator[ReadersSite]:
    """Yields a site in a temporary home."""
    with (
        tempfile.TemporaryDirectory(prefix="paper-digest-bench-") as folder,
        readers_site.opened(Path(folder) / "home", more=more) as site,
    ):
        yield site
