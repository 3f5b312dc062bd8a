"""`digest subscribers import`: adds the readers of a CSV file, or says what would happen."""

from pathlib import Path

import click

from digest.cli import options
from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.output import subscribers as subscriber_output
from digest.cli.root import Command
from digest.errors import UsageError


@click.command("import", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The profile for rows without one.",
)
@options.mailing_list("Add the readers of rows without a profile to this list of lists.toml.")
@options.consent()
@click.option(
    "--dry-run",
    is_flag=True,
    help="Change nothing; say what would become of each row, and how many of each there are.",
)
@click.pass_obj
def import_list(
    context: CliContext,
    *,
    file: Path,
    profile: Path | None,
    list_name: str | None,
    consent: str | None,
    dry_run: bool,
) -> None:
    """Add a subscription for each row of a CSV file: email, and profile or list, and consent.

    The columns profile, list and consent are optional. A subscription follows the file that the row
    names, or belongs to the list. Readers who have left, or have left the list, are named and not
    added, unless the row has a newer consent: how and when the reader agreed. So are readers with a
    profile file in profiles/.

    FILE may also be the export of listmonk (CSV), of Mailchimp (zip), or any list with a column
    status: who unsubscribed, bounced or never confirmed is not added, and who left stays gone.

    \b
    JSON: {"added": [address], "known": [address], "rejected": [{"line", "reason"}], "updated":
    [address], "left": [{"line", "email", "status", "since", "reason"}], "with_file": [{"line",
    "email", "reason"}], "gone": [{"line", "email", "status", "since"}], "unconfirmed": [{"line",
    "email", "status"}], "newly_gone", "rows": [{"line", "email", "outcome", "reason"}], "dry_run"};
    an outcome is added, known, updated, left, has file, gone, unconfirmed or rejected; of a zip, each
    line has "file"
    """
    from digest.pipeline.subscribers.former_lists import import_export

    if not file.is_file():
        raise UsageError(f"{file}: no such file")
    with context.open_app() as app:
        if dry_run:
            app.start_dry_run()
        if profile is not None or list_name is not None:
            profile = options.profile_or_list(app, profile, list_name, must_exist=False)
        done = import_export.import_export(
            app.store,
            file,
            profile=profile,
            now=context.moment(),
            keys=app.signing_keys,
            home=app.home.path,
            profiles=app.load_profiles(),
            consent=options.read_consent(context, consent),
            lists=app.lists,
        )
    context.emit(
        subscriber_output.imported(done, dry_run=dry_run),
        [
            *(subscriber_output.row_lines(done) if dry_run else ()),
            *subscriber_output.import_lines(done, dry_run=dry_run),
        ],
    )
    if done.warning:
        context.warn(done.warning)
    # Also on standard error, in the order of the file, so that an editor can jump to each line.
    problems = list(subscriber_output.import_problems(done))
    for problem in problems:
        exit_codes.error(problem)
    raise click.exceptions.Exit(exit_codes.PARTLY_FAILED if problems else exit_codes.DONE)
