"""Profiles that come as the text of a request, which may name no file of this machine."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct

from digest.config.profiles import lint as profile_lint
from digest.config.profiles import loader as profile_loader
from digest.core.models.profiles import Profile
from digest.core.profiles.keyword_report import ProfileReport
from digest.core.profiles.presentation import channel_of
from digest.core.profiles.reading_lists import is_identifier, named_in
from digest.errors import ProfileError
from digest.pipeline.profiles.profile_sources import with_email
from digest.pipeline.publishing.profile_report import late_papers, profile_report
from digest.pipeline.publishing.ranking_models import RankingModels
from digest.pipeline.subscribers.reading_lists import with_stored_papers
from digest.store.database.store import Store

_SOMEBODY = "reader@example.org"
_NAME = "profile"


class ProfileFinding(Struct, frozen=True, kw_only=True):
    """A problem or a warning, with its place in the text."""

    line: int | None
    column: int | None
    problem: str


class CheckedText(Struct, frozen=True, kw_only=True):
    """What is wrong with the text of a profile, and what it finds."""

    problems: Sequence[ProfileFinding]
    warnings: Sequence[ProfileFinding]
    report: ProfileReport | None  # None: there are problems


def parse(store: Store, text: str) -> Profile:
    """Returns the profile of a text, with the stored papers that it likes.

    Args:
        store: The database.
        text: TOML; an `email` in it is not needed.

    Raises:
        ProfileError: The first problem, with its place in the text.
    """
    # Nothing is sent.
    profile = parse_alone(text, channel=channel_of(text))
    with store.read() as tx:
        return with_stored_papers(tx, profile)


def parse_alone(
    text: str, *, known_lists: Collection[str] = (), channel: str | None = None
) -> Profile:
    """Returns the profile of a text.

    Args:
        text: TOML; an `email` in it is not needed.
        known_lists: Names of reading lists that are stored already.
        channel: The channel that the subscription has already.

    Raises:
        ProfileError: The first problem, with its place in the text.
    """
    problems = _problems(text, known_lists)
    if problems:
        raise problems[0]
    # A token may subscribe readers, who agreed to mail; a channel is somebody else's.
    if channel_of(text) not in (None, channel):
        raise ProfileError("deliver_to: only the operator chooses a channel, in a profile file")
    return profile_loader.parse(with_email(text, _SOMEBODY), file=_NAME).profile


def check(store: Store, text: str, *, now: datetime, models: RankingModels) -> CheckedText:
    """Finds mistakes in a profile, and shows what each keyword found in the last 30 days."""
    problems = [_finding(item) for item in _problems(text, ())]
    if problems:
        return CheckedText(problems=problems, warnings=(), report=None)
    papers = late_papers(store, now=now)
    whole, moved = with_email(text, _SOMEBODY), _moved(text)
    warnings = [
        ProfileFinding(line=_line(item.line, moved), column=item.column, problem=item.text)
        for item in profile_lint.warnings(whole, papers.newest)
    ]
    report = profile_report(parse(store, text), papers, models=models)
    return CheckedText(problems=(), warnings=warnings, report=report)


def _problems(text: str, known_lists: Collection[str]) -> list[ProfileError]:
    whole, moved = with_email(text, _SOMEBODY), _moved(text)
    found = profile_loader.problems(whole, _NAME)
    if found:
        return [
            ProfileError(item.problem, line=_line(item.line, moved), column=item.column)
            for item in found
        ]
    profile = profile_loader.parse(whole, file=_NAME).profile
    # A file that a request names would be read from this machine.
    return [
        ProfileError(f"likes: {name!r} is a file; name papers by their arXiv ids or DOIs")
        for name in named_in(profile)
        if not is_identifier(name) and name not in known_lists
    ]


def _moved(text: str) -> int:
    """Returns how many lines `with_email` adds before the text."""
    return 0 if with_email(text, _SOMEBODY) == text else 1


def _line(line: int | None, moved: int) -> int | None:
    return None if line is None else max(1, line - moved)


def _finding(error: ProfileError) -> ProfileFinding:
    return ProfileFinding(line=error.line, column=error.column, problem=error.problem)
