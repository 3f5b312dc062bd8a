"""`digest profile show`: shows a reader's profile, and what was learned from the reader."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.root import Command
from digest.core.models.profiles import AuthorChoice, FeedbackKind
from digest.core.text.plurals import count

if TYPE_CHECKING:
    from digest.core.examples.learned_words import LearnedSubject
    from digest.pipeline.subscribers.feedback import LearnedReport

_SAID = {
    FeedbackKind.MORE: "you liked",
    FeedbackKind.SAVED: "you liked",
    FeedbackKind.OPENED: "you opened",
    FeedbackKind.LESS: "you wanted less like",
}
_CHOSEN = {
    AuthorChoice.FOLLOW: "you follow {}: +",
    AuthorChoice.MUTE: "you muted {}: not shown",
}


@click.command("show", cls=Command)
@click.argument("email", metavar="ADDRESS")
@click.option(
    "--subscription", metavar="NAME", help="Needed if the address has several subscriptions."
)
@click.pass_obj
def show(context: CliContext, *, email: str, subscription: str | None) -> None:
    """Show the profile of a reader as it was written, and what was learned from feedback.

    What was learned is kept apart from the profile; `digest feedback ADDRESS --reset` removes it.

    \b
    JSON: {"email", "subscription", "profile",
    "learned": [{"kind", "about", "papers"}], "authors": [{"author", "choice"}]}
    """
    from digest.pipeline.subscribers import feedback

    with context.open_app() as app:
        report = feedback.report(
            app.store, email=email, subscription=subscription, models=app.ranking_models
        )
    context.emit(
        {
            "email": email,
            "subscription": report.subscription.name,
            "profile": report.profile_text,
            "learned": [
                {"kind": item.kind, "about": item.about, "papers": item.papers}
                for item in report.subjects
            ],
            "authors": [{"author": item.author, "choice": item.choice} for item in report.authors],
        },
        _lines(report),
    )


def _lines(report: "LearnedReport") -> Iterator[str]:
    yield from report.profile_text.rstrip("\n").split("\n")
    yield ""
    if not (report.subjects or report.authors):
        yield "# nothing was learned yet; see: digest feedback --help"
        return
    yield "# What was learned from your feedback:"
    yield from (f"#   {_subject(item)}" for item in report.subjects)
    yield from (f"#   {_CHOSEN[item.choice].format(item.author)}" for item in report.authors)


def _subject(item: "LearnedSubject") -> str:
    about = f"{count(item.papers, 'paper')} about {item.about}" if item.papers > 1 else item.about
    return f"{_SAID[item.kind]} {about}: {item.sign}"
