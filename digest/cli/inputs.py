"""What several commands read from their arguments: a profile, and papers to rank."""

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
    """Papers to rank, and what surrounds them."""

    candidates: list[Candidate]
    background: list[Candidate]  # further papers, to learn rarity from
    names: Mapping[int, str] = field(default_factory=dict)  # the file's ids, by paper id
    rejected: int = 0  # lines of the file that could not be read


def load_profile(path: Path) -> Profile:
    """The profile of a file; ProfileError if it is wrong, UsageError if it is missing."""
    from digest.config.profiles import loader as profile_loader

    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    return profile_loader.parse(profile_loader.read(path), file=path).profile


def papers_to_rank(call: CliContext, file: Path | None) -> RankingInput:
    """The papers of a JSON lines file, or the stored ones.

    The store lends a file its rarities where there is a home; a file needs none.
    """
    from digest.pipeline.publishing import preview
    from digest.sources import jsonl
    from digest.sources.kinds import file_discovery

    if file is None:
        with call.app() as app:
            return RankingInput(candidates=preview.stored(app.store), background=[])
    lines, rejected = jsonl.parse(file_discovery.read_bounded(file), origin=str(file))
    for item in rejected:
        stderr.error(f"{file}:{item.line}: {item.reason}")
    candidates = preview.numbered([line.paper for line in lines], source=file.name)
    background: list[Candidate] = []
    if (home := call.app_if_any()) is not None:
        with home:
            background = preview.stored(home.store)
    return RankingInput(
        candidates=candidates,
        background=background,
        names={number: line.id for number, line in enumerate(lines, start=1)},
        rejected=len(rejected),
    )


def stored_papers(call: CliContext) -> list[Candidate]:
    """The stored papers, for what they teach; none where there is no home or no database yet.

    A store that cannot be used is warned of and left alone: the work is done without it.
    """
    from digest.pipeline.publishing import preview

    try:
        home = call.app_if_any()
        if home is None:
            return []
        with home:
            url = home.settings.database_url
            file = url.removeprefix("sqlite:///")
            if file != url and not Path(file).exists():
                return []
            return preview.stored(home.store)
    except DigestError as error:
        call.warn(f"done without the stored papers: {error}")
        return []
