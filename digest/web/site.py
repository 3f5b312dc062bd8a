"""What the endpoints need: the store, keys, pages, and what the settings say."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from digest.config.profiles.loader import LoadedProfiles
from digest.pipeline.publishing.ranking_models import RankingModels
from digest.pipeline.signup.asking import AskingRules
from digest.pipeline.signup.profile_choices import OfferedList
from digest.store.database.store import Store
from digest.web.admin.site import AdminSite
from digest.web.api.parts import ApiParts
from digest.web.monitoring.health import FRESH_SECONDS
from digest.web.outbox.first_digests import FirstDigests
from digest.web.outbox.sender import Outbox
from digest.web.pages.archive.paper_cards import PaperCards
from digest.web.pages.rendered import SitePages

if TYPE_CHECKING:
    from digest.pipeline.signup.week_papers import WeekPapers


class ReaderSite(Struct, frozen=True, kw_only=True):
    """The dependencies of signing up and of the preferences."""

    base_url: str
    root: str  # the path of the base URL; empty or `/path`
    signup: str  # open | invite | closed
    invitation: str  # with `invite`: the word that a link must contain
    terms: str  # to accept; empty: none
    rules: AskingRules
    lists: Sequence[OfferedList]
    hand_over: bool  # whether readers may change what comes from profile files
    pictures: bool  # whether messages have pictures
    link_life: timedelta  # how long a link may change topics and schedule
    trusted_proxies: tuple[str, ...]
    contact: str  # whom readers may ask
    frames: tuple[str, ...]  # sites whose pages may show the form in a frame
    random_bytes: Callable[[int], bytes]  # for challenges
    week: "Callable[[], WeekPapers]"
    models: Callable[[], RankingModels]
    load_profiles: Callable[[], LoadedProfiles]
    outbox: Outbox
    first_digests: FirstDigests
    # Prepares papers for the pages of the archive, by the code of the language.
    cards: Callable[[str], PaperCards]
    view_life: (
        timedelta | None
    )  # how long an edition is shown online; None: as long as it is stored
    archived: Mapping[str, OfferedList]  # by name, the lists that everybody can read
    # Sends items with a reader's key to Zotero; returns how many were taken, or raises DigestError.
    to_zotero: Callable[[Sequence[Mapping[str, Any]], str], int]


class Site(Struct, frozen=True, kw_only=True):
    """The dependencies of the endpoints."""

    store: Store
    keys: Sequence[bytes]  # all, also of the hashes that are stored
    pages: SitePages
    clock: Callable[[], datetime]
    log: Callable[[str], None]  # takes one line for the operator, without tokens
    # The state of the scheduler in this process, for /healthz; None: there is no scheduler.
    scheduler: Callable[[], str] | None = None
    queue_limit: timedelta = timedelta(hours=6)  # how long an edition may wait
    metrics_token: str | None = None  # required to read /metrics; None: there is no /metrics
    fresh_seconds: float = FRESH_SECONDS  # how long the cached state is used
    readers: ReaderSite | None = None  # None: the site has no public address
    admin: AdminSite | None = None  # None: DIGEST_ADMIN names nobody
    # The last day on which links of other keys than the first one are accepted; None: no last day.
    old_keys_until: date | None = None
    list_titles: Mapping[str, str] = field(default_factory=dict)  # of the mailing lists, by name
    # Returns what the HTTP API needs, given what says whether the program is well; None: no API.
    api: Callable[[Callable[[], str]], ApiParts] | None = None

    @property
    def link_keys(self) -> Sequence[bytes]:
        """The keys whose links are accepted now; the first one signs."""
        until = self.old_keys_until
        return self.keys if until is None or self.clock().date() <= until else self.keys[:1]
