"""The lists of keywords in a profile file: how an entry is checked, and those with ids."""

from collections.abc import Callable
from typing import Annotated

from digest.config.tables.markers import CheckedBy, described
from digest.config.toml_document import display, full_message
from digest.core.keywords.parser import KeywordError, parse, parse_all
from digest.core.models.profiles import is_text

# The names of fields in the keyword language.
AUTHOR, CATEGORY = "author:", "category:"
INSTITUTION, VENUE, CITED = "institution:", "venue:", "cites:"

FIELDS_BY_LIST = {
    "institutions": INSTITUTION,
    "venues": VENUE,
    "cites": CITED,
    "authors": AUTHOR,
    "categories": CATEGORY,
}
"""The field of the entries of each list, in the order in which they follow the keywords of a topic."""


def check_keyword(text: str, parse_text: Callable[[str], object], *, field: str = "") -> str:
    """Checks a keyword with a function that parses it.

    Args:
        text: as it is written.
        parse_text: raises KeywordError.
        field: with its colon, as it is written before the text.

    Raises:
        WholeMessageError: it is no keyword; the position is that in the text.
    """
    try:
        parse_text(field + text)
    except KeywordError as error:
        # The column counts from 1, in a text that begins with the field.
        character = max(error.column - 1 - len(field), 0)
        raise full_message(
            f"keyword {display(text)}: {error.problem}", character=character
        ) from None
    return text


def keyword(text: str) -> str:
    """Checks a keyword, or an exclusion with a dash."""
    return check_keyword(text, lambda written: parse_all([written]))


def author(name: str) -> str:
    """Checks the name or the id of an author."""
    return check_keyword(name, parse, field=AUTHOR)


def category(name: str) -> str:
    """Checks a category."""
    return check_keyword(name, parse, field=CATEGORY)


def exclusion(text: str) -> str:
    """Checks an exclusion, with or without a dash."""
    return check_keyword(text, lambda written: parse_all([], [written]))


def avoided(text: str) -> str:
    """Checks a keyword that lowers papers: words or a phrase."""
    checked = check_keyword(text, parse)
    if not is_text(parse(checked)):
        raise full_message(
            f"keyword {display(text)}: only words and phrases can be avoided; write authors and"
            " categories under exclude"
        )
    return checked


def institution(name: str) -> str:
    """Checks the name or the id of an institution."""
    return check_keyword(name, parse, field=INSTITUTION)


def venue(name: str) -> str:
    """Checks the name, the ISSN or the id of a journal."""
    return check_keyword(name, parse, field=VENUE)


def cited(name: str) -> str:
    """Checks the id of a paper."""
    return check_keyword(name, parse, field=CITED)


Institutions = Annotated[
    list[Annotated[str, CheckedBy(institution)]],
    described(
        "Institutions whose papers are looked for: names, or ids of ror.org or OpenAlex.",
        example=["ror:02mhbdp94", "Institut Pasteur"],
    ),
]
Venues = Annotated[
    list[Annotated[str, CheckedBy(venue)]],
    described(
        "Journals and conferences whose papers are looked for: names, ISSNs, or ids of OpenAlex.",
        example=["1476-4687", "Cell"],
    ),
]
Cited = Annotated[
    list[Annotated[str, CheckedBy(cited)]],
    described(
        "Papers of which the citing papers are looked for: arXiv ids, DOIs, or ids of OpenAlex. Only"
        " some sources give the references of their papers.",
        example=["arXiv:1706.03762", "doi:10.1038/s41586-021-03819-2"],
    ),
]
