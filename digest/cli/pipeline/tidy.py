"""`digest tidy`: cleans up after killed runs, reads bounces, removes old data."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.output import json as json_output
from digest.cli.root import Command
from digest.core.text.plurals import count

if TYPE_CHECKING:
    from digest.pipeline.maintenance import MaintenanceReport


@click.command("tidy", cls=Command)
@click.pass_obj
def command(context: CliContext) -> None:
    """Release the claims of killed runs, read the bounce mailbox, and remove old data.

    The mailbox is read if one is set, as by `digest bounces`. With DIGEST_PUBLIC_ARCHIVE, the pages
    of the public archive that today does not have yet are made. Data older than DIGEST_KEEP_DAYS is
    removed once a day, as by `digest db prune`. What is stored about readers who left more than
    DIGEST_KEEP_LEFT_DAYS ago is removed too, except for a keyed hash of the address.

    \b
    JSON: {"claims", "bounces": {kind: number}, "removed": {"before", "editions", "abstracts",
    "sightings", "batches"} | null, "removed_readers": {"before", "readers", "bounces"} | null,
    "pages", "problems": [...]}
    """
    from digest.pipeline.maintenance import release_dead_claims

    now = context.moment()
    with context.open_app() as app:
        claims = release_dead_claims(app.store, now=now)
        done = app.maintain(now)
    context.emit(json_output.maintenance(claims, done), _lines(claims, done))
    raise click.exceptions.Exit(exit_codes.exit_code_for_maintenance(done))


def _lines(claims: int, done: "MaintenanceReport") -> Iterator[str]:
    yield f"Tidied  {count(claims, 'claim')} of killed runs released"
    if done.processed:
        yield f"  {count(len(done.processed), 'message')} read"
    if done.pages:
        yield f"  {count(done.pages, 'page')} of the public archive made"
    if done.pruned is not None:
        pruned = done.pruned
        number = pruned.editions + pruned.abstracts + pruned.sightings + pruned.batches
        yield f"  {count(number, 'item')} from before {pruned.before:%Y-%m-%d} removed"
    readers = done.pruned_readers
    if readers is not None and (readers.readers or readers.bounces):
        yield (
            f"  {count(readers.readers, 'former reader')} and"
            f" {count(readers.bounces, 'report')} of bounces from before"
            f" {readers.before:%Y-%m-%d} removed"
        )
