"""`sources.toml`: where new papers come from.

    [[sources]]
    name = "dumps"   # unique; what digests, profiles and reports call it
    kind = "dump"
    path = "dumps"   # a file or a folder, relative to the home

A further kind of source is a further model in `KINDS`.
"""

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field

from digest.config.mailboxes import check_line
from digest.config.suggest import did_you_mean
from digest.config.toml_document import (
    Document,
    Problem,
    TomlModel,
    TomlProblem,
    check,
    read_text,
    sentence,
    shown,
)
from digest.errors import SettingsError, located

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _slug(name: str) -> str:
    if not _SLUG.fullmatch(name):
        raise ValueError('must be of small letters, digits and single hyphens, such as "hf-dumps"')
    return name


def _kind(kind: str) -> str:
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or f"; write one of {', '.join(KINDS)}"
        raise sentence(f"{shown(kind)} is no kind of source{hint}")
    return kind


def _printable(path: Path) -> Path:
    check_line(str(path))
    return path


class SourceConfig(TomlModel):
    """What every source has."""

    name: Annotated[str, AfterValidator(_slug)] = Field(
        max_length=60,
        description="What the source is called in profiles and reports; unique.",
        examples=["dumps"],
    )
    kind: Annotated[str, AfterValidator(_kind)] = Field(
        description="What is read, and how.",
        examples=["dump"],
    )

    def below(self, home: Path) -> Self:
        """The same source with its paths, if it has any, relative to the home no longer."""
        del home
        return self


class DumpSource(SourceConfig):
    """Text files of a page that lists papers, and those that will be put beside them."""

    path: Annotated[Path, Field(strict=False), AfterValidator(_printable)] = Field(
        description="A dump, or a folder of dumps, relative to the home.",
        examples=["dumps"],
    )

    def below(self, home: Path) -> Self:
        """The same source with an absolute path, if the home's is."""
        return self.model_copy(update={"path": home / self.path})


KINDS: dict[str, type[SourceConfig]] = {"dump": DumpSource}


class _AnySource(SourceConfig):
    """A source of any kind: its name and kind, before its kind judges the rest."""

    model_config = ConfigDict(extra="ignore")


class _SourcesFile(TomlModel):
    sources: list[_AnySource] = Field(default=[])


def load(home: Path) -> tuple[SourceConfig, ...]:
    """The sources of a home, in the order of its `sources.toml`; none without that file.

    Raises:
        SettingsError: the first problem in the file.
    """
    file = home / "sources.toml"
    try:
        checked = _checked(Document(read_text(file)))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SettingsError(located(f"cannot be read: {error.strerror}", str(file))) from None
    except TomlProblem as error:
        checked = [error.problem]
    if isinstance(checked, list):
        first = checked[0]
        raise SettingsError(located(first.text, str(file), first.line, first.column))
    return tuple(source.below(home) for source in checked)


def _checked(document: Document) -> tuple[SourceConfig, ...] | list[Problem]:
    outline = check(document, _SourcesFile)
    if isinstance(outline, list):
        return outline
    sources: dict[str, SourceConfig] = {}
    for index, source in enumerate(outline.sources):
        place = ("sources", index)
        if source.name in sources:
            text = f"{shown(source.name)} stands twice; give each source a name of its own"
            return [document.problem(text, (*place, "name"))]
        data = document.data["sources"][index]
        checked = check(document, KINDS[source.kind], data, prefix=place)
        if isinstance(checked, list):
            return checked
        sources[source.name] = checked
    return tuple(sources.values())
