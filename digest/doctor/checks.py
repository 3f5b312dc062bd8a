"""What `digest doctor` looks at: a list of named checks, each of which says what it found.

A further check is a function from a `Place` to findings, and a line in `CHECKS`.
"""

import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from digest.app import sources
from digest.config.profiles import loader as profile_loader
from digest.doctor import delivery, dns, monitoring
from digest.doctor.findings import CheckContext, CheckLevel, CheckResult, ok, problem, warning
from digest.errors import DigestError, SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A named look at one thing."""

    name: str
    run: Callable[[CheckContext], Iterable[CheckResult]]
    exit_code: int = 2  # if it finds a problem: wrong configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What a check found; at least one finding."""

    check: Check
    findings: tuple[CheckResult, ...]

    @property
    def exit_code(self) -> int:
        """That of its problems: the first that is not the check's own, if any; 0 without one."""
        codes = [
            item.exit_code or self.check.exit_code
            for item in self.findings
            if item.level is CheckLevel.PROBLEM
        ]
        return codes[0] if codes else 0

    @property
    def level(self) -> CheckLevel:
        """That of the worst finding."""
        return max((item.level for item in self.findings), key=list(CheckLevel).index)


def examine(place: CheckContext) -> Iterator[CheckReport]:
    """All checks in turn; an expected error is a finding, and the next check runs."""
    for check in CHECKS:
        findings: list[CheckResult] = []
        try:
            findings += check.run(place)
        except DigestError as error:
            findings.append(problem(str(error), exit_code=error.exit_code))
        yield CheckReport(check=check, findings=tuple(findings))


def _settings(place: CheckContext) -> Iterator[CheckResult]:
    loaded = place.settings()
    file = place.home.env_file
    yield ok(f"{file}: good" if file.is_file() else f"{file}: none; the defaults hold")
    missing = loaded.delivery_problem()
    if missing:
        yield warning(missing)
    if file.is_file() and _readable_by_others(file) and (loaded.secret or loaded.smtp_password):
        yield warning(f"{file}: others on this machine can read its secrets; chmod 600 {file}")


def _readable_by_others(file: Path) -> bool:
    return bool(file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _sources(place: CheckContext) -> Iterator[CheckResult]:
    names = [item.name for item in sources.load_config(place.home.path)]
    file = place.home.sources_file
    if names:
        yield ok(f"{file}: {', '.join(names)}")
    else:
        yield warning(f"{file}: no sources, so no papers; add a [[sources]] table")


def _profiles(place: CheckContext) -> Iterator[CheckResult]:
    found = profile_loader.load_all(place.home.profiles_folder)
    yield from (problem(str(error)) for error in found.errors)
    folder = place.home.profiles_folder
    if found.files:
        yield ok(f"{folder}: {', '.join(file.name for file in found.files)}")
    elif not found.errors:
        yield warning(f"{folder}: no profiles; write one with: digest profile new")


def _theme(place: CheckContext) -> Iterator[CheckResult]:
    from digest.mail.rendering import theme

    file = place.home.theme_file
    theme.read(file)
    yield ok(f"{file}: good" if file.is_file() else "the usual colours")


def _templates(place: CheckContext) -> Iterator[CheckResult]:
    from digest.mail.rendering import theme
    from digest.mail.template_checks import check as template_checks_check

    folder = place.settings().templates
    if folder is not None and not folder.is_dir():
        yield problem(f"DIGEST_TEMPLATES: {folder} is no folder; make it, or unset it")
        return
    try:
        look = theme.read(place.home.theme_file)
    except SettingsError:  # told by the check before
        look = theme.Theme()
    found = [problem(text) for text in template_checks_check.problems(folder, look)]
    yield from found
    if not found:
        yield ok(f"{folder}: good" if folder else "the built-in ones")


CHECKS = (
    Check(name="settings", run=_settings),
    Check(name="sources", run=_sources),
    Check(name="profiles", run=_profiles),
    Check(name="theme", run=_theme),
    Check(name="templates", run=_templates),
    Check(name="delivery", run=delivery.server, exit_code=3),
    Check(name="dns", run=dns.sender),
    Check(name="one-click", run=delivery.one_click),
    Check(name="watching", run=monitoring.watching),
)
