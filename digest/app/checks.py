"""What `digest doctor` looks at: a list of named checks, each of which says what it found.

A further check is a function from a `Place` to findings, and a line in `CHECKS`.
"""

import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from digest.app import sources
from digest.config import profiles, settings
from digest.config.home import Home
from digest.config.settings import Settings
from digest.errors import DigestError, SettingsError


class Level(StrEnum):
    """How bad it is, the best first."""

    OK = "ok"
    WARNING = "warning"  # it works, and is most likely not meant
    PROBLEM = "problem"  # it does not work


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check found; a problem's text says what to do."""

    level: Level
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is looked at."""

    home: Home
    environ: Mapping[str, str]

    def settings(self) -> Settings:
        """The home's settings; SettingsError if they are wrong."""
        return settings.load(self.home.path, self.environ)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A named look at one thing."""

    name: str
    run: Callable[[Place], Iterable[Finding]]
    exit_code: int = 2  # if it finds a problem: wrong configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check found; at least one finding."""

    check: Check
    findings: tuple[Finding, ...]

    @property
    def level(self) -> Level:
        """That of the worst finding."""
        return max((item.level for item in self.findings), key=list(Level).index)


def examine(place: Place) -> Iterator[Checked]:
    """All checks in turn; an expected error is a finding, and the next check runs."""
    for check in CHECKS:
        findings: list[Finding] = []
        try:
            findings += check.run(place)
        except DigestError as error:
            findings.append(problem(str(error)))
        yield Checked(check=check, findings=tuple(findings))


def ok(text: str) -> Finding:
    """All is well."""
    return Finding(level=Level.OK, text=text)


def warning(text: str) -> Finding:
    """It works, and is most likely not meant."""
    return Finding(level=Level.WARNING, text=text)


def problem(text: str) -> Finding:
    """It does not work; the text says what to do."""
    return Finding(level=Level.PROBLEM, text=text)


def _settings(place: Place) -> Iterator[Finding]:
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


def _sources(place: Place) -> Iterator[Finding]:
    names = [item.name for item in sources.configured(place.home.path)]
    file = place.home.sources_file
    if names:
        yield ok(f"{file}: {', '.join(names)}")
    else:
        yield warning(f"{file}: no sources, so no papers; add a [[sources]] table")


def _profiles(place: Place) -> Iterator[Finding]:
    found = profiles.load_all(place.home.profiles_folder)
    yield from (problem(str(error)) for error in found.errors)
    folder = place.home.profiles_folder
    if found.files:
        yield ok(f"{folder}: {', '.join(file.name for file in found.files)}")
    elif not found.errors:
        yield warning(f"{folder}: no profiles; write one with: digest profile new")


def _theme(place: Place) -> Iterator[Finding]:
    from digest.mail import theme

    file = place.home.theme_file
    theme.read(file)
    yield ok(f"{file}: good" if file.is_file() else "the usual colours")


def _templates(place: Place) -> Iterator[Finding]:
    from digest.mail import template_check, theme

    folder = place.settings().templates
    if folder is not None and not folder.is_dir():
        yield problem(f"DIGEST_TEMPLATES: {folder} is no folder; make it, or unset it")
        return
    try:
        look = theme.read(place.home.theme_file)
    except SettingsError:  # told by the check before
        look = theme.Theme()
    found = [problem(text) for text in template_check.problems(folder, look)]
    yield from found
    if not found:
        yield ok(f"{folder}: good" if folder else "the built-in ones")


CHECKS = (
    Check(name="settings", run=_settings),
    Check(name="sources", run=_sources),
    Check(name="profiles", run=_profiles),
    Check(name="theme", run=_theme),
    Check(name="templates", run=_templates),
)
