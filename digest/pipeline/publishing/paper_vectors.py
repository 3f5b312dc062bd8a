"""Gives the papers of a ranking their vectors of the sentence model; computes what is missing."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from digest.core.models.editions import Candidate
from digest.core.semantic.evidence import MAX_SAMPLE, MIN_SAMPLE, SemanticSpace
from digest.core.text.plurals import count
from digest.knowledge.semantic_model import SemanticModel, from_bytes, to_bytes
from digest.logs import get_logger
from digest.pipeline.publishing.ranking_models import RankingModels
from digest.store.database.store import Store
from digest.store.papers import vectors

_log = get_logger("digest.semantic")

BATCH_PAPERS = 50
"""So many vectors are stored in one transaction: an interrupted run loses seconds of work."""

MAX_SECONDS = 300.0
"""A ranking computes vectors for at most this long, some thousand papers: the digests must go out.
Papers without a vector are ranked without it, and the next ranking continues."""

Array = Any

_Save = Callable[[dict[int, Array]], None]


def semantic_space(
    models: RankingModels,
    language: str,
    *,
    store: Store,
    statistics: Sequence[Candidate],
    candidates: Sequence[Candidate] = (),
) -> SemanticSpace | None:
    """Returns what the sentence model of the settings says about stored papers, and its sample.

    Args:
        models: what the settings choose.
        language: of the profiles.
        store: keeps the vectors.
        statistics: the papers that give the scores of the day, newest first.
        candidates: the papers to rank.

    Returns:
        None if no model is set, if it cannot read the language, or if it has no sample of its own
        and fewer than `MIN_SAMPLE` papers are stored, which is logged.

    Raises:
        SettingsError: the model cannot be used.
    """
    model = models.semantic
    if model is None or not model.reads(language):
        return None
    sample = stored_sample(models, store=store, statistics=statistics)
    if not _is_enough(sample):
        return None
    return SemanticSpace(
        model_id=model.model_id,
        sample=np.array(sample, dtype=np.float32),
        papers=_stored_vectors(models, model, store, candidates),
        encode=model.text_vectors,
    )


def add_vectors(
    space: SemanticSpace, models: RankingModels, *, store: Store, candidates: Sequence[Candidate]
) -> None:
    """Adds papers to rank to a space from `semantic_space`, before they are ranked.

    Args:
        space: of the model of the settings.
        models: what the settings choose.
        store: keeps the vectors.
        candidates: the papers.
    """
    if models.semantic is not None:
        space.papers.update(_stored_vectors(models, models.semantic, store, candidates))


def stored_sample(
    models: RankingModels, *, store: Store, statistics: Sequence[Candidate]
) -> Sequence[Array]:
    """Returns the sample that says what is near: that of the model, or the newest stored papers.

    Args:
        models: what the settings choose.
        store: keeps the vectors.
        statistics: the papers that give the scores of the day, newest first.

    Raises:
        SettingsError: the model cannot be used.
    """
    if models.semantic is not None and models.semantic.sample is not None:
        own: Sequence[Array] = models.semantic.sample
        return own
    papers = statistics[:MAX_SAMPLE]
    if models.semantic is None or len(papers) < MIN_SAMPLE:
        return [None] * len(papers)
    return list(_stored_vectors(models, models.semantic, store, papers).values())


def space_of_file(
    models: RankingModels,
    language: str,
    *,
    sample: Sequence[Array],
    candidates: Sequence[Candidate],
) -> SemanticSpace | None:
    """Returns what the sentence model says about papers that are not stored; keeps nothing.

    Args:
        models: what the settings choose.
        language: of the profile.
        sample: from `stored_sample`.
        candidates: the papers to rank.

    Raises:
        SettingsError: the model cannot be used.
    """
    model = models.semantic
    if model is None or not model.reads(language) or not _is_enough(sample):
        return None
    # A file may be read once, and its papers have no revision under which a vector could be stored.
    papers = _computed(models, model, candidates, lambda _: None)
    return SemanticSpace(
        model_id=model.model_id,
        sample=np.array(sample, dtype=np.float32),
        papers=papers,
        encode=model.text_vectors,
    )


def _is_enough(sample: Sequence[Array]) -> bool:
    if len(sample) >= MIN_SAMPLE:
        return True
    _log.warning(
        "ranked without the sentence model",
        reason=f"{count(len(sample), 'stored paper')}; from {MIN_SAMPLE} on it is used",
    )
    return False


def _stored_vectors(
    models: RankingModels, model: SemanticModel, store: Store, papers: Sequence[Candidate]
) -> dict[int, Array]:
    """Returns the vectors of papers by revision id; computes and stores those that are missing."""
    with store.read() as tx:
        stored = vectors.by_revision(
            tx, model=model.model_id, revision_ids=[item.revision_id for item in papers]
        )

    def save(computed: dict[int, Array]) -> None:
        with store.write() as tx:
            rows = {revision_id: to_bytes(row) for revision_id, row in computed.items()}
            vectors.save(tx, model=model.model_id, vectors=rows)

    missing = [item for item in papers if item.revision_id not in stored]
    computed = _computed(models, model, missing, save)
    known = {revision_id: from_bytes(row) for revision_id, row in stored.items()} | computed
    return {
        item.revision_id: known[item.revision_id] for item in papers if item.revision_id in known
    }


def _computed(
    models: RankingModels, model: SemanticModel, papers: Sequence[Candidate], save: _Save
) -> dict[int, Array]:
    found: dict[int, Array] = {}
    started = models.clock() if models.clock else 0.0
    for start in range(0, len(papers), BATCH_PAPERS):
        # Checked before each batch, so it may be exceeded by one batch.
        if models.clock and models.clock() - started > MAX_SECONDS:
            _log.warning(
                "vectors missing",
                papers=len(papers) - start,
                reason=f"not computed within {MAX_SECONDS:g} seconds; the next ranking continues",
            )
            break
        chunk = papers[start : start + BATCH_PAPERS]
        rows = model.paper_vectors((item.paper.title, item.paper.abstract) for item in chunk)
        computed = {item.revision_id: row for item, row in zip(chunk, rows, strict=True)}
        save(computed)
        found |= computed
    return found
