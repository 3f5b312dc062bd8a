"""Writes the papers of a digest as a file for a reference manager: BibTeX or RIS."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from digest.core.models.papers import Paper
from digest.core.models.profiles import Citations
from digest.core.text.display import display_authors, display_text
from digest.core.text.tokens import STOP_WORDS, fold, tokenise
from digest.mail.message.attachment import Attachment

_MAX_AUTHORS = 1000
# Characters with a meaning in LaTeX. A backslash stands for itself in no title or name.
_LATEX = str.maketrans(
    {
        **{char: f"\\{char}" for char in "&%$#_{}"},
        "~": "\\textasciitilde{}",
        "^": "\\textasciicircum{}",
        "\\": "\\textbackslash{}",
    }
)
_ADDRESS = re.compile(r"[{}\\\s]")  # what would end the field of an address


def citations_file(papers: Sequence[Paper], form: Citations, day: date) -> Attachment | None:
    """Returns the file to attach; None if no papers or no file is wanted.

    Args:
        papers: of the digest.
        form: the format.
        day: of the digest, for the name of the file.
    """
    if not papers or form is Citations.NONE:
        return None
    if form is Citations.BIBTEX:
        text, suffix, media_type = bibtex(papers), "bib", "application/x-bibtex"
    else:
        text, suffix, media_type = ris(papers), "ris", "application/x-research-info-systems"
    return Attachment(
        name=f"papers-{day:%Y-%m-%d}.{suffix}", media_type=media_type, data=text.encode()
    )


def bibtex(papers: Iterable[Paper]) -> str:
    """Returns the papers as BibTeX entries with distinct keys."""
    used: dict[str, int] = {}
    return "\n".join(_bibtex_entry(paper, used) for paper in papers)


def ris(papers: Iterable[Paper]) -> str:
    """Returns the papers in RIS.

    Source: https://github.com/aurimasv/translators/wiki/RIS-Tag-Map (the tags that Zotero reads).
    """
    return "".join(f"{tag}  - {value}\r\n" for paper in papers for tag, value in _ris_tags(paper))


def _bibtex_entry(paper: Paper, used: dict[str, int]) -> str:
    key = _key(paper)
    used[key] = used.get(key, 0) + 1
    if used[key] > 1:
        key = f"{key}-{used[key]}"
    fields = {
        "title": f"{{{_latex(display_text(paper.title))}}}",  # twice in braces: keeps its capitals
        "author": " and ".join(
            f"{{{_latex(name)}}}" if " and " in name else _latex(name) for name in names_of(paper)
        ),
        "year": str(paper.published.year) if paper.published else "",
        "eprint": identifier_of(paper, "arxiv"),
        "archiveprefix": "arXiv" if identifier_of(paper, "arxiv") else "",
        "doi": identifier_of(paper, "doi"),
        "url": url_of(paper),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}", ""])


def _ris_tags(paper: Paper) -> Iterator[tuple[str, str]]:
    yield "TY", "GEN"
    yield "TI", display_text(paper.title)
    for name in names_of(paper):
        yield "AU", name
    if paper.published:
        yield "PY", str(paper.published.year)
    if doi := identifier_of(paper, "doi"):
        yield "DO", doi
    if url := url_of(paper):
        yield "UR", url
    yield "ER", ""


def _key(paper: Paper) -> str:
    """Returns a key such as "solheim2026forgetting"."""
    names = names_of(paper)
    family = names[0].split()[-1] if names and names[0].split() else ""
    words = (fold(word) for word in tokenise(display_text(paper.title)))
    word = next((item for item in words if item.isalnum() and item not in STOP_WORDS), "")
    year = str(paper.published.year) if paper.published else ""
    return re.sub(r"[^a-z0-9]", "", f"{fold(family)}{year}{word}") or "paper"


def names_of(paper: Paper) -> tuple[str, ...]:
    """Returns the names of the authors for a reference manager."""
    return display_authors(paper, _MAX_AUTHORS)


def identifier_of(paper: Paper, scheme: str) -> str:
    """Returns an identifier such as the DOI; empty if there is none that can be written."""
    found = next((item.value for item in paper.identifiers if item.scheme == scheme), "")
    return "" if _ADDRESS.search(found) else found


def url_of(paper: Paper) -> str:
    """Returns the best address to read a paper; empty if there is none that can be written."""
    found = next(filter(None, map(paper.link, ("abstract", "page", "pdf", "project", "code"))), "")
    return "" if _ADDRESS.search(found) else found


def _latex(text: str) -> str:
    return text.translate(_LATEX)
