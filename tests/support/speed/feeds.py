"""Feeds that are parsed without a process for each: most of its time is the start of Python."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from digest.errors import InputError
from digest.sources.feeds import feed


@contextmanager
def parsed_in_this_process() -> Iterator[None]:
    """Parses feeds here, with the errors that the sandbox gives, but without its limits."""
    with patch.object(feed, "run_in_sandbox", _run_here):
        yield


def _run_here(function: Callable[[bytes], bytes], data: bytes, *, origin: str) -> bytes:
    try:
        return function(data)
    except Exception as error:
        raise InputError(f"could not be parsed: {error}", file=origin) from error
