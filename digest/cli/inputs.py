"""Reads the profile and the papers that several commands take as arguments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from digest.cli import stderr
from digest.cli.context import CliContext
from digest.core.models.editions import Candidate
from digest.core.models.profiles import Profile
from digest.errors import DigestError, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingInput:
    """Papers to rank, and papers to compare them with."""

    candidates: list[Candidate]
    background: list[Candidate]  # further papers, from which the rarity of words is learned
    names: Mapping[int, str] = field(
        default_factory=dict
    )  # the ids that the file gives, by paper id
    rejected: int = 0  # lines of the file that could not be read


def load_profile(path: Path) -> Profile:
    """Reads a profile file.

    Raises:
        UsageError: there is no such file.
        ProfileError: the profile is wrong.
    """
    from digest.config.profiles import loader as profile_loader

    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    return profile_loader.parse(profile_loader.read(path), file=path).profile


def papers_to_rank(context: CliContext, file: Path | None) -> RankingInput:
    """Reads the papers of a JSON lines file, or the stored papers.

    A file needs no home. If there is one, the stored papers become the background.

    Args:
        context: the global options.
        file: the JSON lines file; None for the stored papers.
    """
    from digest.pipeline.publishing import preview
    from digest.sources import jsonl
    from digest.sources.kinds import file_discovery

    if file is None:
        with context.open_app() as app:
            return RankingInput(candidates=preview.newest_papers(app.store), background=[])
    lines, rejected = jsonl.parse(file_discovery.read_bounded(file), origin=str(file))
    for item in rejected:
        stderr.error(f"{file}:{item.line}: {item.reason}")
    candidates = preview.as_candidates([line.paper for line in lines], source=file.name)
    background: list[Candidate] = []
    if (home := context.open_app_if_home()) is not None:
        with home as app:
            background = preview.newest_papers(app.store)
    return RankingInput(
        candidates=candidates,
        background=background,
        names={number: line.id for number, line in enumerate(lines, start=1)},
        rejected=len(rejected),
    )


def stored_papers(context: CliContext) -> list[Candidate]:
    """Returns the stored papers; none if there is no home or no database yet.

    If the database cannot be used, a warning is printed and the command goes on without it.
    """
    from digest.pipeline.publishing import preview

    try:
        app = context.open_app_if_home()
        if app is None:
            return []
        with app:
            url = app.settings.database_url
            file = url.removeprefix("sqlite:///")
            # Opening the store would create the database.
            if file != url and not Path(file).exists():
                return []
            return preview.newest_papers(app.store)
    except DigestError as error:
        context.warn(f"done without the stored papers: {error}")
        return []
