"""`digest lists`: shows the mailing lists with their readers."""

from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.output import text as text_output
from digest.cli.root import Command
from digest.core.text.plurals import count

if TYPE_CHECKING:
    from digest.app.messages.list_senders import SenderIdentity
    from digest.config.mailing_lists.loader import MailingList
    from digest.store.mailing_lists.memberships import ListReaders


@click.command("lists", cls=Command)
@click.pass_obj
def command(context: CliContext) -> None:
    """Show the mailing lists of lists.toml, with their readers and their last digests.

    \b
    JSON: {"lists": [{"name", "title", "profile", "from", "reply_to", "list_id", "theme", "page",
    "readers", "getting_mail", "last_digest"}]}
    """
    from digest.app.messages.list_senders import ListSenders
    from digest.store.mailing_lists import memberships

    with context.open_app() as app:
        lists = app.lists
        senders = ListSenders(app.settings, lambda: lists)
        with app.store.read() as tx:
            shown = [
                (item, senders.of(item.name), memberships.members(tx, item.name))
                for item in lists.lists
            ]
        base_url = app.settings.base_url if app.settings.signup != "closed" else None
    context.emit(
        {"lists": [_json(item, sender, readers, base_url) for item, sender, readers in shown]},
        text_output.table(_row(item, sender, readers) for item, sender, readers in shown)
        if shown
        else ["no mailing lists: docs/howto/lists.md says how to write lists.toml"],
    )


def _json(
    item: "MailingList", sender: "SenderIdentity", readers: "ListReaders", base_url: str | None
) -> dict[str, object]:
    return {
        "name": item.name,
        "title": item.title,
        "profile": item.profile,
        "from": sender.from_header,
        "reply_to": sender.reply_to,
        "list_id": sender.list_id,
        "theme": item.theme,
        "page": f"{base_url}/topics/{item.name}" if base_url and item.offered else None,
        "readers": readers.members,
        "getting_mail": readers.active,
        "last_digest": readers.last_digest,
    }


def _row(item: "MailingList", sender: "SenderIdentity", readers: "ListReaders") -> tuple[str, ...]:
    resting = readers.members - readers.active
    number = count(readers.members, "reader") + (f" ({resting:,} get no mail)" if resting else "")
    last = f"last digest {readers.last_digest}" if readers.last_digest else "no digest yet"
    return item.name, item.title, number, last, sender.from_header, item.profile
