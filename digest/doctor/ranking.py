"""Check of `digest doctor`: what ranks the papers beside the profiles."""

from collections.abc import Iterator
from pathlib import Path

from digest.doctor.findings import CheckContext, CheckResult, ok, problem
from digest.errors import SettingsError
from digest.knowledge import background_files
from digest.knowledge.semantic_model import SemanticModel


def check_ranking(context: CheckContext) -> Iterator[CheckResult]:
    """Checks that the background table and the sentence model of the settings can be used."""
    settings = context.settings()
    yield _background(settings.background)
    if settings.semantic:
        yield _semantic(settings.semantic, settings.home)
    if settings.rerank_url:
        yield ok(
            f"the model {settings.rerank_model} at {settings.rerank_url} grades the best papers, with"
            f" {settings.rerank_daily:,} requests a day; it was not asked, as that would count"
        )


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
