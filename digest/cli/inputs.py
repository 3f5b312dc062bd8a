"""Reads the profile and the papers that several commands take as arguments."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct, field

from digest.cli import stderr
from digest.cli.context import CliContext
from digest.errors import DigestError, UsageError
from digest.pipeline.publishing.ranking_models import PACKAGED_ONLY

if TYPE_CHECKING:
    from digest.app.application import App
    from digest.core.models.editions import Candidate
    from digest.core.models.profiles import Profile
    from digest.pipeline.publishing.ranking_models import RankingModels
    from digest.pipeline.publishing.reranking import Reranker
    from digest.store.database.store import Store

T = TypeVar("T")

NO_PAPERS_YET = "no papers are stored yet; to read the sources: digest collect"
_PROFILE_EXAMPLE = "profiles/you.toml"
_MAX_NAMES = 5  # of profiles in an error


class GivenProfile(Struct, frozen=True, kw_only=True):
    """A profile file that a command works with."""

    path: Path
    text: str
    profile: "Profile"


class RankingInput(Struct, frozen=True, kw_only=True):
    """Papers to rank, and papers to compare them with."""

    candidates: list["Candidate"]
    background: list["Candidate"]  # further papers, from which the rarity of words is learned
    # The ids that the file gives, by paper id.
    names: Mapping[int, str] = field(default_factory=dict)
    rejected: int = 0  # lines of the file that could not be read
    models: "RankingModels" = PACKAGED_ONLY  # what the home, if there is one, chooses for ranking
    sample: Sequence[Any] = ()  # vectors of stored papers, for a sentence model


def load_profile(context: CliContext, path: Path | None) -> GivenProfile:
    """Reads a profile file.

    Args:
        context: the global options.
        path: the file; None for the profile of the home, if there is exactly one.

    Raises:
        UsageError: there is no such file, or the home has no or several profiles.
        ProfileError: the profile is wrong.
        InputError: a file that it names in `likes` is no reading list.
    """
    from digest.config.profiles import loader as profile_loader
    from digest.pipeline.subscribers.reading_lists import with_files

    path = path or _only_profile(context)
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    text = profile_loader.read(path)
    profile = with_files(profile_loader.parse(text, file=path).profile, folder=path.parent)
    return GivenProfile(path=path, text=text, profile=profile)


def home_profiles(context: CliContext) -> list[Path]:
    """Returns the profile files of the home, at least one, for a command that names none.

    Raises:
        UsageError: there is no home, or it has no profiles.
    """
    from digest.config.home import HomeFolder, is_home
    from digest.config.profiles import loader as profile_loader

    home, named = context.home_path()
    if not named and not is_home(home):
        raise UsageError(f"name a profile, such as {_PROFILE_EXAMPLE}")
    # Relative to the working directory, as the user would write it.
    paths = profile_loader.find_files(HomeFolder(path=home).profiles_folder)
    if not paths:
        raise UsageError(
            f"{home / 'profiles'}: no profiles; write one with: digest profile new --out"
            f" {home / 'profiles' / 'you.toml'}"
        )
    return paths


def _only_profile(context: CliContext) -> Path:
    paths = home_profiles(context)
    if len(paths) == 1:
        return paths[0]
    names = ", ".join(path.name for path in paths[:_MAX_NAMES])
    more = f" and {len(paths) - _MAX_NAMES:,} more" if len(paths) > _MAX_NAMES else ""
    raise UsageError(
        f"there are {len(paths):,} profiles ({names}{more}); name one, such as {paths[0]}"
    )


def papers_to_rank(context: CliContext, file: Path) -> RankingInput:
    """Reads the papers of a JSON lines file.

    This needs no home. If there is one, the stored papers become the background.

    Args:
        context: the global options.
        file: the JSON lines file.
    """
    from digest.pipeline.publishing import preview
    from digest.pipeline.publishing.paper_vectors import stored_sample
    from digest.sources import jsonl
    from digest.sources.kinds import file_discovery

    lines, rejected = jsonl.parse(file_discovery.read_bounded(file), origin=str(file))
    for item in rejected:
        stderr.error(f"{file}:{item.line}: {item.reason}")
    candidates = preview.as_candidates([line.paper for line in lines], source=file.name)
    background: list[Candidate] = []
    models = PACKAGED_ONLY
    sample: Sequence[Any] = ()
    if (home := context.open_app_if_home()) is not None:
        with home as app:
            background = preview.newest_papers(app.store)
            models = app.ranking_models
            sample = stored_sample(models, store=app.store, statistics=background)
    return RankingInput(
        candidates=candidates,
        background=background,
        # `as_candidates` counts the papers from 1 in this order.
        names={number: line.id for number, line in enumerate(lines, start=1)},
        rejected=len(rejected),
        models=models,
        sample=sample,
    )


def read_store(context: CliContext, read: Callable[["Store"], T], otherwise: T) -> T:
    """Reads something from the store, for a command that also works without.

    If the database cannot be used, a warning is printed and the command goes on without it.

    Args:
        context: the global options.
        read: reads it.
        otherwise: the result if there is no home or no database yet.
    """
    try:
        app = context.open_app_if_home()
        if app is None:
            return otherwise
        with app:
            url = app.settings.database_url
            file = url.removeprefix("sqlite:///")
            # Opening the store would create the database.
            if file != url and not Path(file).exists():
                return otherwise
            return read(app.store)
    except DigestError as error:
        context.warn(f"done without the stored papers: {error}")
        return otherwise


def stored_papers(context: CliContext) -> list["Candidate"]:
    """Returns the newest stored papers; none if there is no home or no database yet."""
    from digest.pipeline.publishing import preview

    return read_store(context, preview.newest_papers, [])


def ranking_models(context: CliContext) -> "RankingModels":
    """Returns what the home chooses for ranking; what is packaged, if no home can be used.

    `read_store` warns of a home that cannot be used.
    """
    try:
        app = context.open_app_if_home()
        if app is None:
            return PACKAGED_ONLY
        with app:
            return app.ranking_models
    except DigestError:
        return PACKAGED_ONLY


@contextmanager
def reranker_of(context: CliContext, app: "App", *, wanted: bool) -> Iterator["Reranker | None"]:
    """Opens the language model of the settings; warns afterwards if it gave no grades.

    Args:
        context: the global options.
        app: the home.
        wanted: whether the user asked for it.

    Raises:
        UsageError: it is wanted, and no settings name one.
    """
    if not wanted:
        yield None
        return
    from digest.pipeline.publishing.ranking_models import open_reranker

    with open_reranker(app.ranking_models, app.store, now=context.moment()) as reranker:
        if reranker is None:
            raise UsageError("--rerank needs DIGEST_RERANK_URL and DIGEST_RERANK_MODEL in .env")
        yield reranker
        # Only now is it known whether the model gave grades.
        if reranker.problem:
            context.warn(reranker.problem)


def require_papers(store: "Store") -> None:
    """Checks that there are papers to show.

    Raises:
        UsageError: the database has no papers yet.
    """
    from digest.pipeline.publishing import preview

    if not preview.has_papers(store):
        raise UsageError(NO_PAPERS_YET)
