"""Writes the messages of the code and the templates into the catalogues, `templates/languages/*.po`.

    python tools/translations.py           writes the catalogues
    python tools/translations.py --new fr  makes a catalogue without translations
    python tools/translations.py --check   says what is missing in them, and writes nothing

A message is a `{% trans %}` block or a call of `_`, `gettext` or `ngettext` in a template, a `ReaderText`
in the code, a phrase of `templates/mail/text.toml`, or the name of a starter profile.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from digest.config.profiles.gallery import starter_profiles
from digest.mail.rendering.wording import message_of
from digest.mail.theming.template_files import WORDING_FILE

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = ROOT / "templates"
CATALOGUES = TEMPLATES / "languages"
WIDTH = 100

# Functions of Jinja, and the class that marks a text in the code.
_KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "ReaderText": None,
}
_FIELD = re.compile(r"%\((\w+)\)[sd]|%%")
_TAG = re.compile(r"</?[a-z][^>]*>")


def source_catalogue() -> Catalog:
    """Returns all messages, without translations."""
    catalogue = Catalog(project="Paper Digest", charset="utf-8")
    for file in sorted([*TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.txt")]):
        options = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}
        _add(catalogue, file, "jinja2.ext:babel_extract", options)
    for file in sorted([*(ROOT / "digest").rglob("*.py")]):
        if b"ReaderText(" in file.read_bytes():
            _add(catalogue, file, "python", {})
    for key, phrase in tomllib.loads((TEMPLATES / WORDING_FILE).read_text("utf-8"))[
        "phrase"
    ].items():
        forms = [phrase["one"], phrase["other"]] if isinstance(phrase, dict) else [phrase]
        messages = tuple(message_of(form) or "" for form in forms)
        if messages != ("",):
            catalogue.add(
                messages if len(messages) > 1 else messages[0],
                context=key,
                locations=[(f"templates/{WORDING_FILE}", 0)],
            )
    for starter in starter_profiles():
        title, _, about = starter.description.partition(": ")
        place = f"digest/config/profiles/starter_profiles/{starter.name}.toml"
        for text in (title, about):
            catalogue.add(text, locations=[(place, 0)])
    return catalogue


def updated(file: Path, source: Catalog) -> Catalog:
    """Returns a catalogue with the messages of the source, and with those of its translations."""
    with file.open("rb") as opened:
        catalogue = read_po(opened, locale=file.stem)
    # Not guessed from similar messages: a wrong translation is worse than none.
    catalogue.update(source, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def text_of(catalogue: Catalog) -> bytes:
    """Returns the file of a catalogue; it has no line numbers and no date, which change too often."""
    written = BytesIO()
    write_po(
        written,
        catalogue,
        width=WIDTH,
        omit_header=False,
        include_lineno=False,
        sort_by_file=True,
        include_previous=False,
    )
    kept = [
        line
        for line in written.getvalue().splitlines(keepends=True)
        if not line.startswith((b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By'))
    ]
    return b"".join(kept).lstrip()


def forms(texts: str | Sequence[str] | None) -> tuple[str, ...]:
    """Returns the plural forms of a message, or its only one."""
    return (texts,) if isinstance(texts, str) else tuple(texts or ())


def problems(catalogue: Catalog) -> Iterator[str]:
    """Yields what is wrong: a message without translation, or with other fields or tags."""
    for message in catalogue:
        if message.id:
            yield from (f"{message.id!r}: {text}" for text in _problems(message))


def _problems(message: Message) -> Iterator[str]:
    sources, translations = forms(message.id), forms(message.string)
    if message.fuzzy or not translations or not all(translations):
        yield "it is not translated"
        return
    possible = set(_FIELD.findall(" ".join(sources)))
    needed = set(_FIELD.findall(sources[-1]))
    for translation in translations:
        fields = set(_FIELD.findall(translation))
        # A singular may leave out its number.
        if not (needed - {"n", "number"} <= fields <= possible):
            yield f"the fields of {translation!r} are others"
        if sorted(_TAG.findall(translation)) != sorted(_TAG.findall(sources[-1])):
            yield f"the tags of {translation!r} are others"
        try:
            _FIELD.sub("", translation) % ()
        except (ValueError, TypeError):
            yield f"{translation!r} has a % that is no field; write %%"


def _add(catalogue: Catalog, file: Path, method: str, options: dict[str, str]) -> None:
    with file.open("rb") as opened:
        found = list(
            extract(method, opened, _KEYWORDS, comment_tags=["Translators:"], options=options)
        )
    for _, message, comments, context in found:
        place = file.relative_to(ROOT).as_posix()
        catalogue.add(message, locations=[(place, 0)], auto_comments=comments, context=context)


def _make(code: str, source: Catalog) -> int:
    """Writes a catalogue without translations; returns the exit code."""
    file = CATALOGUES / f"{code}.po"
    if file.exists():
        print(f"{file.relative_to(ROOT)}: it exists already")
        return 1
    catalogue = Catalog(
        locale=code, project="Paper Digest", charset="utf-8", fuzzy=False, header_comment=""
    )
    catalogue.update(source)
    file.write_bytes(text_of(catalogue))
    print(f"{file.relative_to(ROOT)}: {len(catalogue)} messages to translate")
    return 0


def main() -> int:
    """Writes the catalogues, or checks them; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; say what is missing")
    parser.add_argument("--new", metavar="CODE", help="make the catalogue of another language")
    options = parser.parse_args()
    check, source = options.check, source_catalogue()
    if options.new:
        return _make(options.new, source)
    failed = False
    for file in sorted(CATALOGUES.glob("*.po")):
        catalogue = updated(file, source)
        if not check:
            file.write_bytes(text_of(catalogue))
        for problem in problems(catalogue):
            print(f"{file.relative_to(ROOT)}: {problem}")
            failed = True
        if check and file.read_bytes() != text_of(catalogue):
            print(f"{file.relative_to(ROOT)}: old; run python tools/translations.py")
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
