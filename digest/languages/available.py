"""Finds the languages of an installation, and chooses the one of a reader."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from digest.errors import SettingsError
from digest.languages.translation import ENGLISH, SOURCE, Translation

FOLDER = "languages"
"""The folder of the catalogues in a template folder."""

_MAX_HEADER = 400  # characters of Accept-Language that are read


class Languages:
    """The languages that pages and messages can have.

    Args:
        folders: template folders; the catalogue of a language is the first that is found.
        default: the language of readers who chose none.

    Raises:
        SettingsError: there is no catalogue of the default language.
    """

    def __init__(self, folders: Sequence[Path], *, default: str = SOURCE) -> None:
        found = [file for folder in folders for file in sorted((folder / FOLDER).glob("*.po"))]
        # From the last to the first, so that the first folder overrides the others.
        self._files = {file.stem: file for file in reversed(found)}
        self.codes = tuple(sorted({SOURCE, *self._files}))
        self.default = self._known(default) or ""
        if not self.default:
            raise SettingsError(
                f"DIGEST_LANGUAGE: there is no language {default!r}; choose {', '.join(self.codes)}"
            )
        self._translation = lru_cache(maxsize=None)(self._read)

    def translation(self, code: str) -> Translation:
        """Returns a language; the default one for an empty or unknown code.

        Raises:
            SettingsError: its catalogue is not valid.
        """
        return self._translation(self.choose(code))

    def choose(self, code: str) -> str:
        """Returns the code of a language that exists; the default one if there is none like it."""
        return self._known(code) or self.default

    def accepted(self, header: str) -> str:
        """Returns the language that a browser prefers; the default one if there is none of its own.

        Args:
            header: the value of Accept-Language (RFC 9110, section 12.5.4).
        """
        for tag in _preferred(header[:_MAX_HEADER]):
            if known := self._known(tag):
                return known
        return self.default

    def all(self) -> Iterator[Translation]:
        """Yields all languages."""
        return map(self.translation, self.codes)

    def _known(self, tag: str) -> str | None:
        """Returns the code that exists for a tag: `de` for `de-AT`."""
        wanted = tag.replace("-", "_").lower()
        by_name = {code.lower(): code for code in self.codes}
        while wanted:
            if wanted in by_name:
                return by_name[wanted]
            wanted = wanted.rpartition("_")[0]
        return None

    def _read(self, code: str) -> Translation:
        if code not in self._files:
            return ENGLISH
        # Imported here: it imports Babel, which English does not need.
        from digest.languages.catalogue import CatalogueTranslation

        return CatalogueTranslation(self._files[code])


def _preferred(header: str) -> Iterator[str]:
    """Yields the tags of an Accept-Language header, the preferred ones first."""
    weighted: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, weight = part.partition(";")
        _, _, text = weight.partition("=")
        try:
            quality = float(text) if text else 1.0
        except ValueError:
            continue
        if tag.strip() and quality > 0:
            weighted.append((quality, tag.strip()))
    # A stable sort: equal weights stay in their order.
    yield from (tag for _, tag in sorted(weighted, key=lambda item: -item[0]))
