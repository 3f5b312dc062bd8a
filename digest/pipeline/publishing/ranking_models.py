"""What ranks papers beside the profile, as the settings choose it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from digest.knowledge.rerank_endpoint import RerankSettings
    from digest.knowledge.semantic_model import SemanticModel
    from digest.pipeline.publishing.reranking import Reranker
    from digest.store.database.store import Store


class RerankOptions(Struct, frozen=True, kw_only=True):
    """The language model that grades the best papers, and how much it may be asked."""

    endpoint: "RerankSettings"
    daily: int  # requests a day (UTC)
    stopped: Callable[[], bool]  # whether the program was asked to stop


class RankingModels(Struct, frozen=True, kw_only=True):
    """The models of one home."""

    background: Path | None = None  # the folder of the operator's own table; None: the packaged one
    semantic: "SemanticModel | None" = None  # the sentence model; None: there is none
    rerank: RerankOptions | None = None  # the language model; None: there is none
    clock: Callable[[], float] | None = None  # seconds that never go back; None: no time limits


PACKAGED_ONLY = RankingModels()
"""What ranks where no setting says otherwise."""


@contextmanager
def open_reranker(
    models: RankingModels, store: "Store", *, now: datetime
) -> Iterator["Reranker | None"]:
    """Opens the connection to the endpoint of the settings; yields None if none is set.

    Args:
        models: what the settings choose.
        store: counts the requests.
        now: the day of the budget.
    """
    if models.rerank is None or models.clock is None:
        yield None
        return
    # Imported here: the HTTP client takes a tenth of a second, and few homes use it.
    from digest.knowledge.rerank_endpoint import RerankEndpoint
    from digest.pipeline.publishing.reranking import Reranker

    with RerankEndpoint(models.rerank.endpoint, clock=models.clock) as endpoint:
        yield Reranker(
            endpoint,
            store,
            daily=models.rerank.daily,
            now=now,
            clock=models.clock,
            stopped=models.rerank.stopped,
        )
