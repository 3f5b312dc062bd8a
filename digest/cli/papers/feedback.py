"""`digest feedback`: records what a reader said about papers and authors."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.root import Command
from digest.core.models.profiles import AuthorChoice, FeedbackKind
from digest.core.text.plurals import count
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.pipeline.subscribers.feedback import LearnedReport
    from digest.store.database.store import Store

_FORGET = "forget"
_WORDS = (
    *(kind.value for kind in FeedbackKind),
    *(choice.value for choice in AuthorChoice),
    _FORGET,
)


@click.command("feedback", cls=Command)
@click.argument("email", metavar="ADDRESS")
@click.argument("word", metavar="[WORD]", required=False, type=click.Choice(_WORDS))
@click.argument("references", metavar="[PAPER|AUTHOR]...", nargs=-1)
@click.option("--list", "list_it", is_flag=True, help="List the feedback of the reader.")
@click.option("--reset", is_flag=True, help="Remove all feedback: only the profile counts again.")
@click.option(
    "--subscription", metavar="NAME", help="Needed if the address has several subscriptions."
)
@click.pass_obj
def command(
    context: CliContext,
    *,
    email: str,
    word: str | None,
    references: tuple[str, ...],
    list_it: bool,
    reset: bool,
    subscription: str | None,
) -> None:
    """Record what a reader said about papers and authors. The next digests follow it.

    WORD is more, less, saved or opened for papers; follow or mute for authors; or forget, which
    takes one of these back. A PAPER is an id, an identifier such as arxiv:2508.13426, or part of the
    title. A muted author's papers are not shown. `digest profile show ADDRESS` says what was
    learned.

    \b
    JSON: {"email", "subscription", "papers": [{"paper_id", "title", "kind", "at"}],
    "authors": [{"author", "choice", "at"}]}
    """
    from digest.pipeline.subscribers import feedback

    if [bool(word), list_it, reset].count(True) != 1:
        raise UsageError(f"write one of {', '.join(_WORDS)}; or --list, or --reset")
    # click cannot say that an argument depends on an option.
    if bool(word) != bool(references):
        raise UsageError("name papers, or authors" if word else "--list and --reset take no papers")
    with context.open_app() as app:
        lines: list[str] = []
        if reset:
            removed = feedback.reset(app.store, email=email, subscription=subscription)
            lines = [f"{email}: {count(removed, 'entry', 'entries')} removed"]
        elif word:
            names = _record(context, app.store, email, word, references, subscription=subscription)
            lines = [f"{word}: {name}" for name in names]
        report = feedback.report(
            app.store, email=email, subscription=subscription, models=app.ranking_models
        )
    context.emit(
        {
            "email": email,
            "subscription": report.subscription.name,
            "papers": [
                {"paper_id": item.paper_id, "title": item.title, "kind": item.kind, "at": item.at}
                for item in report.papers
            ],
            "authors": [
                {"author": item.author, "choice": item.choice, "at": item.at}
                for item in report.authors
            ],
        },
        _lines(report) if list_it else lines,
    )


def _record(
    context: CliContext,
    store: "Store",
    email: str,
    word: str,
    references: Sequence[str],
    *,
    subscription: str | None,
) -> list[str]:
    """Records the feedback, and returns the names of the papers or authors."""
    from digest.pipeline.subscribers import feedback

    if word == _FORGET:
        return feedback.forget(store, email=email, references=references, subscription=subscription)
    if word in list(AuthorChoice):
        return feedback.choose(
            store,
            email=email,
            choice=AuthorChoice(word),
            authors=references,
            now=context.moment(),
            subscription=subscription,
        )
    return feedback.rate(
        store,
        email=email,
        kind=FeedbackKind(word),
        papers=references,
        now=context.moment(),
        subscription=subscription,
    )


def _lines(report: "LearnedReport") -> Iterator[str]:
    for paper in report.papers:
        yield f"{paper.at:%Y-%m-%d}  {paper.kind:<6}  {paper.title}"
    for author in report.authors:
        yield f"{author.at:%Y-%m-%d}  {author.choice:<6}  {author.author}"
    if not (report.papers or report.authors):
        yield "no feedback yet; to give some: digest feedback ADDRESS more PAPER"
