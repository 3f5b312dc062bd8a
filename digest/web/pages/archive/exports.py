"""Files for reference managers: BibTeX, RIS, CSL JSON."""

from collections.abc import Callable, Sequence

from starlette.responses import Response

from digest.core.models.papers import Paper
from digest.mail.message.citations import bibtex, ris
from digest.mail.message.reference_items import csl_json
from digest.web.security.headers import file_headers

FORMS: dict[str, tuple[str, Callable[[Sequence[Paper]], str]]] = {
    "bib": ("application/x-bibtex", bibtex),
    "ris": ("application/x-research-info-systems", ris),
    "json": ("application/vnd.citationstyles.csl+json", csl_json),
}
"""By the ending of the file: its media type, and what writes it."""


def citations_response(papers: Sequence[Paper], form: str, *, name: str, public: bool) -> Response:
    """Returns a file with papers.

    Args:
        papers: the papers.
        form: one of FORMS.
        name: of the file, without its ending.
        public: the page is for everybody, so that search engines and caches may keep it.
    """
    media_type, write = FORMS[form]
    return Response(
        write(papers),
        media_type=media_type,
        headers=file_headers(f"{name}.{form}", public=public),
    )
