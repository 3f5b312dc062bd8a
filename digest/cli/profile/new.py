"""`digest profile new`: starts a profile."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from digest.cli.context import CliContext
from digest.cli.root import Command
from digest.cli.timezone import local_zone
from digest.errors import HomeError, UsageError

if TYPE_CHECKING:
    from digest.core.models.profiles import Topic

_EXAMPLE = 'digest profile new "KV cache" "speculative decoding" --email you@example.org'
_MAX_PAPERS = click.IntRange(1, 200)
_LIST_HINT = "copy a starter profile: digest profile new --list shows them"

T = TypeVar("T")


@click.command("new", cls=Command)
@click.argument("words", metavar="[KEYWORD...]", nargs=-1)
@click.option(
    "--from",
    "starter_name",
    metavar="NAME",
    help="Copy this starter profile. Not together with keywords.",
)
@click.option("--list", "listing", is_flag=True, help="List the starter profiles.")
@click.option("--email", metavar="ADDRESS", help="The address that gets the digest.")
@click.option(
    "--max-papers", type=_MAX_PAPERS, metavar="N", help="The most papers in one digest: 1 to 200."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the profile to this new file, not to standard output.",
)
@click.pass_obj
def new(
    context: CliContext,
    *,
    words: tuple[str, ...],
    starter_name: str | None,
    listing: bool,
    email: str | None,
    max_papers: int | None,
    out: Path | None,
) -> None:
    """Print a new profile with these keywords, and with comments that explain it.

    Commas separate keywords, so computer vision, robots are two. A topic can have a name, and
    semicolons separate topics: "Bees: waggle dance, honey*; Caches: KV cache". On a terminal, the command asks for the address, the keywords and the number of
    papers if they are not given. With --from, it copies a starter profile for a field, such as nlp
    or astrophysics.

    \b
    JSON: {"profile", "file"}; with --list: {"starter_profiles": [{"name",
    "description"}]}
    """
    from digest.config.profiles import drafts, gallery
    from digest.config.scaffold import PLACEHOLDER

    if listing:
        _list(context)
        return
    if words and starter_name is not None:
        raise UsageError("keywords and --from exclude each other; give only one of them")
    starter = gallery.find(starter_name) if starter_name is not None else None
    # A script that calls the command must never wait for an answer.
    interactive = sys.stdin.isatty() and not context.as_json
    # Before the questions, so that no answers are lost.
    if out is not None and out.exists():
        raise UsageError(f"{out} exists, and nothing is overwritten; choose another file")
    if not (words or starter or interactive):
        raise UsageError(f"no keywords; give some, as in: {_EXAMPLE}; or {_LIST_HINT}")
    address = drafts.read_address(email) if email is not None else None
    topics = _given_topics(context, words) if words else None
    if interactive:
        address = address or _ask("Which address gets the digest?", drafts.read_address)
    if interactive and starter is None:
        topics = topics or _ask(
            "What do you want to read about? Keywords, separated by commas", drafts.read_topics
        )
        max_papers = max_papers or click.prompt(
            "How many papers a day at most?", default=15, type=_MAX_PAPERS, err=True
        )
    to, zone = address or PLACEHOLDER, local_zone()
    if starter is None:
        text = drafts.draft(
            email=to, timezone=zone, topics=topics or (), max_papers=max_papers or 15
        )
    else:
        text = gallery.personal_copy(starter, email=to, timezone=zone, max_papers=max_papers)
    if out is not None:
        _write(out, text)
    context.emit({"profile": text, "file": out}, [f"made  {out}"] if out else [text.rstrip("\n")])
    if address is None:
        context.warn(f"the address is a placeholder, {PLACEHOLDER}; replace it with yours")


def _given_topics(context: CliContext, words: tuple[str, ...]) -> tuple["Topic", ...]:
    """Reads the topics of the command line; says what was understood, if that is not obvious."""
    from digest.config.profiles import drafts

    texts = drafts.join_words(words)
    topics = drafts.read_topics(*texts)
    if len(texts) < len(words):
        context.note(f"understood {drafts.describe_topics(topics)}; commas separate keywords")
    return topics


def _list(context: CliContext) -> None:
    """Prints the names and the descriptions of the starter profiles."""
    from digest.config.profiles.gallery import starter_profiles

    starters = list(starter_profiles())
    width = max(len(starter.name) for starter in starters)
    context.emit(
        {
            "starter_profiles": [
                {"name": starter.name, "description": starter.description} for starter in starters
            ]
        },
        [f"{starter.name:{width}}  {starter.description}" for starter in starters],
    )


def _ask(question: str, read: Callable[[str], T]) -> T:
    """Asks a question until the answer can be read, and returns the answer."""

    def convert(answer: str) -> T:
        try:
            return read(answer)
        # click asks again only after an error of its own class.
        except UsageError as error:
            raise click.UsageError(str(error)) from None

    # On standard error: standard output is the profile, and may be redirected into a file.
    answer: T = click.prompt(question, value_proc=convert, err=True)
    return answer


def _write(path: Path, text: str) -> None:
    try:
        # O_EXCL: another process may have created the file since `out.exists()`. A profile
        # contains an address, so only its owner can read it.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise HomeError(f"{path}: cannot be written: {error.strerror}") from error
