"""The checks of `digest doctor`, in their order.

To add a check, write a function from a `CheckContext` to results, and add it to `CHECKS`.
"""

import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from digest.app.source_building import building as sources
from digest.config.mailing_lists import loader as list_loader
from digest.config.profiles import loader as profile_loader
from digest.config.scaffold import is_example
from digest.core.text.plurals import count
from digest.doctor import channels, clock, delivery, dns, monitoring, ranking
from digest.doctor.findings import CheckContext, CheckLevel, CheckResult, ok, problem, warning
from digest.doctor.lists import check_lists
from digest.errors import DigestError, SettingsError


class Check(Struct, frozen=True, kw_only=True):
    """A check of one part of the installation."""

    name: str
    run: Callable[[CheckContext], Iterable[CheckResult]]
    exit_code: int = 2  # in case of a problem; 2 means a wrong configuration


class CheckReport(Struct, frozen=True, kw_only=True):
    """A check with its results, at least one."""

    check: Check
    results: tuple[CheckResult, ...]

    @property
    def exit_code(self) -> int:
        """The exit code of the first problem, or else of the check; 0 without a problem."""
        codes = [
            item.exit_code or self.check.exit_code
            for item in self.results
            if item.level is CheckLevel.PROBLEM
        ]
        return codes[0] if codes else 0

    @property
    def level(self) -> CheckLevel:
        """The level of the worst result."""
        return max((item.level for item in self.results), key=list(CheckLevel).index)


def examine(context: CheckContext) -> Iterator[CheckReport]:
    """Runs all checks in order; a DigestError becomes a problem, and the next check runs."""
    # A broken part must not hide the others: the operator corrects all of them in one go.
    for check in CHECKS:
        findings: list[CheckResult] = []
        try:
            findings += check.run(context)
        except DigestError as error:
            findings.append(problem(str(error), exit_code=error.exit_code))
        yield CheckReport(check=check, results=tuple(findings))


def _settings(context: CheckContext) -> Iterator[CheckResult]:
    settings = context.settings()
    file = context.home.env_file
    yield ok(f"{file}: good" if file.is_file() else f"{file}: none; the defaults hold")
    missing = settings.delivery_problem()
    if missing:
        yield warning(missing)
    # A file without secrets may be readable: many deployment tools create it so.
    if file.is_file() and _readable_by_others(file) and (settings.secret or settings.smtp_password):
        yield warning(f"{file}: others on this machine can read its secrets; chmod 600 {file}")


def _readable_by_others(file: Path) -> bool:
    return bool(file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _exposes(folder: Path, file: Path) -> bool:
    """Whether the permissions of a folder and of a file in it let others read the file."""
    folder_mode, file_mode = folder.stat().st_mode, file.stat().st_mode
    # A readable file in a folder that nobody else may enter is safe, so both are needed.
    pairs = ((stat.S_IXGRP, stat.S_IRGRP), (stat.S_IXOTH, stat.S_IROTH))
    return any(folder_mode & enter and file_mode & read for enter, read in pairs)


def _sources(context: CheckContext) -> Iterator[CheckResult]:
    configured = sources.load_config(context.home.path)
    file = context.home.sources_file
    if configured:
        yield ok(f"{file}: {', '.join(item.name for item in configured)}")
    else:
        yield warning(f"{file}: no sources, so no papers; add a [[sources]] table")
    for item in configured:
        folder = sources.empty_folder(item)
        if folder is not None:
            yield warning(
                f"source {item.name}: {folder} has no files, so it brings no papers; put a file"
                f" there, or delete the source from {file.name}"
            )


def _profiles(context: CheckContext) -> Iterator[CheckResult]:
    profiles = profile_loader.load_all(context.home.profiles_folder)
    yield from (problem(str(error)) for error in profiles.errors)
    folder = context.home.profiles_folder
    exposed = [file.path for file in profiles.files if _exposes(folder, file.path)]
    if exposed:
        yield warning(
            f"{folder}: others on this machine can read the addresses in"
            f" {count(len(exposed), 'profile')}; chmod 700 {folder}"
        )
    if profiles.files:
        yield ok(f"{folder}: {', '.join(file.name for file in profiles.files)}")
        for file in profiles.files:
            if is_example(file.authored.profile):
                yield warning(
                    f"{file.path}: still has the topics of the example; write your own keywords"
                )
    elif not profiles.errors:
        none = f"{folder}: no profiles"
        # The readers of mailing lists need none.
        has_lists = (context.home.path / list_loader.FILE).is_file()
        yield ok(none) if has_lists else warning(f"{none}; write one with: digest profile new")


def _theme(context: CheckContext) -> Iterator[CheckResult]:
    from digest.mail.theming import theme

    file = context.home.theme_file
    theme.read(file)
    yield ok(f"{file}: good" if file.is_file() else "the usual colours")


def _templates(context: CheckContext) -> Iterator[CheckResult]:
    from digest.mail.template_checks import check as template_checks_check
    from digest.mail.theming import theme

    folder = context.settings().templates
    if folder is not None and not folder.is_dir():
        yield problem(f"DIGEST_TEMPLATES: {folder} is no folder; make it, or unset it")
        return
    try:
        operator_theme = theme.read(context.home.theme_file)
    # The theme has a check of its own. The templates are still worth a look without it.
    except SettingsError:  # the theme check reports it
        operator_theme = theme.built_in()
    # All of them at once: somebody who writes a template corrects them together.
    problems = [
        problem(text) for text in template_checks_check.find_problems(folder, operator_theme)
    ]
    yield from problems
    if not problems:
        yield ok(f"{folder}: good" if folder else "the built-in ones")


# In the order in which a new installation is set up, so that the first problem is the first to
# correct. "delivery" exits with 3, like a command that finds the mail server down.
CHECKS = (
    Check(name="settings", run=_settings),
    Check(name="sources", run=_sources),
    Check(name="profiles", run=_profiles),
    Check(name="lists", run=check_lists),
    Check(name="theme", run=_theme),
    Check(name="templates", run=_templates),
    Check(name="ranking", run=ranking.check_ranking),
    Check(name="delivery", run=delivery.check_server, exit_code=3),
    Check(name="channels", run=channels.check_channels),
    Check(name="dns", run=dns.check_sender),
    Check(name="one-click", run=delivery.check_one_click),
    Check(name="watching", run=monitoring.check_monitoring),
    Check(name="clock", run=clock.check_clock_of_runs),
)
