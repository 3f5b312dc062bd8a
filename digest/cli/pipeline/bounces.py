"""The `bounces` command."""

from collections.abc import Iterator
from pathlib import Path

import click

from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.output import text as text_output
from digest.cli.root import Command
from digest.core.text.plurals import count
from digest.pipeline.subscribers.bounces import LEFT, BounceReport, ProcessedMessage


@click.command("bounces", cls=Command)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE|-]...")
@click.option("--maildir", type=click.Path(path_type=Path), metavar="DIR", help="Read a Maildir.")
@click.option("--imap", metavar="URL", help="Read an IMAP folder: imaps://user@host/INBOX.")
@click.pass_obj
def command(
    call: CliContext, *, files: tuple[Path, ...], maildir: Path | None, imap: str | None
) -> None:
    """Read what came back: bounces, complaints, requests to stop.

    Without arguments: the mailbox of the settings. What proves to be about a letter from here
    is acted on: dead mailboxes and complaints get no more mail. What was taken is marked as
    seen; mail of other kinds, and what cannot be read, is left as it is.

    \b
    JSON: {"messages", "kinds": {kind: number}, "taken": [{"name", "kind", "effect", "email",
    "status", "proof", "problem"}]}
    """
    from digest.app.mailboxes import inboxes
    from digest.pipeline.subscribers.bounces import process_mailbox

    taken: list[ProcessedMessage] = []
    with (
        call.app() as app,
        inboxes(app.settings, files=files, maildir=maildir, imap=imap) as found,
    ):
        for inbox in found:
            taken += process_mailbox(app.store, inbox, keys=app.keys, now=call.moment).taken
    report = BounceReport(taken=tuple(taken))
    call.emit(
        {
            "messages": len(taken),
            "kinds": dict(report.kinds),
            "taken": [_result(item) for item in taken],
        },
        call.shown(_words(report)),
    )
    for item in report.unreadable:
        exit_codes.error(f"{item.name}: {item.problem}; it was left where it is")
    raise click.exceptions.Exit(exit_codes.IN_PART if report.unreadable else exit_codes.DONE)


def _result(item: ProcessedMessage) -> dict[str, str]:
    return {
        "name": item.name,
        "kind": item.kind,
        "effect": item.effect,
        "email": item.email,
        "status": item.status,
        "proof": item.proof,
        "problem": item.problem,
    }


def _words(report: BounceReport) -> Iterator[str]:
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(report.kinds.items()))
    yield f"Read  {count(len(report.taken), 'message')}{': ' + kinds if kinds else ''}"
    about = [item for item in report.taken if item.email]
    yield from text_output.cut(
        [
            f"{item.email}: {item.kind}{item.status and f' {item.status}'}, {item.effect}"
            f" (by its {item.proof})"
            for item in about
        ]
    )
    left = sum(item.effect == LEFT for item in report.taken)
    if left:
        yield f"  {count(left, 'message')} left for you to look at"
