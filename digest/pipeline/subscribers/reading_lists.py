"""Reads the reading lists that profiles name in `likes`, and keeps the stored copies up to date.

A file is relative to the profile that names it. Its content is compared with the stored hash, so an
edited file counts from the next run on. The store keeps the papers, so a digest needs no file, and a
file that cannot be read changes nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from digest.config.profiles import loader as profile_loader
from digest.config.toml_document import Document
from digest.core.models.profiles import ExamplePaper, Profile
from digest.core.models.subscribers import Subscription, SubscriptionOrigin
from digest.core.profiles.reading_lists import (
    MAX_PAPERS,
    as_examples,
    is_file,
    is_identifier,
    library_in,
    named_in,
    with_reading_lists,
)
from digest.errors import DigestError, InputError, ProfileError, UsageError
from digest.pipeline.profiles import stored_profiles
from digest.pipeline.profiles.liked_libraries import LibraryReader, read_due
from digest.pipeline.profiles.stored_profiles import StoredProfiles
from digest.store.database.store import Connection, Store
from digest.store.subscribers import reading_lists

MAX_BYTES = 8 * 2**20  # of a file; a list of 1,000 papers with abstracts has about 2 MB


class ReadingList(Struct, frozen=True, kw_only=True):
    """A reading list that was read."""

    content_hash: str
    papers: tuple[ExamplePaper, ...]


def read_file(name: str, *, folder: Path) -> ReadingList:
    """Reads the file of a reading list.

    Args:
        name: As the profile names it.
        folder: The folder of the profile.

    Raises:
        UsageError: There is no such file in this folder, or it cannot be read.
        InputError: It is too large, is no reading list, or has too many papers.
    """
    # Imported here: most profiles name no files, and then no run needs the parsers.
    from digest.sources.kinds import file_discovery

    path = folder / name
    # The author of a profile must not be able to read other files of the machine by it.
    if not path.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"{path}: a link to a file outside of the profile's folder; copy the file")
    return parse_list(file_discovery.read_bounded(path, limit=MAX_BYTES), origin=str(path))


def parse_list(data: bytes, *, origin: str) -> ReadingList:
    """Returns the reading list in BibTeX, RIS, CSL JSON or JSON lines.

    Args:
        data: The list.
        origin: Its file, or another name for error messages.

    Raises:
        InputError: It is no reading list, or has too many papers.
    """
    from digest.sources.library import parse as library_parser

    papers, _ = library_parser.parse(data, origin=origin)
    if len(papers) > MAX_PAPERS:
        raise InputError(
            f"{len(papers):,} papers, where a reading list has at most {MAX_PAPERS:,}; keep those"
            " that the reader wants more of",
            file=origin,
        )
    return ReadingList(content_hash=sha256(data).hexdigest(), papers=as_examples(papers))


def with_files(profile: Profile, *, folder: Path) -> Profile:
    """Returns a profile with the papers of the files that it names.

    Args:
        profile: The profile.
        folder: The folder of its file.

    Raises:
        UsageError: A file does not exist or cannot be read.
        InputError: A file is no reading list.
    """
    files = [name for name in named_in(profile) if is_file(name)]
    return with_reading_lists(
        profile, {name: read_file(name, folder=folder).papers for name in files}
    )


def problems(text: str, file: Path) -> list[ProfileError]:
    """Returns a problem for each file in `likes` that cannot be read, with its place.

    Args:
        text: The text of a profile without other errors.
        file: Its path.
    """
    profile = profile_loader.parse(text, file=file).profile
    document = Document(text)
    found: list[ProfileError] = []
    for number, topic in enumerate(profile.topics):
        for name in topic.likes_from:
            if not is_file(name):
                continue
            try:
                read_file(name, folder=file.parent)
            except DigestError as error:
                issue = document.issue_at(str(error), ("topics", number, "likes"))
                found.append(
                    ProfileError(issue.text, file=file, line=issue.line, column=issue.column)
                )
    return found


def with_stored_papers(tx: Connection, profile: Profile) -> Profile:
    """Returns a profile with the stored papers whose arXiv ids or DOIs it names."""
    found = {
        name: item.papers
        for name in named_in(profile)
        if is_identifier(name) and (item := _stored_paper(tx, name))
    }
    return with_reading_lists(profile, found)


def sync_reading_lists(
    store: Store, *, home: Path, now: datetime, libraries: LibraryReader | None = None
) -> list[str]:
    """Stores the reading lists of all live subscriptions, where they have changed.

    Args:
        store: The database.
        home: The home.
        now: The current time.
        libraries: Reads libraries of Zotero; None: the stored copies stay as they are.

    Returns:
        A warning for each list that cannot be read. Its reader keeps the list from before.
    """
    with store.read() as tx:
        readers = reading_lists.may_like(tx)
        profiles = stored_profiles.read(tx, {item.profile_id for item in readers})
        stored = reading_lists.content_hashes(tx)
        wanted = {
            item.subscription_id: names for item in readers if (names := _names(item, profiles))
        }
        papers = {
            name: _stored_paper(tx, name)
            for name in {name for names in wanted.values() for name in names}
            if is_identifier(name)
        }
    named = {name for names in wanted.values() for name in names if library_in(name)}
    from_libraries = _read_libraries(store, named, stored, libraries, now=now) if named else {}
    # A file is read once for all its readers, and so is its error.
    read: dict[tuple[Path, str], ReadingList | str] = {}
    warnings: dict[str, None] = {}
    changed: list[tuple[int, str, ReadingList]] = []
    for item in readers:
        known = stored.get(item.subscription_id, {})
        for name in wanted.get(item.subscription_id, ()):
            # Pasted on the site: there is no file to compare it with.
            if name in known and is_file(name) and not _has_file(item):
                continue
            found = (
                _read(item, name, home, read)
                if is_file(name)
                else from_libraries.get(name)
                if library_in(name)
                else papers.get(name)
            )
            if isinstance(found, str):
                warnings[found] = None
            elif found and known.get(name) != found.content_hash:
                # The text of an old paper may have been removed since it was stored.
                if is_identifier(name) and name in known and not found.papers[0].abstract:
                    continue
                changed.append((item.subscription_id, name, found))
    unused = dict(_unused(stored, wanted))
    if changed or unused:
        # Only now, because reading files takes time in which other processes could not write.
        with store.write() as tx:
            for number, gone in unused.items():
                reading_lists.remove(tx, number, gone)
            for number, name, current in changed:
                reading_lists.save(
                    tx,
                    number,
                    name,
                    content_hash=current.content_hash,
                    papers=current.papers,
                    now=now,
                )
    return list(warnings)


def _read_libraries(
    store: Store,
    named: Collection[str],
    stored: Mapping[int, Mapping[str, str]],
    read: LibraryReader | None,
    *,
    now: datetime,
) -> dict[str, "ReadingList | str"]:
    """Returns the libraries as they are now, or as they are stored for another reader."""
    holders = {name: number for number, lists in stored.items() for name in lists if name in named}
    found = read_due(store, named, known=holders, read=read, now=now) if read else {}
    lists: dict[str, ReadingList | str] = {}
    with store.read() as tx:
        for name, number in holders.items():
            if name not in found:
                papers = reading_lists.papers(tx, [number])[number][name]
                lists[name] = ReadingList(content_hash=stored[number][name], papers=papers)
    for name, answer in found.items():
        if isinstance(answer, str):
            lists[name] = answer
        else:
            examples = as_examples(answer)
            text = "\n".join(f"{item.title}\n{item.abstract}" for item in examples)
            lists[name] = ReadingList(
                content_hash=sha256(text.encode()).hexdigest(), papers=examples
            )
    return lists


def _names(item: Subscription, profiles: StoredProfiles) -> tuple[str, ...]:
    try:
        return named_in(profiles.of(item, file=item.name))
    except ProfileError:  # `publish` reports it
        return ()


def _has_file(item: Subscription) -> bool:
    return item.origin is SubscriptionOrigin.FILE or item.profile_file is not None


def _read(
    item: Subscription, name: str, home: Path, read: dict[tuple[Path, str], ReadingList | str]
) -> ReadingList | str:
    """Reads a file once for all its readers; returns a warning if it cannot be read."""
    if item.origin is SubscriptionOrigin.FILE:
        profile = home / "profiles" / f"{item.name}.toml"
    elif item.profile_file:
        profile = home / item.profile_file
    else:
        return (
            f"{item.email}: the profile was copied, so {name} is not found; name its file with"
            " `digest subscribers set-profile`"
        )
    key = profile.parent, name
    if key not in read:
        try:
            read[key] = read_file(name, folder=profile.parent)
        except DigestError as error:
            read[key] = f"{error}; its readers keep the list from before, if there was one"
    return read[key]


def _stored_paper(tx: Connection, name: str) -> ReadingList | None:
    # Imported here: it loads the rules of identifiers, which a run without work does not need.
    from digest.store.papers import paper_search

    found = paper_search.find_identified(tx, name)
    if found is None:
        return None
    papers = as_examples([found.paper])
    text = f"{papers[0].title}\n{papers[0].abstract}"
    return ReadingList(content_hash=sha256(text.encode()).hexdigest(), papers=papers)


def _unused(
    stored: Mapping[int, Mapping[str, str]], wanted: Mapping[int, Sequence[str]]
) -> Iterator[tuple[int, list[str]]]:
    """Yields the stored lists that no profile names any more, by subscription."""
    for number, known in stored.items():
        if gone := [name for name in known if name not in wanted.get(number, ())]:
            yield number, gone
