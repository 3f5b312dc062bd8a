"""The `subscribers` command."""

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
    """Who gets what. Subscriptions of profiles/*.toml are changed in their files."""


@command.command("list")
@click.pass_obj
def list_(call: CliContext) -> None:
    """List all live subscriptions.

    \b
    JSON: {"subscriptions": [{"email", "name", "origin", "status", "paused"}]}
    """
    from digest.store.subscribers import subscriptions

    with call.app() as app, app.store.read() as tx:
        found = subscriptions.live(tx)
    call.emit(
        {"subscriptions": [_result(item) for item in found]},
        text_output.table((item.email, item.name, item.origin, _state(item)) for item in found)
        if found
        else ["no subscriptions yet: add a profile to profiles/, or: digest subscribers add"],
    )


@command.command("show")
@click.argument("email", metavar="ADDRESS")
@click.pass_obj
def show(call: CliContext, *, email: str) -> None:
    """Show one subscriber: subscriptions, status, and the log of their consent.

    \b
    JSON: {"email", "status", "subscriptions": [...], "consent": [{"at", "event",
    "origin", "detail"}]}
    """
    from digest.store.subscribers import subscriptions

    with call.app() as app, app.store.read() as tx:
        address = subscriptions.find_address(tx, email)
        if address is None:
            raise UsageError(f"{email}: no such subscriber")
        found = subscriptions.live(tx, email=email)
        log = subscriptions.consent_log(tx, email)
    call.emit(
        {
            "email": address.email,
            "status": address.status,
            "subscriptions": [_result(item) for item in found],
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
            *(f"  {item.name} ({item.origin})" for item in found),
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
    help="What they want to read; an address in it is not looked at.",
)
@click.pass_obj
def add(call: CliContext, *, email: str, profile: Path) -> None:
    """Subscribe an address that has asked for it.

    \b
    JSON: {"email", "subscription", "added": true | false}
    """
    from digest.config.profiles import loader as profile_loader
    from digest.pipeline.subscribers import administration

    if not profile.is_file():
        raise UsageError(f"{profile}: no such file")
    with call.app() as app:
        fresh = administration.add(
            app.store,
            email=email,
            name=profile.stem,
            profile_text=profile_loader.read(profile),
            now=call.moment(),
            keys=app.keys,
        )
    call.emit(
        {"email": email, "subscription": profile.stem, "added": fresh},
        [f"{email}: {'subscribed to' if fresh else 'already has'} {profile.stem}"],
    )


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="For the rows that name no profile.",
)
@click.pass_obj
def import_(call: CliContext, *, file: Path, profile: Path | None) -> None:
    """Subscribe the addresses of a CSV file: columns email and, if wanted, profile.

    \b
    JSON: {"added": [address], "known": [address], "rejected": [{"line", "reason"}]}
    """
    from digest.pipeline.subscribers import administration

    if not file.is_file():
        raise UsageError(f"{file}: no such file")
    with call.app() as app:
        done = administration.import_csv(
            app.store,
            file.read_bytes(),
            file=file,
            profile=profile,
            now=call.moment(),
            keys=app.keys,
        )
    call.emit(
        {
            "added": done.added,
            "known": done.known,
            "rejected": [{"line": item.line, "reason": item.reason} for item in done.rejected],
        },
        [
            f"{len(done.added):,} added, {len(done.known):,} known before, {len(done.rejected):,} rejected"
        ],
    )
    for item in done.rejected:
        exit_codes.error(f"{file}:{item.line}: {item.reason}")
    raise click.exceptions.Exit(exit_codes.IN_PART if done.rejected else exit_codes.DONE)


@command.command("pause")
@click.argument("email", metavar="ADDRESS")
@click.pass_obj
def pause(call: CliContext, *, email: str) -> None:
    """Send an address nothing until it is resumed.

    JSON: {"email", "status"}
    """
    from digest.pipeline.subscribers import administration

    with call.app() as app:
        administration.pause(app.store, email=email, now=call.moment())
    call.emit({"email": email, "status": "paused"}, [f"{email}: paused"])


@command.command("resume")
@click.argument("email", metavar="ADDRESS")
@click.option(
    "--suppressed",
    is_flag=True,
    help="Also if it bounced or complained: it works again, and its reader has asked for mail.",
)
@click.pass_obj
def resume(call: CliContext, *, email: str, suppressed: bool) -> None:
    """Go on with the latest papers; what came in between is not made up for.

    JSON: {"email", "status"}
    """
    from digest.pipeline.subscribers import administration

    with call.app() as app:
        administration.resume(app.store, email=email, now=call.moment(), suppressed=suppressed)
    call.emit({"email": email, "status": "active"}, [f"{email}: active"])


@command.command("remove")
@click.argument("email", metavar="ADDRESS")
@click.pass_obj
def remove(call: CliContext, *, email: str) -> None:
    """Unsubscribe an address. A profile file does not bring it back; `add` does.

    JSON: {"email", "status"}
    """
    from digest.pipeline.subscribers import administration

    with call.app() as app:
        administration.remove(app.store, email=email, now=call.moment())
    call.emit({"email": email, "status": "unsubscribed"}, [f"{email}: unsubscribed"])


@command.command("export")
@click.argument("email", metavar="ADDRESS")
@click.pass_obj
def export(call: CliContext, *, email: str) -> None:
    """Print all that is known of an address, as JSON with or without --json.

    \b
    JSON: {"email", "kept": {table: [{column: value}]}}
    """
    from digest.pipeline.subscribers import erasure

    with call.app() as app:
        kept = erasure.export(app.store, email=email)
    call.as_json = True
    call.emit({"email": email, "kept": kept}, ())


@command.command("erase")
@click.argument("email", metavar="ADDRESS")
@click.pass_obj
def erase(call: CliContext, *, email: str) -> None:
    """Remove an address and all that is kept of it, for good.

    If it had unsubscribed or was suppressed, that is kept as a keyed hash, so that it gets
    nothing if it is added again. Backups are not touched.

    \b
    JSON: {"email", "erased": true | false}
    """
    from digest.pipeline.subscribers import erasure

    with call.app() as app:
        done = erasure.erase(
            app.store, email=email, profiles=app.profiles(), keys=app.keys, now=call.moment()
        )
    call.emit(
        {"email": email, "erased": done},
        [f"{email}: {'erased' if done else 'nothing is kept of it'}"],
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
