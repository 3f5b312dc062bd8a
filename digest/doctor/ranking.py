"""Check of `digest doctor`: what ranks the papers beside the profiles."""

from collections.abc import Iterator
from pathlib import Path

from digest.app.source_building import building as sources
from digest.core.ranking.corpus import FOREIGN_PAPERS
from digest.doctor.findings import CheckContext, CheckResult, ok, problem, warning
from digest.errors import SettingsError
from digest.knowledge import background_files
from digest.knowledge.semantic_model import SemanticModel

_LIFE_SCIENCES = ("biorxiv", "medrxiv", "pubmed")  # kinds of sources


def check_ranking(context: CheckContext) -> Iterator[CheckResult]:
    """Checks that the background table and the sentence model of the settings can be used."""
    settings = context.settings()
    yield _background(settings.background)
    if settings.background is None and (names := _other_fields(context.home.path)):
        yield warning(
            "the packaged table was learned from arXiv, and knows little of biology and medicine"
            f" ({', '.join(names)}): until {FOREIGN_PAPERS} papers of these fields are stored, many"
            " papers that are only close to a keyword are shown; then, some that use words of their own"
            " are missed. When some thousand papers are stored, make a table of them with digest learn"
        )
    if settings.semantic:
        yield _semantic(settings.semantic, settings.home)
    if settings.rerank_url:
        yield ok(
            f"the model {settings.rerank_model} at {settings.rerank_url} grades the best papers, with"
            f" {settings.rerank_daily:,} requests a day; it was not asked, as that would count"
        )


def _other_fields(home: Path) -> list[str]:
    """Returns the names of the sources whose papers are not those of arXiv's fields."""
    return [item.name for item in sources.load_config(home) if item.kind in _LIFE_SCIENCES]


def _background(folder: Path | None) -> CheckResult:
    chosen = folder or background_files.PACKAGED
    try:
        about = background_files.about(chosen)
        # Loading checks the sizes of the files against the description, which a half copy fails.
        background_files.load(chosen)
    except SettingsError as error:
        if folder is None:
            return problem(f"{error}; install the program again")
        return problem(f"DIGEST_BACKGROUND: {error}, or unset DIGEST_BACKGROUND")
    name = f"the table {folder}" if folder else "the packaged table"
    return ok(f"{name}: {about['papers']:,} papers, {about['language']}")


def _semantic(setting: str, home: Path) -> CheckResult:
    try:
        model = SemanticModel(setting, home=home)
        # A model can load and still fail at its first text, for example with a tokenizer of another one.
        model.text_vectors(["a paper"])
    except SettingsError as error:
        return problem(str(error))
    return ok(f"the sentence model {model.model_id}")
