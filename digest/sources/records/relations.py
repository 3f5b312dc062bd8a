"""The DOIs of the forms of one paper: preprint, its versions, article."""

from collections.abc import Iterable
from typing import Any

from digest.core.models.papers import NOTICE_SCHEME, Identifier, PaperLink
from digest.core.text.paper_ids import doi
from digest.sources.records.values import identified


def with_other_forms(
    own: Any, others: Iterable[Any], *, arxiv_text: Any = None
) -> tuple[tuple[Identifier, ...], tuple[PaperLink, ...]]:
    """Returns the identifiers of a paper and of its other forms, and the links of its own.

    Args:
        own: its DOI, or the address of it.
        others: the DOIs of the other forms; a link to itself and what is no DOI are left out.
        arxiv_text: an arXiv id, or an address that contains one.
    """
    names, links = identified(arxiv_text=arxiv_text, doi_text=own)
    for other in others:
        more, _ = identified(doi_text=other)
        names = tuple(dict.fromkeys((*names, *more)))
    return names, links


def notice_identifiers(own: Any, about: tuple[Identifier, ...]) -> tuple[Identifier, ...]:
    """Returns the identifiers of a notice: of the paper that it is about, and of itself.

    Args:
        own: the DOI of the notice, or another name of it.
        about: the identifiers of the paper; without any, there are none.
    """
    if not about or not isinstance(own, str) or not own.strip():
        return ()
    return (*about, Identifier(scheme=NOTICE_SCHEME, value=doi(own) or own.strip()))
