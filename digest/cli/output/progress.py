"""A line on a terminal that tells how a long collection goes on; nothing elsewhere."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digest.pipeline.collect import Progress


@contextmanager
def shown() -> Iterator["Progress | None"]:
    """A progress to hand to `collect`; None where nobody watches a terminal."""
    if not sys.stderr.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb":
        yield None
        return
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("Reading the sources") as status:

        def tell(*, source: str, looks: int, papers: int) -> None:
            more = f": {papers:,} papers in {looks:,} batches" if looks else ""
            status.update(f"Reading [bold]{source}[/bold]{more}")

        yield tell
