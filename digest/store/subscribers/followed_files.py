"""Finds the subscriptions that follow a profile file outside the folder of profiles."""

from sqlalchemy import Connection, func, literal, select

from digest.core.models.subscribers import Subscription
from digest.store.database.schema import address, subscription
from digest.store.subscribers.subscriptions import from_row, select_subscriptions


def followed_files(tx: Connection) -> dict[str, int]:
    """Returns the files that live subscriptions follow, with the number of these."""
    column = subscription.c.profile_file
    counts = (
        select(column, func.count())
        .where(column.is_not(None), subscription.c.ended_at.is_(None))
        .group_by(column)
        .order_by(column)
    )
    return {row[0]: row[1] for row in tx.execute(counts)}


def with_other_text(tx: Connection, file: str, text: str) -> list[Subscription]:
    """Returns the live subscriptions that follow a file and whose profile may differ from it.

    Nearly always nothing has changed, so the database compares, and few rows are read.

    Args:
        tx: Transaction.
        file: File, as it is stored.
        text: Its present text. A stored profile may have a line with the address before it.
    """
    columns = subscription.c
    with_address = literal('email = "').concat(address.c.email).concat(literal(f'"\n{text}'))
    differing = select_subscriptions().where(
        columns.profile_file == file,
        columns.ended_at.is_(None),
        columns.profile_text != text,
        columns.profile_text != with_address,
    )
    return [from_row(row) for row in tx.execute(differing.order_by(columns.id))]
