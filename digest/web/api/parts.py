"""What the HTTP API needs: the store, the keys, and what ranks and renders."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from digest.config.profiles.loader import LoadedProfiles
from digest.pipeline.publishing.ranking_models import RankingModels
from digest.store.archive.editions import ArchivedEdition
from digest.store.database.store import Store

if TYPE_CHECKING:
    from digest.pipeline.signup.week_papers import WeekPapers


class RenderedEdition(Struct, frozen=True, kw_only=True):
    """The message of a digest, with links that lead nowhere."""

    html: str
    text: str


class ApiParts(Struct, frozen=True, kw_only=True):
    """The dependencies of the HTTP API."""

    store: Store
    keys: Sequence[bytes]  # of the hashes that are stored of erased addresses
    clock: Callable[[], datetime]
    log: Callable[[str], None]  # takes one line for the operator
    random_bytes: Callable[[int], bytes]  # for secrets of webhooks
    load_profiles: Callable[[], LoadedProfiles]
    models: Callable[[], RankingModels]
    week: "Callable[[], WeekPapers]"
    render: Callable[[ArchivedEdition], RenderedEdition]
    status: Callable[[], str]  # `ok`, or what is wrong, as /healthz says it
