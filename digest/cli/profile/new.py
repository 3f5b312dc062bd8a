"""The `profile new` command."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from digest.cli.context import CliContext
from digest.cli.root import Command
from digest.cli.timezone import local_zone
from digest.errors import HomeError, UsageError

_EXAMPLE = 'digest profile new "KV cache" "speculative decoding" --email you@example.org'
_PAPERS = click.IntRange(1, 200)
_LIST_HINT = "copy a ready profile: digest profile new --list shows them"

T = TypeVar("T")


@click.command("new", cls=Command)
@click.argument("words", metavar="[KEYWORD...]", nargs=-1)
@click.option(
    "--from",
    "starter_name",
    metavar="NAME",
    help="Copy the starter profile of this name, in place of keywords.",
)
@click.option("--list", "listing", is_flag=True, help="List the starter profiles, and stop.")
@click.option("--email", metavar="ADDRESS", help="Where the digest is sent.")
@click.option(
    "--max-papers", type=_PAPERS, metavar="N", help="The most papers in one digest: 1 to 200."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write it there, if there is no such file yet, and not to standard output.",
)
@click.pass_obj
def new(
    call: CliContext,
    *,
    words: tuple[str, ...],
    starter_name: str | None,
    listing: bool,
    email: str | None,
    max_papers: int | None,
    out: Path | None,
) -> None:
    """Start a profile: print one about these keywords, with its comments.

    Topics may be named, and several given: "Bees: waggle dance, honey*; Caches: KV cache". On
    a terminal it asks three questions about what is not given; elsewhere it asks nothing.
    With --from it copies a ready profile for a field, such as nlp or astrophysics.

    \b
    JSON: {"profile", "file"}; with --list: {"starter_profiles": [{"name",
    "description"}]}
    """
    from digest.config.profiles import drafts, gallery
    from digest.config.scaffold import PLACEHOLDER

    if listing:
        _list(call)
        return
    if words and starter_name is not None:
        raise UsageError("keywords and --from exclude each other; give one of them")
    starter = gallery.find(starter_name) if starter_name is not None else None
    asking = sys.stdin.isatty() and not call.as_json
    if out is not None and out.exists():
        raise UsageError(f"{out} exists, and nothing is overwritten; name another file")
    if not (words or starter or asking):
        raise UsageError(f"no keywords; give some, as in: {_EXAMPLE}; or {_LIST_HINT}")
    address = drafts.read_address(email) if email is not None else None
    topics = drafts.read_topics(*words) if words else None
    if asking:
        address = address or _ask("Where shall the digest be sent?", drafts.read_address)
    if asking and starter is None:
        topics = topics or _ask(
            "What do you want to read about? Keywords, with commas between them", drafts.read_topics
        )
        max_papers = max_papers or click.prompt(
            "How many papers at most, a day?", default=15, type=_PAPERS, err=True
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
    call.emit({"profile": text, "file": out}, [f"made  {out}"] if out else [text.rstrip("\n")])
    if address is None:
        call.warn(f"the address is a placeholder, {PLACEHOLDER}; write yours in its place")


def _list(call: CliContext) -> None:
    """Prints the names and the descriptions of the starter profiles."""
    from digest.config.profiles.gallery import starter_profiles

    starters = list(starter_profiles())
    width = max(len(starter.name) for starter in starters)
    call.emit(
        {
            "starter_profiles": [
                {"name": starter.name, "description": starter.description} for starter in starters
            ]
        },
        [f"{starter.name:{width}}  {starter.description}" for starter in starters],
    )


def _ask(question: str, read: Callable[[str], T]) -> T:
    """The answer, read; asked again until it can be."""

    def convert(answer: str) -> T:
        try:
            return read(answer)
        except UsageError as error:
            raise click.UsageError(str(error)) from None

    answer: T = click.prompt(question, value_proc=convert, err=True)
    return answer


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise HomeError(f"{path}: cannot be written: {error.strerror}") from error
