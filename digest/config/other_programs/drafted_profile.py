"""Writes the profile and the sources that correspond to the settings of another program."""

from collections.abc import Iterator, Mapping

from digest.config.other_programs.zotero_arxiv_daily import ZoteroArxivDaily
from digest.config.profiles.loader import AuthoredProfile
from digest.config.profiles.writer import render_profile
from digest.config.reference import toml
from digest.core.models.profiles import Profile, Topic

LIBRARY = "library.bib"
"""The reading list that a profile names in place of a Zotero library."""

_MAX_LIKES = 100  # of one topic, as in `TopicTable`
_MAX_PAPERS = 200
_MAX_NAME = 100


def from_zotero_arxiv_daily(found: ZoteroArxivDaily, *, email: str, timezone: str) -> str:
    """Returns the text of a profile.

    Args:
        found: the settings.
        email: the address.
        timezone: an IANA name.
    """
    profile = Profile(
        topics=(Topic(name="Papers like my library", keywords=(), likes_from=(LIBRARY,)),),
        timezone=timezone,
        max_papers=min(found.max_papers or Profile(topics=()).max_papers, _MAX_PAPERS),
        when_empty="send" if found.send_empty else "skip",
    )
    whose = f" ({found.zotero_id})" if found.zotero_id else ""
    closing = [
        f"Export your Zotero library{whose} as BibTeX or CSL JSON to {LIBRARY} beside this file.",
    ]
    if sources := list(_sources(found)):
        closing += ["Its categories are sources here; add to sources.toml:", *sources]
    return _text(email, profile, "zotero-arxiv-daily", closing)


def sources_of(found: ZoteroArxivDaily) -> str:
    """Returns the tables for `sources.toml`; empty if there are no categories."""
    return "".join(f"{line}\n" for line in _sources(found))


def from_tags(
    tags: Mapping[str, tuple[str, ...]], *, email: str, timezone: str
) -> tuple[str, list[str]]:
    """Returns the text of a profile with a topic for each tag, and what was left out.

    Args:
        tags: the arXiv ids of the papers of each tag.
        email: the address.
        timezone: an IANA name.
    """
    topics, left_out = [], []
    for tag, ids in tags.items():
        name = " ".join(tag.split())[:_MAX_NAME]
        if not ids or not name.isprintable() or not name:
            left_out.append(f"the tag {tag[:_MAX_NAME]!r} has no papers of arXiv")
            continue
        # The ids begin with the year and the month: the last ones are the newest.
        newest = ids[-_MAX_LIKES:]
        if len(newest) < len(ids):
            left_out.append(f"{len(ids) - len(newest)} older papers of the tag {name!r}")
        topics.append(Topic(name=name, keywords=(), likes_from=newest))
    profile = Profile(topics=tuple(topics), timezone=timezone)
    closing = [
        "A paper counts once it is stored: `digest collect` stores new ones; for older ones, put a BibTeX or",
        "JSON lines file with their titles and abstracts beside this file, and name it in likes.",
    ]
    return _text(email, profile, "arxiv-sanity-lite", closing), left_out


def _sources(found: ZoteroArxivDaily) -> Iterator[str]:
    for kind, categories in (
        ("arxiv", found.arxiv),
        ("biorxiv", found.biorxiv),
        ("medrxiv", found.medrxiv),
    ):
        if categories:
            yield "[[sources]]"
            yield f"name = {toml(kind)}"
            yield f"kind = {toml(kind)}"
            yield f"categories = {toml(list(categories))}"


def _text(email: str, profile: Profile, program: str, closing: list[str]) -> str:
    authored = AuthoredProfile(email=email, name="", profile=profile)
    heading = [f"From the settings of {program}. `digest profile check FILE` checks your changes."]
    return render_profile(authored, heading=heading, closing=closing)
