"""`digest bounces`: processes bounces, complaints and requests to unsubscribe."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.output import text as text_output
from digest.cli.root import Command
from digest.core.text.plurals import count

if TYPE_CHECKING:
    from digest.pipeline.subscribers.bounces import BounceReport, ProcessedMessage


@click.command("bounces", cls=Command)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE|-]...")
@click.option(
    "--maildir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Read this Maildir, not the one of the settings.",
)
@click.option("--imap", metavar="URL", help="Read this IMAP folder, as in imaps://user@host/INBOX.")
@click.pass_obj
def command(
    context: CliContext, *, files: tuple[Path, ...], maildir: Path | None, imap: str | None
) -> None:
    """Process bounces, complaints and requests to unsubscribe.

    Without arguments, the mailbox of the settings is read. FILE is a saved message, and - is
    standard input. If a message proves that it is about a message from here, it is acted on: an
    address that does not exist or that complained gets no more mail. Processed messages are
    marked as seen. Other mail, and mail that cannot be read, is not changed.

    \b
    JSON: {"messages", "kinds": {kind: number}, "taken": [{"name", "kind", "effect", "email",
    "status", "proof", "problem"}]}
    """
    from digest.app.mailboxes import open_mailboxes
    from digest.pipeline.subscribers.bounces import BounceReport, process_mailbox

    taken: list[ProcessedMessage] = []
    with (
        context.open_app() as app,
        open_mailboxes(app.settings, files=files, maildir=maildir, imap=imap) as mailboxes,
    ):
        for inbox in mailboxes:
            taken += process_mailbox(
                app.store, inbox, keys=app.signing_keys, now=context.moment
            ).messages
    report = BounceReport(messages=tuple(taken))
    context.emit(
        {
            "messages": len(taken),
            "kinds": dict(report.kinds),
            "taken": [_result(item) for item in taken],
        },
        context.masked(_lines(report)),
    )
    for item in report.unreadable:
        exit_codes.error(f"{item.name}: {item.problem}; the message was not changed")
    raise click.exceptions.Exit(exit_codes.PARTLY_FAILED if report.unreadable else exit_codes.DONE)


def _result(item: "ProcessedMessage") -> dict[str, str]:
    return {
        "name": item.name,
        "kind": item.kind,
        "effect": item.effect,
        "email": item.email,
        "status": item.status,
        "proof": item.proof,
        "problem": item.problem,
    }


def _lines(report: "BounceReport") -> Iterator[str]:
    from digest.pipeline.subscribers.bounces import LEFT

    kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(report.kinds.items()))
    yield f"Read  {count(len(report.messages), 'message')}{': ' + kinds if kinds else ''}"
    matched = [item for item in report.messages if item.email]
    yield from text_output.cut(
        [
            f"{item.email}: {item.kind}{item.status and f' {item.status}'}, {item.effect}"
            f" (by its {item.proof})"
            for item in matched
        ]
    )
    ignored = sum(item.effect == LEFT for item in report.messages)
    if ignored:
        yield f"  {count(ignored, 'message')} not processed: please read them yourself"
