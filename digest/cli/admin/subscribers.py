"""`digest subscribers`: lists and changes subscribers."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli import options
from digest.cli.context import CliContext
from digest.cli.output import subscribers as subscriber_output
from digest.cli.output import text as text_output
from digest.cli.readers.end import end
from digest.cli.readers.import_list import import_list
from digest.cli.readers.set_profile import set_profile
from digest.cli.root import Group
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.store.mailing_lists.leavers import ListLeaver
    from digest.store.maintenance.leavers import ClosedAddress


@click.group("subscribers", cls=Group)
def command() -> None:
    """List and change subscribers. To change a subscription of profiles/*.toml, edit the file."""


for _subcommand in (import_list, set_profile, end):
    command.add_command(_subcommand)


@command.command("list")
@click.option(
    "--left",
    "only_left",
    is_flag=True,
    help="List the addresses that unsubscribed or were suppressed or left a list, and since when.",
)
@click.pass_obj
def list_(context: CliContext, *, only_left: bool) -> None:
    """List all subscriptions, without those that have ended, and the file of each profile.

    \b
    JSON: {"subscriptions": [{"email", "name", "origin", "status", "paused", "profile_file",
    "list"}]};
    with --left: {"left": [{"email", "status", "since"}], "lists": [{"email", "list", "since"}]}
    """
    from digest.store.maintenance import leavers
    from digest.store.subscribers import subscriptions

    def since(item: "ClosedAddress | ListLeaver") -> str:
        return f"{item.left_at:%Y-%m-%d %H:%M} UTC"

    with context.open_app() as app, app.store.read() as tx:
        live = subscriptions.live_subscriptions(tx)
        left = leavers.collect(tx)
    if only_left:
        context.emit(
            {
                "left": [
                    {"email": item.email, "status": item.status, "since": item.left_at}
                    for item in left.addresses
                ],
                "lists": [
                    {"email": item.email, "list": item.list_name, "since": item.left_at}
                    for item in left.members
                ],
            },
            text_output.table(
                [
                    *((item.email, str(item.status), since(item)) for item in left.addresses),
                    *((item.email, f"left {item.list_name}", since(item)) for item in left.members),
                ]
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
    metavar="FILE",
    help="The profile of the new subscription, which follows this file. Its `email` is ignored.",
)
@options.mailing_list("Add the reader to this list of lists.toml, in place of --profile.")
@options.consent()
@click.pass_obj
def add(
    context: CliContext,
    *,
    email: str,
    profile: Path | None,
    list_name: str | None,
    consent: str | None,
) -> None:
    """Add a subscription for an address whose owner asked for it.

    An address that unsubscribed, was suppressed or was erased is added only with a consent that is
    newer than that; an address that left a list, only with one that is newer than the leaving. An
    address with a profile file in profiles/ gets no second subscription, but may be in lists.

    \b
    JSON: {"email", "subscription", "added": true | false}
    """
    from digest.pipeline.profiles.profile_sources import read_source
    from digest.pipeline.subscribers import administration
    from digest.pipeline.subscribers.administration import AddOutcome

    with context.open_app() as app:
        path = options.profile_or_list(app, profile, list_name)
        source = read_source(path, home=app.home.path, lists=app.lists)
        done = administration.add(
            app.store,
            email=email,
            profile=source,
            now=context.moment(),
            keys=app.signing_keys,
            profiles=app.load_profiles(),
            consent=options.read_consent(context, consent),
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
            "subscription": source.name,
            "added": done.outcome is AddOutcome.ADDED,
        },
        [f"{email}: {effect[done.outcome]} {source.name}"],
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
@options.consent()
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
            consent=options.read_consent(context, consent),
            profiles=app.load_profiles(),
        )
    context.emit({"email": email, "status": "active"}, [f"{email}: active"])


@command.command("remove")
@click.argument("email", metavar="ADDRESS")
@options.mailing_list("Only remove the reader from this list.")
@click.pass_obj
def remove(context: CliContext, *, email: str, list_name: str | None) -> None:
    """Unsubscribe an address and end its subscriptions, or remove it from one list.

    No profile file and no import subscribes it again without a newer consent.

    JSON: {"email", "status"}; with --list: {"email", "left"}
    """
    from digest.pipeline.mailing_lists.leaving import remove_from_list
    from digest.pipeline.subscribers import administration

    with context.open_app() as app:
        if list_name is not None:
            remove_from_list(app.store, email=email, list_name=list_name, now=context.moment())
        else:
            administration.remove(app.store, email=email, now=context.moment())
    if list_name is not None:
        context.emit({"email": email, "left": list_name}, [f"{email}: not in {list_name} any more"])
        return
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
