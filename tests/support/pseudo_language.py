"""A pseudo-language: accented, 40 % longer and in brackets, so that untranslated text is seen at once.

It has the code of a real language, whose names of days and months are those of CLDR.
"""

import re
from pathlib import Path

import translations
from babel.messages.catalog import Catalog

LEFT_TO_RIGHT, RIGHT_TO_LEFT = "fi", "he"

# Fields, tags, code samples and entities stay as they are.
_KEPT = re.compile(r"%\(\w+\)s|%%|<code>.*?</code>|<[^>]*>|&\w+;")
_ACCENTED = str.maketrans("aceinorsuyACEINORSUY", "åçéîñöŕšûýÅÇÉÎÑÖŔŠÛÝ")
_LETTER = re.compile(r"[A-Za-z]")
_WORD = re.compile(r"[A-Za-z]{2,}")


def pseudo(text: str) -> str:
    """Returns a message in the pseudo-language; separators and bare fields stay."""
    if not _LETTER.search(_KEPT.sub("", text)):
        return text
    parts, end = [], 0
    for match in _KEPT.finditer(text):
        parts += [text[end : match.start()].translate(_ACCENTED), match[0]]
        end = match.end()
    parts.append(text[end:].translate(_ACCENTED))
    more = round(0.4 * len(_KEPT.sub("", text)))
    # In words, as in a real language: a single word as long would overflow everywhere.
    padding = " ".join(["ÿÿÿÿÿÿÿ"] * (more // 8 + 1))[: more + 1]
    return f"⟦{''.join(parts)} {padding.strip()}⟧"


def write_catalogue(folder: Path, code: str = LEFT_TO_RIGHT) -> Path:
    """Writes the catalogue of the pseudo-language into a template folder; returns the folder."""
    source = translations.source_catalogue()
    catalogue = Catalog(locale=code, charset="utf-8")
    for message in source:
        if not message.id:
            continue
        written = tuple(map(pseudo, translations.forms(message.id)))
        if len(written) == 2:
            written = (written[0], *[written[1]] * (catalogue.num_plurals - 1))
        catalogue.add(
            message.id,
            written if isinstance(message.id, tuple) else written[0],
            context=message.context,
        )
    place = folder / "languages"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{code}.po").write_bytes(translations.text_of(catalogue))
    return folder


def untranslated_words(text: str, *, content: str = "") -> list[str]:
    """Returns the words of a text that are outside the brackets.

    Args:
        text: what a reader sees.
        content: words that no catalogue translates, such as titles of papers.
    """
    outside, depth = "", 0
    for character in text:
        depth += (character == "⟦") - (character == "⟧")
        outside += " " if depth or character in "⟦⟧" else character
    assert depth == 0, "a bracket is not closed"
    allowed = {*_WORD.findall(content)}
    return [word for word in _WORD.findall(outside) if word not in allowed]
