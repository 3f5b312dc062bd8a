"""Feedback about one paper, by the link of a digest."""

from datetime import datetime

from msgspec import Struct

from digest.config.profiles import loader as profile_loader
from digest.core.examples.describing_keywords import describing_keywords
from digest.core.keywords.paper_index import tokenize_paper
from digest.core.models.profiles import FeedbackKind
from digest.core.profiles.presentation import presentation_of
from digest.core.text.tokens import ENGLISH
from digest.errors import ProfileError
from digest.knowledge import background_files
from digest.pipeline.profiles.profile_sources import with_email
from digest.pipeline.publishing.ranking_models import RankingModels
from digest.pipeline.signup.preferences import find_live
from digest.store.database.store import Connection, Store
from digest.store.papers import announcements
from digest.store.subscribers import feedback as feedback_store
from digest.store.subscribers import profiles

_NAMED = 3  # words or phrases that say what a paper is about


class ReaderFeedback(Struct, frozen=True, kw_only=True):
    """What a reader said about a paper, and what it changes."""

    title: str
    kind: FeedbackKind | None  # None: nothing
    mail_language: str  # of the reader; empty: that of the installation
    about: tuple[str, ...]  # of papers like it there will be more or fewer


def read(
    store: Store, subscription_id: int, paper_id: int, *, models: RankingModels
) -> ReaderFeedback | None:
    """Returns what was said about a paper; None if the subscription has ended.

    Args:
        store: The database.
        subscription_id: The subscription.
        paper_id: The paper, which exists, or existed when the link was made.
        models: What the settings choose for ranking.
    """
    with store.read() as tx:
        item = find_live(tx, subscription_id)
        if item is None or not announcements.papers_exist(tx, [paper_id]):
            return None
        (candidate,) = announcements.papers_by_id(tx, [paper_id])
        said = {given.paper_id: given.kind for given in feedback_store.papers(tx, subscription_id)}
        text = with_email(profiles.text_of(tx, item), item.email)
    try:
        language = profile_loader.parse(text, file=item.name).profile.language
    except ProfileError:
        language = ENGLISH
    words = describing_keywords(
        [tokenize_paper(candidate, language)],
        background_files.load_for(language, models.background),
        keywords=_NAMED,
        language=language,
    )
    return ReaderFeedback(
        title=candidate.paper.title,
        kind=said.get(paper_id),
        mail_language=presentation_of(text).mail_language,
        about=tuple(word.term for word in words),
    )


def say(
    store: Store,
    subscription_id: int,
    paper_id: int,
    kind: FeedbackKind | None,
    *,
    now: datetime,
) -> None:
    """Records what a reader says about a paper, or takes it back.

    Args:
        store: The database.
        subscription_id: The subscription. If it has ended, nothing is recorded.
        paper_id: The paper.
        kind: What the reader says; None: what was said is removed.
        now: The current time.
    """
    with store.write() as tx:
        if _may_say(tx, subscription_id, paper_id):
            if kind is None:
                feedback_store.forget_paper(tx, subscription_id, paper_id)
            else:
                feedback_store.record(tx, subscription_id, paper_id, kind, now=now)


def _may_say(tx: Connection, subscription_id: int, paper_id: int) -> bool:
    is_live = find_live(tx, subscription_id) is not None
    return is_live and announcements.papers_exist(tx, [paper_id])
