"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from digest.cli.context import CliContext
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.app.application import App
    from digest.core.subscribers.consent import Consent

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


def consent() -> Callable[[F], F]:
    """Returns the option `--consent`, for `read_consent`."""
    return click.option(
        "--consent",
        metavar="TEXT",
        help=(
            'How and when the reader agreed, as in "sign-up form, 2026-05-11". The text is stored'
            " as evidence."
        ),
    )


def mailing_list(help_text: str) -> Callable[[F], F]:
    """Returns the option `--list`, which names a mailing list.

    Args:
        help_text: what the command does with it.
    """
    return click.option("--list", "list_name", metavar="NAME", help=help_text)


def profile_or_list(
    app: "App", profile: Path | None, list_name: str | None, *, must_exist: bool = True
) -> Path:
    """Returns the profile file, or that of the list.

    Args:
        app: the program, opened on the home.
        profile: the value of `--profile`.
        list_name: the value of `--list`.
        must_exist: whether a file that does not exist is an error here.

    Raises:
        UsageError: not exactly one of them was given, or there is no such list or file.
    """
    if (profile is None) == (list_name is None):
        raise UsageError("give either --profile FILE or --list NAME")
    if profile is None:
        found = app.lists.named(list_name)
        if found is None:
            known = ", ".join(item.name for item in app.lists.lists) or "none"
            raise UsageError(f"there is no list {list_name!r} in lists.toml (it has: {known})")
        profile = app.home.path / found.profile
    if must_exist and not profile.is_file():
        raise UsageError(f"{profile}: no such file")
    return profile


def read_consent(context: CliContext, text: str | None) -> "Consent | None":
    """Returns the consent of `--consent`; None without one.

    Raises:
        UsageError: the text does not say how and when.
    """
    from digest.core.subscribers.consent import parse_consent

    if text is None:
        return None
    try:
        return parse_consent(text, now=context.moment())
    except ValueError as error:
        raise UsageError(f"--consent {error}") from None
