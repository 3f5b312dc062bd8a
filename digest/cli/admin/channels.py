"""`digest channels`: lists and tests the channels to which digests go."""

import click

from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.output import text as text_output
from digest.cli.root import Group


@click.group("channels", cls=Group)
def command() -> None:
    """List and test the channels to which digests go that are not sent by mail: list, test."""


@command.command("list")
@click.pass_obj
def list_(context: CliContext) -> None:
    """List the channels of channels.toml, without their secrets, and what is wrong with them.

    JSON: {"channels": [{"name", "kind", "used", "problem"}]}
    """
    from digest.app.channels import build_channels
    from digest.config.channels import loader
    from digest.store.editions import channel_editions

    with context.open_app() as app:
        kinds = {item.name: item.kind for item in loader.load(app.home.path)}
        built = build_channels(app.home.path, base_url=app.settings.base_url)
        with app.store.read() as tx:
            used = channel_editions.names(tx)
    rows = [
        {
            "name": name,
            "kind": kind,
            "used": name in used,
            "problem": built[name].problem(),
        }
        for name, kind in kinds.items()
    ]
    context.emit(
        {"channels": rows},
        context.masked(
            text_output.table(
                (
                    str(row["name"]),
                    str(row["kind"]),
                    str(row["problem"]) or ("used" if row["used"] else "not used"),
                )
                for row in rows
            )
            if rows
            else ["no channels: channels.toml in the home has none"]
        ),
    )


@command.command("test")
@click.argument("name")
@click.pass_obj
def test(context: CliContext, *, name: str) -> None:
    """Send a short test message to a channel. No digest is made, and nothing is stored.

    \b
    JSON: {"channel", "messages", "outcome", "reason"}
    """
    from secrets import token_hex

    from digest.channels.message import ChannelMessage, ChannelPaper, ChannelSection
    from digest.core.models.delivery import Outcome, Sent

    now = context.moment()
    with context.open_app() as app:
        channel = app.channels.named(name)
        message = ChannelMessage(
            edition_id=0,
            day=now.date(),
            title=f"{app.settings.list_name}: a test of the channel {name}",
            intro="This is how the papers of a digest look.",
            sections=(
                ChannelSection(
                    heading="A topic",
                    papers=(
                        ChannelPaper(
                            title="A paper with its title as a link",
                            url="https://arxiv.org/abs/1706.03762",
                            authors="Its authors",
                            reason="What it has to do with your keywords",
                        ),
                    ),
                ),
            ),
        )
        parts = channel.parts(message)
        outcome: Outcome = Sent(reply="")
        key = f"test-{token_hex(8)}"
        for number, part in enumerate(parts, start=1):
            outcome = channel.send(part, key=f"{key}-{number}", now=now)
            if not isinstance(outcome, Sent):
                break
    reason = outcome.reply if isinstance(outcome, Sent) else outcome.reason
    context.emit(
        {
            "channel": name,
            "messages": len(parts),
            "outcome": type(outcome).__name__.lower(),
            "reason": reason,
        },
        context.masked([f"sent to {name}: {reason}"] if isinstance(outcome, Sent) else []),
    )
    if not isinstance(outcome, Sent):
        exit_codes.error(f"channel {name}: not sent: {reason}")
        raise click.exceptions.Exit(exit_codes.NOTHING_DONE)
