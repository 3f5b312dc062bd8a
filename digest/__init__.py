"""Paper Digest: the daily e-mail digest of new research papers.

The names below are the stable Python API (docs/api.md). Everything else may change in any release.

    import digest

    with digest.open_home("my-digest") as home:
        home.run()
"""

from typing import TYPE_CHECKING, Any

from digest.version import __version__

if TYPE_CHECKING:
    from digest.api import Home, Message, open_home, parse_profile, rank, read_profile
    from digest.core.models.batches import BatchReport
    from digest.core.models.delivery import Deferred, InDoubt, Refused, Sent
    from digest.core.models.editions import Edition, KeywordMatch, RankedPaper
    from digest.core.models.papers import Identifier, Paper, PaperLink
    from digest.core.models.profiles import Keyword, Profile, Topic
    from digest.errors import DigestError
    from digest.pipeline.delivery.deliver import DeliveryReport
    from digest.pipeline.editions.report import PublishReport
    from digest.pipeline.publishing.due import PublishResult
    from digest.pipeline.run import RunReport

__all__ = [
    "BatchReport",
    "Deferred",
    "DeliveryReport",
    "DigestError",
    "Edition",
    "Home",
    "Identifier",
    "InDoubt",
    "Keyword",
    "KeywordMatch",
    "Message",
    "Paper",
    "PaperLink",
    "Profile",
    "PublishReport",
    "PublishResult",
    "RankedPaper",
    "Refused",
    "RunReport",
    "Sent",
    "Topic",
    "__version__",
    "open_home",
    "parse_profile",
    "rank",
    "read_profile",
]

# Imported at the first use: `digest --help` would otherwise load the database and the renderer.
_MODULES = {
    "digest.api": ("Home", "Message", "open_home", "parse_profile", "rank", "read_profile"),
    "digest.core.models.batches": ("BatchReport",),
    "digest.core.models.delivery": ("Deferred", "InDoubt", "Refused", "Sent"),
    "digest.core.models.editions": ("Edition", "KeywordMatch", "RankedPaper"),
    "digest.core.models.papers": ("Identifier", "Paper", "PaperLink"),
    "digest.core.models.profiles": ("Keyword", "Profile", "Topic"),
    "digest.errors": ("DigestError",),
    "digest.pipeline.delivery.deliver": ("DeliveryReport",),
    "digest.pipeline.editions.report": ("PublishReport",),
    "digest.pipeline.publishing.due": ("PublishResult",),
    "digest.pipeline.run": ("RunReport",),
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
