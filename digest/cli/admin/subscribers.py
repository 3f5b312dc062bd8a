"""`digest subscribers`: lists and changes subscribers."""

from pathlib import Path

import click

from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.output import text as text_output
from digest.cli.root import Group
from digest.core.models.subscribers import Subscription
from digest.errors import UsageError


@click.group("subscribers", cls=Group)
def command() -> None:
    """List and change subscribers. To change a subscription of profiles/*.toml, edit the file."""


@command.command("list")
@click.pass_obj
def list_(context: CliContext) -> None:
    """List all subscriptions, without those that have ended.

    \b
    JSON: {"subscriptions": [{"email", "name", "origin", "status", "paused"}]}
    """
    from digest.store.subscribers import subscriptions

    with context.open_app() as app, app.store.read() as tx:
        live = subscriptions.live_subscriptions(tx)
    context.emit(
        {"subscriptions": [_result(item) for item in live]},
        text_output.table((item.email, item.name, item.origin, _state(item)) for item in live)
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
    JSON: {"email", "status", "subscriptions": [...], "consent": [{"at", "event",
    "origin", "detail"}]}
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
            "subscriptions": [_result(item) for item in live],
            "consent": [
                {
                    "at": entry.at,
                    "event": entry.event,
                    "origin": entry.origin,
                    "detail": entry.detail,
                }
                for entry in log
            ],
        },
        [
            f"{address.email}: {address.status}",
            *(f"  {item.name} ({item.origin})" for item in live),
            *(
                f"  {entry.at:%Y-%m-%d %H:%M} UTC  {entry.event} ({entry.origin}) {entry.detail}".rstrip()
                for entry in log
            ),
        ],
    )


@command.command("add")
@click.argument("email", metavar="ADDRESS")
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The profile of the new subscription. Its `email` is ignored.",
)
@click.pass_obj
def add(context: CliContext, *, email: str, profile: Path) -> None:
    """Add a subscription for an address whose owner asked for it.

    \b
    JSON: {"email", "subscription", "added": true | false}
    """
    from digest.config.profiles import loader as profile_loader
    from digest.pipeline.subscribers import administration

    if not profile.is_file():
        raise UsageError(f"{profile}: no such file")
    with context.open_app() as app:
        added = administration.add(
            app.store,
            email=email,
            name=profile.stem,
            profile_text=profile_loader.read(profile),
            now=context.moment(),
            keys=app.signing_keys,
        )
    context.emit(
        {"email": email, "subscription": profile.stem, "added": added},
        [f"{email}: {'subscribed to' if added else 'already has'} {profile.stem}"],
    )


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The profile for rows without one.",
)
@click.pass_obj
def import_(context: CliContext, *, file: Path, profile: Path | None) -> None:
    """Add a subscription for each row of a CSV file with the columns email and profile.

    The column profile is optional.

    \b
    JSON: {"added": [address], "known": [address], "rejected": [{"line", "reason"}]}
    """
    from digest.pipeline.subscribers import administration

    if not file.is_file():
        raise UsageError(f"{file}: no such file")
    with context.open_app() as app:
        done = administration.import_csv(
            app.store,
            file.read_bytes(),
            file=file,
            profile=profile,
            now=context.moment(),
            keys=app.signing_keys,
        )
    context.emit(
        {
            "added": done.added,
            "known": done.existing,
            "rejected": [{"line": item.line, "reason": item.reason} for item in done.rejected],
        },
        [
            f"{len(done.added):,} added, {len(done.existing):,} known before, {len(done.rejected):,} rejected"
        ],
    )
    for item in done.rejected:
        exit_codes.error(f"{file}:{item.line}: {item.reason}")
    raise click.exceptions.Exit(exit_codes.PARTLY_FAILED if done.rejected else exit_codes.DONE)


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
    help="Also lift a suppression after a bounce or a complaint. Only if the reader asked for it.",
)
@click.pass_obj
def resume(context: CliContext, *, email: str, suppressed: bool) -> None:
    """Resume a paused address. It gets papers that come from now on, and none that it missed.

    JSON: {"email", "status"}
    """
    from digest.pipeline.subscribers import administration

    with context.open_app() as app:
        administration.resume(app.store, email=email, now=context.moment(), suppressed=suppressed)
    context.emit({"email": email, "status": "active"}, [f"{email}: active"])


@command.command("remove")
@click.argument("email", metavar="ADDRESS")
@click.pass_obj
def remove(context: CliContext, *, email: str) -> None:
    """Unsubscribe an address. A profile file does not subscribe it again, but `add` does.

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

    If the address had unsubscribed or was suppressed, a keyed hash of it stays, so that it gets
    no mail by mistake. Backups are not changed.

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
    context.emit(
        {"email": email, "erased": done},
        [f"{email}: {'erased' if done else 'nothing is stored about it'}"],
    )


def _result(item: Subscription) -> dict[str, object]:
    return {
        "email": item.email,
        "name": item.name,
        "origin": item.origin,
        "status": item.status,
        "paused": item.paused,
    }


def _state(item: Subscription) -> str:
    return "paused" if item.paused else item.status
