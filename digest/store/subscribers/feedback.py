"""Stores what readers say about papers and authors, for each subscription."""

from collections.abc import Collection, Mapping
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, delete, insert, select

from digest.core.models.profiles import AuthorChoice, ExamplePaper, FeedbackKind, GivenFeedback
from digest.core.profiles.learned import LearnedProfile
from digest.store.archive import kept_papers
from digest.store.database.learned_tables import author_choice, feedback
from digest.store.database.statements import AnyRow, rows_in
from digest.store.papers import revisions

MAX_FEEDBACK = 300
"""Of one subscription, the newest feedback counts: what is older has faded, and ranking compares each
paper with all of it."""


class PaperFeedback(Struct, frozen=True, kw_only=True):
    """What a reader said about one paper."""

    paper_id: int
    title: str
    kind: FeedbackKind
    at: datetime


class AuthorFeedback(Struct, frozen=True, kw_only=True):
    """What a reader wants of one author."""

    author: str
    choice: AuthorChoice
    at: datetime


def record(
    tx: Connection, subscription_id: int, paper_id: int, kind: FeedbackKind, *, now: datetime
) -> None:
    """Stores feedback about a paper; it replaces earlier feedback about it.

    That a paper was opened says least, so it replaces nothing. A saved paper stays among those that
    the reader keeps, whatever is said about it later.

    Args:
        tx: Write transaction.
        subscription_id: Subscription of the reader.
        paper_id: Paper.
        kind: What the reader did or said.
        now: Current time.
    """
    is_paper = _of_subscription(subscription_id, paper_id)
    stored = tx.execute(select(feedback.c.kind).where(*is_paper)).scalar_one_or_none()
    # To open a paper is the weakest sign. It must not replace what the reader said.
    if stored is not None and kind is FeedbackKind.OPENED:
        return
    tx.execute(delete(feedback).where(*is_paper))
    row = {"subscription_id": subscription_id, "paper_id": paper_id, "kind": kind, "at": now}
    tx.execute(insert(feedback).values(row))
    if kind is FeedbackKind.SAVED:
        kept_papers.save(tx, subscription_id, paper_id, now=now)


def choose_author(
    tx: Connection, subscription_id: int, author: str, choice: AuthorChoice, *, now: datetime
) -> None:
    """Stores that a reader follows or mutes an author; it replaces an earlier choice."""
    forget_author(tx, subscription_id, author)
    row = {"subscription_id": subscription_id, "author": author, "choice": choice, "at": now}
    tx.execute(insert(author_choice).values(row))


def forget_paper(tx: Connection, subscription_id: int, paper_id: int) -> bool:
    """Removes the feedback about a paper; returns whether there was any.

    A paper that was saved by it is kept no more.
    """
    is_paper = _of_subscription(subscription_id, paper_id)
    stored = tx.execute(delete(feedback).where(*is_paper).returning(feedback.c.kind)).scalar()
    if stored is FeedbackKind.SAVED:
        kept_papers.unsave(tx, subscription_id, paper_id)
    return stored is not None


def forget_saved(tx: Connection, subscription_id: int, paper_id: int) -> None:
    """Removes the feedback about a paper if it says that the paper is saved."""
    is_saved = feedback.c.kind == FeedbackKind.SAVED
    tx.execute(delete(feedback).where(*_of_subscription(subscription_id, paper_id), is_saved))


def forget_author(tx: Connection, subscription_id: int, author: str) -> bool:
    """Removes the choice about an author, whatever the case; returns whether there was any."""
    stored = [
        item.author
        for item in authors(tx, subscription_id)
        # In Python, because the databases fold accented letters differently.
        if item.author.casefold() == author.casefold()
    ]
    columns = author_choice.c
    is_author = columns.subscription_id == subscription_id, columns.author.in_(stored)
    return tx.execute(delete(author_choice).where(*is_author)).rowcount > 0


def reset(tx: Connection, subscription_id: int) -> int:
    """Removes all that was learned for a subscription; returns how many rows. Saved papers stay."""
    return sum(
        tx.execute(delete(table).where(table.c.subscription_id == subscription_id)).rowcount
        for table in (feedback, author_choice)
    )


def papers(tx: Connection, subscription_id: int) -> list[PaperFeedback]:
    """Returns the feedback about papers, newest first."""
    rows = _newest(tx, [subscription_id]).get(subscription_id, [])
    texts = revisions.latest_by_paper(tx, [row.paper_id for row in rows])
    return [
        PaperFeedback(
            paper_id=row.paper_id, title=texts[row.paper_id].paper.title, kind=row.kind, at=row.at
        )
        for row in rows
    ]


def authors(tx: Connection, subscription_id: int) -> list[AuthorFeedback]:
    """Returns the followed and muted authors, by name."""
    mine = select(author_choice).where(author_choice.c.subscription_id == subscription_id)
    return [
        AuthorFeedback(author=row.author, choice=row.choice, at=row.at)
        for row in tx.execute(mine.order_by(author_choice.c.author))
    ]


def learned(tx: Connection, subscription_ids: Collection[int]) -> Mapping[int, LearnedProfile]:
    """Returns what was learned for subscriptions; those without anything are left out."""
    given = _newest(tx, subscription_ids)
    texts = revisions.latest_by_paper(tx, {row.paper_id for rows in given.values() for row in rows})
    names: dict[tuple[int, AuthorChoice], list[str]] = {}
    choices = select(author_choice).order_by(author_choice.c.author)
    for row in rows_in(tx, choices, author_choice.c.subscription_id, subscription_ids):
        names.setdefault((row.subscription_id, row.choice), []).append(row.author)
    return {
        number: LearnedProfile(
            feedback=tuple(
                GivenFeedback(
                    paper=ExamplePaper(
                        title=texts[row.paper_id].paper.title,
                        abstract=texts[row.paper_id].paper.abstract,
                    ),
                    kind=row.kind,
                    on=row.at.date(),
                )
                for row in given.get(number, ())
            ),
            followed=tuple(names.get((number, AuthorChoice.FOLLOW), ())),
            muted=tuple(names.get((number, AuthorChoice.MUTE), ())),
        )
        for number in {*given, *(number for number, _ in names)}
    }


def _newest(tx: Connection, subscription_ids: Collection[int]) -> dict[int, list[AnyRow]]:
    """Returns the newest rows of each subscription, newest first."""
    columns = feedback.c
    newest = select(feedback).order_by(columns.at.desc(), columns.paper_id.desc())
    by_subscription: dict[int, list[AnyRow]] = {}
    # The limit for each subscription is applied here: in SQL it needs a window over all rows.
    for row in rows_in(tx, newest, columns.subscription_id, subscription_ids):
        rows = by_subscription.setdefault(row.subscription_id, [])
        if len(rows) < MAX_FEEDBACK:
            rows.append(row)
    return by_subscription


def _of_subscription(
    subscription_id: int, paper_id: int
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    columns = feedback.c
    return columns.subscription_id == subscription_id, columns.paper_id == paper_id
