"""`digest send`: sends one digest to one address as a test."""

from pathlib import Path

import click

from digest.cli import options
from digest.cli.context import CliContext
from digest.cli.inputs import load_profile, require_papers
from digest.cli.output import exit_codes
from digest.cli.root import Command


@click.command("send", cls=Command)
@click.option("--to", required=True, metavar="ADDRESS", help="The address to send to.")
@options.profile_file("The profile to make a digest for.")
@click.pass_obj
def command(context: CliContext, *, to: str, profile_file: Path | None) -> None:
    """Send one digest to one address, as a test.

    It is the first digest that a new subscription with this profile would get. The ledger is not
    changed: the address gets its regular digests as before. An address whose reader has left gets
    nothing.

    \b
    JSON: {"to", "subject", "papers", "outcome", "reason"}
    """
    from digest.core.models.delivery import Sent
    from digest.core.subscribers.email_addresses import check_address
    from digest.errors import UsageError
    from digest.pipeline.subscribers import leavings

    try:
        to = check_address(to)
    except ValueError as error:
        raise UsageError(f"--to: {to!r} is not an e-mail address: {error}") from None
    given = load_profile(context, profile_file)
    with context.open_app() as app:
        app.require_delivery()
        # A test is mail too: who left gets none.
        leavings.require_not_left(app.store, to, keys=app.signing_keys)
        require_papers(app.store)
        trial = app.compose_trial(
            profile_text=given.text,
            to=to,
            name=given.path.stem,
            folder=given.path.parent,
            now=context.moment(),
        )
        content = app.message_writer.render(trial)
        envelope = app.message_writer.envelope(trial, content)
        with app.connect() as transport:
            outcome = transport.send(
                sender=envelope.sender, recipient=envelope.recipient, message=envelope.message
            )
    reply = outcome.reply if isinstance(outcome, Sent) else outcome.reason
    context.emit(
        {
            "to": to,
            "subject": content.subject,
            "papers": len(trial.unpacked.entries),
            "outcome": type(outcome).__name__.lower(),
            "reason": reply,
        },
        [content.subject, f"sent to {to}: {reply}"] if isinstance(outcome, Sent) else [],
    )
    if not isinstance(outcome, Sent):
        exit_codes.error(f"{to}: not sent: {reply}")
        raise click.exceptions.Exit(exit_codes.NOTHING_DONE)
