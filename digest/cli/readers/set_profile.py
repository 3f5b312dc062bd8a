"""`digest subscribers set-profile`: gives one subscription, or all of a file, another profile."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.root import Command
from digest.core.text.plurals import count
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.app.application import App
    from digest.pipeline.profiles.profile_sources import ProfileSource


@click.command("set-profile", cls=Command)
@click.argument("words", nargs=-1, metavar="[ADDRESS] FILE")
@click.option(
    "--subscription",
    "name",
    metavar="NAME",
    help="The subscription to change, if the address has several.",
)
@click.option(
    "--all-using",
    type=click.Path(path_type=Path),
    metavar="OLDFILE",
    help="Change all subscriptions that follow this file, in place of those of an address.",
)
@click.option("--dry-run", is_flag=True, help="Change nothing; say which ones would change.")
@click.pass_obj
def set_profile(
    context: CliContext,
    *,
    words: tuple[str, ...],
    name: str | None,
    all_using: Path | None,
    dry_run: bool,
) -> None:
    """Give added or imported subscriptions another profile, which they follow from now on.

    Name an address and a file, or --all-using OLDFILE and a file: also if OLDFILE was removed, so
    that its subscriptions have ended; they continue. If FILE is the address's own file in profiles/,
    the subscription becomes the one of that file.

    \b
    JSON: {"email", "subscription", "profile_file"}; with --all-using: {"changed": [address],
    "skipped": [address], "profile_file", "dry_run"}
    """
    from digest.pipeline.profiles.profile_sources import read_source

    if len(words) != (1 if all_using else 2):
        raise UsageError("name an address and a file, or --all-using OLDFILE and a file")
    profile = Path(words[-1])
    if not profile.is_file():
        raise UsageError(f"{profile}: no such file")
    with context.open_app() as app:
        if dry_run:
            app.start_dry_run()
        source = read_source(profile, home=app.home.path, lists=app.lists)
        if all_using is not None:
            _of_all(context, app, all_using, source, dry_run=dry_run)
        else:
            _of_one(context, app, words[0], source, name=name)


def _of_one(
    context: CliContext, app: "App", email: str, source: "ProfileSource", *, name: str | None
) -> None:
    from digest.pipeline.profiles import set_profiles

    set_profiles.set_profile(
        app.store,
        email=email,
        profile=source,
        name=name,
        profiles=app.load_profiles(),
        now=context.moment(),
    )
    context.emit(
        {"email": email, "subscription": source.name, "profile_file": source.file},
        [f"{email}: follows {source.file}"],
    )


def _of_all(
    context: CliContext, app: "App", old: Path, source: "ProfileSource", *, dry_run: bool
) -> None:
    from digest.pipeline.profiles import set_profiles
    from digest.pipeline.profiles.profile_sources import stored_path

    done = set_profiles.set_profile_of_all(
        app.store, stored_path(old, home=app.home.path), source, now=context.moment()
    )
    verb = "would change to" if dry_run else "changed to"
    number = count(len(done.changed), "subscription")
    context.emit(
        {
            "changed": done.changed,
            "skipped": done.skipped,
            "profile_file": source.file,
            "dry_run": dry_run,
        },
        [
            *(f"{email}: {verb} {source.file}" for email in done.changed if dry_run),
            *(f"{email}: skipped, follows {source.file} already" for email in done.skipped),
            f"{number} {verb} {source.file}",
        ],
    )
