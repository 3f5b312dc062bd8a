"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def profile_file(text: str, *, required: bool = False) -> Callable[[F], F]:
    """Returns the option `--profile FILE`; the parameter is `profile_file`.

    Args:
        text: the help text.
        required: False for a command that takes the only profile of the home if none is named.
    """
    return click.option(
        "--profile",
        "profile_file",
        type=click.Path(path_type=Path),
        required=required,
        metavar="FILE",
        help=text if required else f"{text} Needed if the home does not have exactly one profile.",
    )


def papers_file(text: str) -> Callable[[F], F]:
    """Returns the option `--papers FILE.jsonl`; the parameter is `papers_file`."""
    return click.option(
        "--papers",
        "papers_file",
        type=click.Path(path_type=Path),
        metavar="FILE.jsonl",
        help=text,
    )


def rerank() -> Callable[[F], F]:
    """Returns the flag `--rerank`."""
    return click.option(
        "--rerank",
        is_flag=True,
        help="Also ask the language model of DIGEST_RERANK_URL; this counts in its daily budget.",
    )
