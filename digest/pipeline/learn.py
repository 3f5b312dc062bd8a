"""Learns a background table from an operator's papers, and compares it with the one in use."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from digest.core.background import learning
from digest.core.background.comparison import LabelledPapers, TableComparison, compare_tables
from digest.core.models.profiles import FeedbackKind
from digest.errors import ProfileError, UsageError
from digest.knowledge import background_files
from digest.pipeline.profiles import stored_profiles
from digest.pipeline.publishing.preview import newest_papers
from digest.pipeline.publishing.ranking_models import PACKAGED_ONLY, RankingModels
from digest.store.database.store import Store
from digest.store.papers import announcements, revisions
from digest.store.subscribers import due, feedback

PAPERS_LICENCE = "that of the papers: check it before you give this table to others"


class LearnedTable(Struct, frozen=True, kw_only=True):
    """A table that was made."""

    folder: Path
    papers: int
    terms: int
    vectors: int
    comparison: TableComparison | None  # None: there is no feedback to compare with


def stored_texts(store: Store) -> list[tuple[str, str]]:
    """Returns the title and the abstract of each stored paper that still has an abstract."""
    with store.read() as tx:
        return list(revisions.latest_texts(tx))


def stored_feedback(store: Store) -> list[LabelledPapers]:
    """Returns what readers said about stored papers, with their profiles as they were written."""
    found: list[LabelledPapers] = []
    with store.read() as tx:
        for item in due.all_live(tx):
            given = feedback.papers(tx, item.subscription.subscription_id)
            if not given:
                continue
            with suppress(ProfileError):  # its digests say so
                profile = stored_profiles.profile_of(
                    tx, item.subscription, file=item.subscription.name
                )
                papers = announcements.papers_by_id(tx, [paper.paper_id for paper in given])
                # "more", "saved" and "opened" all say that the paper is of interest.
                less = {paper.paper_id for paper in given if paper.kind is FeedbackKind.LESS}
                found.append(
                    LabelledPapers(
                        profile=profile,
                        liked=[paper for paper in papers if paper.paper_id not in less],
                        disliked=[paper for paper in papers if paper.paper_id in less],
                    )
                )
    return found


def learn_table(
    texts: Iterable[tuple[str, str]], *, folder: Path, language: str, source: str
) -> LearnedTable:
    """Makes a table.

    Args:
        texts: titles and abstracts.
        folder: where to write it.
        language: of the papers.
        source: where the papers come from, for people.

    Raises:
        UsageError: there are too few papers.
        SettingsError: there is something else in the folder.
    """
    try:
        arrays = learning.learn(texts, language=language)
    except ValueError as error:
        raise UsageError(
            f"{error}; collect more papers, or give some thousand with --papers FILE.jsonl"
        ) from None
    background_files.write(arrays, folder, source=source, licence=PAPERS_LICENCE, language=language)
    return LearnedTable(
        folder=folder,
        papers=arrays.papers,
        terms=len(arrays.terms),
        vectors=len(arrays.vectors),
        comparison=None,
    )


def compare_with_current(
    store: Store,
    folder: Path,
    labelled: Sequence[LabelledPapers],
    *,
    models: RankingModels = PACKAGED_ONLY,
) -> TableComparison | None:
    """Compares a table with the one in use, by the feedback of readers in its language.

    Args:
        store: the stored papers, which count as not liked.
        folder: the new table.
        labelled: what readers said.
        models: what is used now.

    Returns:
        The comparison; None if no reader said anything.
    """
    language = str(background_files.about(folder)["language"])
    judged = [item for item in labelled if item.liked and item.profile.language == language]
    if not judged:
        return None
    return compare_tables(
        judged,
        newest_papers(store),
        new=background_files.load(folder),
        current=background_files.load_for(language, models.background),
    )
