"""What ranks papers beside the profiles, from the settings."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from digest.config.settings.loader import Settings
from digest.pipeline.publishing.ranking_models import RankingModels, RerankOptions

if TYPE_CHECKING:
    from digest.knowledge.semantic_model import SemanticModel


def configured_models(
    settings: Settings, *, home: Path, asks: bool, stopped: Callable[[], bool]
) -> RankingModels:
    """Returns what the settings name: a background table, a sentence model, a language model.

    Args:
        settings: of the home.
        home: its folder.
        asks: whether a language model may be asked. A dry run stores nothing, also not how often it asked.
        stopped: whether a stop was requested.
    """
    return RankingModels(
        background=settings.background,
        semantic=_semantic_model(settings, home),
        rerank=_rerank_options(settings, stopped) if asks else None,
        clock=time.monotonic,
    )


def publish_processes(settings: Settings) -> int:
    """Returns how many processes may make digests."""
    if settings.publish_processes:
        return settings.publish_processes
    usable = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(usable(0)) if usable else os.cpu_count() or 1


def _semantic_model(settings: Settings, home: Path) -> "SemanticModel | None":
    if not settings.semantic:
        return None
    from digest.knowledge.semantic_model import SemanticModel

    return SemanticModel(settings.semantic, home=home)


def _rerank_options(settings: Settings, stopped: Callable[[], bool]) -> RerankOptions | None:
    if not (settings.rerank_url and settings.rerank_model):
        return None
    from digest.knowledge.rerank_endpoint import RerankSettings

    key = settings.rerank_key
    return RerankOptions(
        endpoint=RerankSettings(
            url=settings.rerank_url,
            model=settings.rerank_model,
            key=key.get_secret_value() if key else None,
            timeout=settings.rerank_timeout,
        ),
        daily=settings.rerank_daily,
        stopped=stopped,
    )
