"""Check of `digest doctor`: what ranks the papers beside the profiles."""

from collections.abc import Iterator
from pathlib import Path

from digest.doctor.findings import CheckContext, CheckResult, ok, problem
from digest.errors import SettingsError
from digest.knowledge import background_files


def check_ranking(context: CheckContext) -> Iterator[CheckResult]:
    """Checks that the background table of the settings can be read."""
    yield _background(context.settings().background)


def _background(folder: Path | None) -> CheckResult:
    chosen = folder or background_files.PACKAGED
    try:
        about = background_files.about(chosen)
        background_files.load(chosen)
    except SettingsError as error:
        if folder is None:
            return problem(f"{error}; install the program again")
        return problem(f"DIGEST_BACKGROUND: {error}, or unset DIGEST_BACKGROUND")
    name = f"the table {folder}" if folder else "the packaged table"
    return ok(f"{name}: {about['papers']:,} papers, {about['language']}")
