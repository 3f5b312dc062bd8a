"""Records what readers say about papers and authors, and reports what was learned from it."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from digest.config.profiles import loader as profile_loader
from digest.core.examples.learned_words import LearnedSubject, learned_subjects
from digest.core.identity.identifiers import title_key
from digest.core.keywords.author_names import parse_author_name
from digest.core.keywords.connections import parse_connection
from digest.core.keywords.parser import KeywordError, parse
from digest.core.models.profiles import AuthorChoice, FeedbackKind
from digest.core.models.subscribers import Subscription
from digest.errors import UsageError
from digest.knowledge import background_files
from digest.pipeline.publishing.ranking_models import PACKAGED_ONLY, RankingModels
from digest.store.database.store import Connection, Store
from digest.store.papers import paper_search
from digest.store.subscribers import feedback as feedback_store
from digest.store.subscribers import profiles, subscriptions
from digest.store.subscribers.feedback import AuthorFeedback, PaperFeedback

MAX_AUTHORS = 1000  # that one subscription follows or mutes


class LearnedReport(Struct, frozen=True, kw_only=True):
    """What was learned for one subscription."""

    subscription: Subscription
    profile_text: str  # as it was written
    papers: Sequence[PaperFeedback]  # newest first
    authors: Sequence[AuthorFeedback]
    subjects: Sequence[LearnedSubject]  # what the papers have in common


def rate(
    store: Store,
    *,
    email: str,
    kind: FeedbackKind,
    papers: Sequence[str],
    now: datetime,
    subscription: str | None = None,
) -> list[str]:
    """Records feedback about papers.

    Args:
        store: The database.
        email: The address of the reader.
        kind: What the reader said or did.
        papers: Ids, identifiers, or titles; each must mean one stored paper.
        now: The current time.
        subscription: The name of the subscription, if the reader has several.

    Returns:
        The titles of the papers.

    Raises:
        UsageError: There is no such subscription, or a text means no paper or several. Nothing is
            recorded.
    """
    with store.write() as tx:
        chosen = find_subscription(tx, email, subscription)
        found = [_paper(tx, reference) for reference in papers]
        for paper_id, _ in found:
            feedback_store.record(tx, chosen.subscription_id, paper_id, kind, now=now)
    return [title for _, title in found]


def choose(
    store: Store,
    *,
    email: str,
    choice: AuthorChoice,
    authors: Sequence[str],
    now: datetime,
    subscription: str | None = None,
) -> list[str]:
    """Follows or mutes authors.

    Args:
        store: The database.
        email: The address of the reader.
        choice: Whether they are followed or muted.
        authors: Names, with at least an initial of the given name.
        now: The current time.
        subscription: The name of the subscription, if the reader has several.

    Returns:
        The names.

    Raises:
        UsageError: There is no such subscription, or a text is no full name.
    """
    names = [_author(text, choice) for text in authors]
    with store.write() as tx:
        chosen = find_subscription(tx, email, subscription)
        if len(feedback_store.authors(tx, chosen.subscription_id)) + len(names) > MAX_AUTHORS:
            raise UsageError(f"{email}: at most {MAX_AUTHORS:,} authors; forget some first")
        for name in names:
            feedback_store.choose_author(tx, chosen.subscription_id, name, choice, now=now)
    return names


def forget(
    store: Store, *, email: str, references: Sequence[str], subscription: str | None = None
) -> list[str]:
    """Removes the feedback about papers or authors.

    Args:
        store: The database.
        email: The address of the reader.
        references: Names of authors, and papers as for `rate`.
        subscription: The name of the subscription, if the reader has several.

    Returns:
        The authors and the titles of the papers.

    Raises:
        UsageError: There is no such subscription, or no such feedback. Nothing is removed.
    """
    forgotten: list[str] = []
    with store.write() as tx:
        chosen = find_subscription(tx, email, subscription)
        for reference in references:
            name = " ".join(reference.split())
            if feedback_store.forget_author(tx, chosen.subscription_id, name):
                forgotten.append(name)
                continue
            paper_id, title = _paper(tx, reference)
            if not feedback_store.forget_paper(tx, chosen.subscription_id, paper_id):
                raise UsageError(f"{email} gave no feedback about {title!r}")
            forgotten.append(title)
    return forgotten


def reset(store: Store, *, email: str, subscription: str | None = None) -> int:
    """Removes all that was learned for a subscription; returns how many papers and authors."""
    with store.write() as tx:
        chosen = find_subscription(tx, email, subscription)
        return feedback_store.reset(tx, chosen.subscription_id)


def report(
    store: Store,
    *,
    email: str,
    subscription: str | None = None,
    models: RankingModels = PACKAGED_ONLY,
) -> LearnedReport:
    """Returns what was learned for a subscription.

    Raises:
        UsageError: There is no such subscription.
    """
    with store.read() as tx:
        chosen = find_subscription(tx, email, subscription)
        papers = feedback_store.papers(tx, chosen.subscription_id)
        authors = feedback_store.authors(tx, chosen.subscription_id)
        learned = feedback_store.learned(tx, [chosen.subscription_id]).get(chosen.subscription_id)
        text = profiles.text_of(tx, chosen)
    profile = profile_loader.parse(text, file=f"profile {chosen.name}").profile
    subjects = learned_subjects(
        learned.feedback if learned else (),
        language=profile.language,
        background=background_files.load_for(profile.language, models.background),
    )
    return LearnedReport(
        subscription=chosen, profile_text=text, papers=papers, authors=authors, subjects=subjects
    )


def find_subscription(tx: Connection, email: str, name: str | None) -> Subscription:
    """Returns the live subscription of an address with this name, or its only one.

    Raises:
        UsageError: There is none, or there are several.
    """
    live = subscriptions.live_subscriptions(tx, email=email)
    found = [item for item in live if name in (None, item.name)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(item.name for item in live)
    if not live:
        raise UsageError(f"{email}: no such subscriber, or all subscriptions have ended")
    if not found:
        raise UsageError(f"{email} has no subscription {name!r}; it has {names}")
    raise UsageError(f"{email} has the subscriptions {names}: name one with --subscription")


def _paper(tx: Connection, reference: str) -> tuple[int, str]:
    found = paper_search.find_papers(tx, reference, title_key=title_key(reference))
    if not found:
        raise UsageError(f"no paper matches {reference!r}; give its id or part of its title")
    if len(found) > 1:
        titles = "; ".join(f"{item.paper_id}: {item.paper.title}" for item in found)
        raise UsageError(f"several papers match {reference!r}; give the id of one: {titles}")
    return found[0].paper_id, found[0].paper.title


def _author(text: str, choice: AuthorChoice) -> str:
    name = " ".join(text.split())
    try:
        keyword = parse(f"author:{name}")
    except KeywordError as error:
        raise UsageError(f"{text!r} is not a name: {error}") from None
    if parse_connection("author", keyword.term):
        if choice is AuthorChoice.MUTE:
            raise UsageError(f"{text!r} is an id, and authors are muted by their names")
        return name
    parsed = parse_author_name(keyword.term)
    # A family name alone would mean everybody of that name.
    if parsed is None or not parsed.given:
        raise UsageError(f"{text!r} is not a full name; write it as in Tri Dao, or T. Dao")
    return name
