"""`digest deliver`: sends the queued digests, and decides about those in doubt."""

from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.output import json as json_output
from digest.cli.output import text as text_output
from digest.cli.root import Command
from digest.core.text.plurals import count
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.app.application import App

_MAX_DIGITS = 18  # of a number that both databases can store


@click.command("deliver", cls=Command)
@click.option("--only", metavar="ADDRESS", help="Send only to this address.")
@click.option(
    "--resume",
    is_flag=True,
    help="End the pause of sending, which began after the mail server refused too many.",
)
@click.option(
    "--release",
    multiple=True,
    metavar="EDITION",
    help="Send a digest in doubt, or a refused one, again: its number, or `all` in doubt.",
)
@click.option(
    "--drop",
    multiple=True,
    metavar="EDITION",
    help="Never send a digest in doubt, or a refused one: its number, or `all` in doubt.",
)
@click.pass_obj
def command(
    context: CliContext,
    *,
    only: str | None,
    resume: bool,
    release: tuple[str, ...],
    drop: tuple[str, ...],
) -> None:
    """Send the queued digests, and those that are due for another attempt.

    A digest is in doubt if the connection was lost after the message was sent, and before the mail
    server replied. `digest status` lists them. With --release or --drop, the command stores your
    decision and sends nothing. On SIGTERM or Ctrl-C, it finishes the messages that it is sending.
    On a second one, it ends at once.

    \b
    JSON: {"sent", "deferred", "refused", "in_doubt", "recovered", "expired", "held",
    "suppressed", "problem", "letters": [{"edition", "email", "outcome", "reason"}]}, where
    "letters" has at most 1,000 messages that were sent and 1,000 others; with --release or
    --drop: {"released": [...], "dropped": [...]}
    """
    from digest.app.signals import stopping_on_signals
    from digest.pipeline.clock_check import check_clock
    from digest.pipeline.run import deliver_queued
    from digest.pipeline.run_summary import summarize_deliver
    from digest.store.editions import delivery_pause

    now = context.moment()
    with context.open_app() as app, stopping_on_signals(app.stop, code=exit_codes.PARTLY_FAILED):
        # Before the check of the settings: a decision needs no mail server.
        if release or drop:
            _decide(context, app, release=release, drop=drop)
            return
        app.require_delivery()
        parts = app.run_dependencies()
        if resume:
            with parts.store.write() as tx:
                delivery_pause.delete_pause(tx)
        # Before sending: if the clock was wrong, this makes deferred and expired messages ready
        # again.
        clock_warning = check_clock(parts.store, now=now)
        report = deliver_queued(parts, now=now, only=only)
        summary = summarize_deliver(report).with_problem(clock_warning)
        exit_codes.record_run(context, app, "deliver", began=now, summary=summary)
    if clock_warning:
        context.warn(clock_warning)
    context.emit(json_output.delivery(report), context.masked(text_output.delivery(report)))
    raise click.exceptions.Exit(exit_codes.exit_code_for_delivery(report))


def _decide(
    context: CliContext, app: "App", *, release: tuple[str, ...], drop: tuple[str, ...]
) -> None:
    from digest.store.editions import recovery

    done: dict[str, list[int]] = {}
    with app.store.write() as tx:
        for name, wanted in (("released", release), ("dropped", drop)):
            numbers = _numbers(wanted)
            now, send = context.moment(), name == "released"
            done[name] = recovery.apply_decision(tx, numbers, send=send, now=now) if wanted else []
            missing = sorted(set(numbers or ()) - set(done[name]))
            if missing:
                # Inside the transaction: if one number is wrong, no decision at all is stored.
                raise UsageError(
                    f"edition {missing[0]} is neither in doubt nor refused nor held;"
                    " digest status shows the numbers"
                )
    context.emit(
        done,
        [
            f"Released  {count(len(done['released']), 'digest')}; to send: digest deliver",
            f"Dropped   {count(len(done['dropped']), 'digest')}",
        ],
    )


def _numbers(wanted: tuple[str, ...]) -> list[int] | None:
    if "all" in wanted:
        return None
    for item in wanted:
        if not (item.isdecimal() and len(item) <= _MAX_DIGITS):
            raise UsageError(
                f"{item!r} is not the number of an edition; digest status shows the numbers"
            )
    return [int(item) for item in wanted]
