"""Shows the progress of `collect` on a terminal."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digest.pipeline.collect import ProgressCallback


@contextmanager
def progress_line() -> Iterator["ProgressCallback | None"]:
    """Yields a callback that updates a status line; None if standard error is no terminal."""
    if not sys.stderr.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb":
        yield None
        return
    # Imported here because it is slow, and cron has no terminal.
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("Reading the sources") as status:

        def update(*, source: str, batches: int, papers: int) -> None:
            counts = f": {papers:,} papers in {batches:,} batches" if batches else ""
            status.update(f"Reading [bold]{source}[/bold]{counts}")

        yield update
