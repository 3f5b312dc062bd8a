"""`digest subscribers`: lists and changes subscribers."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.output import subscribers as subscriber_output
from digest.cli.output import text as text_output
from digest.cli.root import Group
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.core.subscribers.consent import Consent


_consent_option = click.option(
    "--consent",
    metavar="TEXT",
    help=(
        'How and when the reader agreed, as in "sign-up form, 2026-05-11". The text is stored as'
        " evidence."
    ),
)


@click.group("subscribers", cls=Group)
def command() -> None:
    """List and change subscribers. To change a subscription of profiles/*.toml, edit the file."""


@command.command("list")
@click.option(
    "--left",
    "only_left",
    is_flag=True,
    help="List the addresses that unsubscribed or were suppressed, and since when.",
)
@click.pass_obj
def list_(context: CliContext, *, only_left: bool) -> None:
    """List all subscriptions, without those that have ended, and the file of each profile.

    \b
    JSON: {"subscriptions": [{"email", "name", "origin", "status", "paused", "profile_file"}]};
    with --left: {"left": [{"email", "status", "since"}]}
    """
    from digest.store.maintenance import leavers
    from digest.store.subscribers import subscriptions

    with context.open_app() as app, app.store.read() as tx:
        live = subscriptions.live_subscriptions(tx)
        left = leavers.collect(tx).addresses
    if only_left:
        context.emit(
            {
                "left": [
                    {"email": item.email, "status": item.status, "since": item.left_at}
                    for item in left
                ]
            },
            text_output.table(
                (item.email, item.status, f"{item.left_at:%Y-%m-%d %H:%M} UTC") for item in left
            ),
        )
        return
    context.emit(
        {"subscriptions": [subscriber_output.subscription(item) for item in live]},
        text_output.table(map(subscriber_output.table_row, live))
        if live
        else [
            "no subscriptions yet: digest run reads profiles/, and digest subscribers add adds one"
        ],
    )


@command.command("show")
@click.argument("email", metavar="ADDRESS")
@click.pass_obj
def show(context: CliContext, *, email: str) -> None:
    """Show one subscriber: status, subscriptions and consent log.

    \b
    JSON: {"email", "status", "subscriptions": [...], "consent": [{"at", "event", "origin",
    "detail"; "evidence" and "given_at" of a consent that was recorded}]}
    """
    from digest.store.subscribers import subscriptions

    with context.open_app() as app, app.store.read() as tx:
        address = subscriptions.find_address(tx, email)
        if address is None:
            raise UsageError(f"{email}: no such subscriber")
        live = subscriptions.live_subscriptions(tx, email=email)
        log = subscriptions.consent_log(tx, email)
    context.emit(
        {
            "email": address.email,
            "status": address.status,
            "subscriptions": [subscriber_output.subscription(item) for item in live],
            "consent": [subscriber_output.consent_entry(entry) for entry in log],
        },
        [
            f"{address.email}: {address.status}",
            *(f"  {item.name} ({item.origin}): {subscriber_output.profile(item)}" for item in live),
            *map(subscriber_output.consent_line, log),
        ],
    )


@command.command("add")
@click.argument("email", metavar="ADDRESS")
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The profile of the new subscription, which follows this file. Its `email` is ignored.",
)
@_consent_option
@click.pass_obj
def add(context: CliContext, *, email: str, profile: Path, consent: str | None) -> None:
    """Add a subscription for an address whose owner asked for it.

    An address that unsubscribed, was suppressed or was erased is added only with a consent that is
    newer than that. An address with a profile file in profiles/ gets no second subscription.

    \b
    JSON: {"email", "subscription", "added": true | false}
    """
    from digest.pipeline.profiles.profile_sources import read_source
    from digest.pipeline.subscribers import administration
    from digest.pipeline.subscribers.administration import AddOutcome

    if not profile.is_file():
        raise UsageError(f"{profile}: no such file")
    with context.open_app() as app:
        done = administration.add(
            app.store,
            email=email,
            profile=read_source(profile, home=app.home.path),
            now=context.moment(),
            keys=app.signing_keys,
            profiles=app.load_profiles(),
            consent=_consent(context, consent),
        )
    # For one address, not to be subscribed is an error. For a list, it is a line of the result.
    if done.reason:
        raise UsageError(done.reason)
    effect = {
        AddOutcome.ADDED: "subscribed to",
        AddOutcome.UPDATED: "now follows the file of",
        AddOutcome.KNOWN: "already has",
    }
    context.emit(
        {
            "email": email,
            "subscription": profile.stem,
            "added": done.outcome is AddOutcome.ADDED,
        },
        [f"{email}: {effect[done.outcome]} {profile.stem}"],
    )


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The profile for rows without one.",
)
@_consent_option
@click.pass_obj
def import_(context: CliContext, *, file: Path, profile: Path | None, consent: str | None) -> None:
    """Add a subscription for each row of a CSV file with the columns email, profile and consent.

    The columns profile and consent are optional. A subscription follows the file that the row
    names. Readers who have left are named and not added, unless the row has a newer consent: how
    and when the reader agreed. So are readers with a profile file in profiles/.

    FILE may also be the export of listmonk (CSV), of Mailchimp (zip), or any list with a column
    status: who unsubscribed, bounced or never confirmed is not added, and who left stays gone.

    \b
    JSON: {"added": [address], "known": [address], "rejected": [{"line", "reason"}], "updated":
    [address], "left": [{"line", "email", "status", "since", "reason"}], "with_file": [{"line",
    "email", "reason"}], "gone": [{"line", "email", "status", "since"}], "unconfirmed": [{"line",
    "email", "status"}], "newly_gone"}; of a zip, each line has "file"
    """
    from digest.pipeline.subscribers.former_lists import import_export

    if not file.is_file():
        raise UsageError(f"{file}: no such file")
    with context.open_app() as app:
        done = import_export.import_export(
            app.store,
            file,
            profile=profile,
            now=context.moment(),
            keys=app.signing_keys,
            home=app.home.path,
            profiles=app.load_profiles(),
            consent=_consent(context, consent),
        )
    context.emit(subscriber_output.imported(done), subscriber_output.import_lines(done))
    if done.warning:
        context.warn(done.warning)
    # Also on standard error, in the order of the file, so that an editor can jump to each line.
    problems = list(subscriber_output.import_problems(done))
    for problem in problems:
        exit_codes.error(problem)
    raise click.exceptions.Exit(exit_codes.PARTLY_FAILED if problems else exit_codes.DONE)


@command.command("set-profile")
@click.argument("email", metavar="ADDRESS")
@click.argument("profile", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--subscription",
    "name",
    metavar="NAME",
    help="The subscription to change, if the address has several.",
)
@click.pass_obj
def set_profile(context: CliContext, *, email: str, profile: Path, name: str | None) -> None:
    """Give an added or imported subscription another profile, which it follows from now on.

    If FILE is the address's own file in profiles/, the subscription becomes the one of that file.

    \b
    JSON: {"email", "subscription", "profile_file"}
    """
    from digest.pipeline.profiles.profile_sources import read_source
    from digest.pipeline.subscribers import administration

    if not profile.is_file():
        raise UsageError(f"{profile}: no such file")
    with context.open_app() as app:
        source = read_source(profile, home=app.home.path)
        administration.set_profile(
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


@command.command("pause")
@click.argument("email", metavar="ADDRESS")
@click.pass_obj
def pause(context: CliContext, *, email: str) -> None:
    """Pause an address: it gets nothing until it is resumed.

    JSON: {"email", "status"}
    """
    from digest.pipeline.subscribers import administration

    with context.open_app() as app:
        administration.pause(app.store, email=email, now=context.moment())
    context.emit({"email": email, "status": "paused"}, [f"{email}: paused"])


@command.command("resume")
@click.argument("email", metavar="ADDRESS")
@click.option(
    "--suppressed",
    is_flag=True,
    help="Also lift a suppression after a bounce, because the mailbox works again.",
)
@_consent_option
@click.pass_obj
def resume(context: CliContext, *, email: str, suppressed: bool, consent: str | None) -> None:
    """Resume a paused address. It gets papers that come from now on, and none that it missed.

    An address that unsubscribed or complained is resumed only with a newer consent.

    JSON: {"email", "status"}
    """
    from digest.pipeline.subscribers import administration

    with context.open_app() as app:
        administration.resume(
            app.store,
            email=email,
            now=context.moment(),
            suppressed=suppressed,
            consent=_consent(context, consent),
            profiles=app.load_profiles(),
        )
    context.emit({"email": email, "status": "active"}, [f"{email}: active"])


@command.command("remove")
@click.argument("email", metavar="ADDRESS")
@click.pass_obj
def remove(context: CliContext, *, email: str) -> None:
    """Unsubscribe an address and end its subscriptions.

    No profile file and no import subscribes it again without a newer consent.

    JSON: {"email", "status"}
    """
    from digest.pipeline.subscribers import administration

    with context.open_app() as app:
        administration.remove(app.store, email=email, now=context.moment())
    context.emit({"email": email, "status": "unsubscribed"}, [f"{email}: unsubscribed"])


@command.command("export")
@click.argument("email", metavar="ADDRESS")
@click.pass_obj
def export(context: CliContext, *, email: str) -> None:
    """Print everything that is stored about an address, always as JSON.

    \b
    JSON: {"email", "kept": {table: [{column: value}]}}
    """
    from digest.pipeline.subscribers import erasure

    with context.open_app() as app:
        kept = erasure.export(app.store, email=email)
    # There is no text form of the data.
    context.as_json = True
    context.emit({"email": email, "kept": kept}, ())


@command.command("erase")
@click.argument("email", metavar="ADDRESS")
@click.pass_obj
def erase(context: CliContext, *, email: str) -> None:
    """Erase an address and everything that is stored about it.

    A keyed hash of the address stays, so that no import and no profile file subscribes it again
    without a newer consent. Backups are not changed; files of the home that still contain the
    address are named.

    \b
    JSON: {"email", "erased": true | false}
    """
    from digest.pipeline.subscribers import erasure

    with context.open_app() as app:
        done = erasure.erase(
            app.store,
            email=email,
            profiles=app.load_profiles(),
            keys=app.signing_keys,
            now=context.moment(),
        )
        # Files belong to the operator: the program names them and changes none.
        for path in erasure.files_with_address(app.home.path, email):
            context.warn(f"{path} still contains the address; delete or edit the file")
    context.emit(
        {"email": email, "erased": done},
        [f"{email}: {'erased' if done else 'nothing is stored about it'}"],
    )


def _consent(context: CliContext, text: str | None) -> "Consent | None":
    from digest.core.subscribers.consent import parse_consent

    if text is None:
        return None
    try:
        return parse_consent(text, now=context.moment())
    except ValueError as error:
        raise UsageError(f"--consent {error}") from None
