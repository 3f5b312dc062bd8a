"""`digest subscribers end`: ends all subscriptions of a profile file or of a mailing list."""

from pathlib import Path

import click

from digest.cli import options
from digest.cli.context import CliContext
from digest.cli.root import Command
from digest.core.text.plurals import count
from digest.errors import UsageError


@click.command("end", cls=Command)
@click.option(
    "--all-using",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="End the subscriptions that follow this file, which may be gone.",
)
@options.mailing_list(
    "End the subscriptions of this list, which may not be in lists.toml any more."
)
@click.option("--dry-run", is_flag=True, help="Change nothing; say how many would end.")
@click.pass_obj
def end(
    context: CliContext, *, all_using: Path | None, list_name: str | None, dry_run: bool
) -> None:
    """End all subscriptions that follow a file, or that belong to a list.

    The readers do not leave by this: they keep their other subscriptions, and can be added again
    without another consent.

    \b
    JSON: {"ended", "dry_run"}
    """
    from digest.pipeline.profiles import set_profiles
    from digest.pipeline.profiles.profile_sources import stored_path

    if (all_using is None) == (list_name is None):
        raise UsageError("give either --all-using FILE or --list NAME")
    now = context.moment()
    with context.open_app() as app:
        if dry_run:
            app.start_dry_run()
        if all_using is not None:
            file = stored_path(all_using, home=app.home.path)
            number = set_profiles.end_followers(app.store, file, now=now)
        else:
            number = set_profiles.end_list(app.store, str(list_name), now=now)
    verb = "would end" if dry_run else "ended"
    context.emit({"ended": number, "dry_run": dry_run}, [f"{count(number, 'subscription')} {verb}"])
