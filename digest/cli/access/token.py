"""`digest token`: creates, lists and revokes tokens of the HTTP API."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from digest.cli import stderr
from digest.cli.context import CliContext
from digest.cli.output.text import table
from digest.cli.root import Group
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.core.access.tokens import ApiToken


@click.group("token", cls=Group)
def command() -> None:
    """Work on the tokens of the HTTP API: create, list, revoke."""


@command.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    metavar="SCOPE",
    multiple=True,
    required=True,
    help="What the token allows; several with commas, or give the option several times. all: everything.",
)
@click.option(
    "--expires",
    metavar="DURATION",
    help="How long it is valid, as in 90d; without it, until it is revoked.",
)
@click.option(
    "--requests",
    type=click.IntRange(1, 100_000),
    default=120,
    show_default=True,
    metavar="N",
    help="How many requests it may send in a minute.",
)
@click.pass_obj
def create(
    context: CliContext, *, name: str, scopes: tuple[str, ...], expires: str | None, requests: int
) -> None:
    """Create a token of the HTTP API, which is shown only now.

    The scopes are papers:read, subscriptions:read, subscriptions:write, editions:read,
    feedback:write, runs:read, runs:write and webhooks:write. Only a hash of the token is stored.

    \b
    JSON: {"token", "id", "name", "scopes": [], "expires_at"}
    """
    from secrets import token_bytes

    from digest.config.durations import parse_duration
    from digest.core.access.scopes import parse_scopes
    from digest.core.access.tokens import SECRET_BYTES
    from digest.pipeline.access import tokens

    try:
        allowed = parse_scopes(list(scopes))
    except ValueError as error:
        raise UsageError(
            f"--scope: {error}; write one of those in `digest token create --help`"
        ) from None
    life: timedelta | None = None
    if expires is not None:
        try:
            life = parse_duration(expires)
        except ValueError as error:
            raise UsageError(f"--expires: {expires!r} {error}") from None
    with context.open_app() as app:
        made = tokens.create(
            app.store,
            name=name,
            scopes=allowed,
            secret=token_bytes(SECRET_BYTES),
            now=context.moment(),
            life=life,
            requests=requests,
        )
    context.emit(
        {
            "token": made.text,
            "id": made.token_id,
            "name": name.strip(),
            "scopes": [scope.value for scope in allowed],
            "expires_at": made.expires_at,
        },
        [made.text],
    )
    stderr.info("keep the token now: only a hash of it is stored, and nothing shows it again")


@command.command("list")
@click.pass_obj
def list_tokens(context: CliContext) -> None:
    """List the tokens, with what they allow and when they were used last.

    \b
    JSON: {"tokens": [{"id", "name", "scopes": [], "requests", "state", "created_at", "expires_at",
    "revoked_at", "used_at"}]}
    """
    from digest.store.access import tokens

    now = context.moment()
    with context.open_app() as app, app.store.read() as tx:
        found = tokens.all_tokens(tx)
    context.emit(
        {
            "tokens": [
                {
                    "id": item.token_id,
                    "name": item.name,
                    "scopes": [scope.value for scope in item.scopes],
                    "requests": item.requests,
                    "state": _state(item, now),
                    "created_at": item.created_at,
                    "expires_at": item.expires_at,
                    "revoked_at": item.revoked_at,
                    "used_at": item.used_at,
                }
                for item in found
            ]
        },
        _lines(found, now),
    )


@command.command("revoke")
@click.argument("name", metavar="NAME|NUMBER")
@click.pass_obj
def revoke(context: CliContext, *, name: str) -> None:
    """Make a token invalid at once.

    \b
    JSON: {"id", "name"}
    """
    from digest.pipeline.access import tokens

    with context.open_app() as app:
        ended = tokens.revoke(app.store, name, now=context.moment())
    context.emit({"id": ended.token_id, "name": ended.name}, [f"{ended.name}: revoked"])


def _state(item: "ApiToken", now: datetime) -> str:
    if item.revoked_at is not None:
        return "revoked"
    return "valid" if item.is_valid(now) else "expired"


def _lines(found: Sequence["ApiToken"], now: datetime) -> Iterator[str]:
    if not found:
        yield "no tokens; to make one: digest token create NAME --scope papers:read"
        return
    rows = [("number", "name", "state", "used", "scopes")]
    for item in found:
        used = f"{item.used_at:%Y-%m-%d %H:%M}" if item.used_at else "never"
        scopes = ", ".join(item.scopes)
        rows.append((str(item.token_id), item.name, _state(item, now), used, scopes))
    yield from table(rows)
