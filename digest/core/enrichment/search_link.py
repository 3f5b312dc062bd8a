"""Makes the address of a search for a title, so that a title without a link leads somewhere.

The search of Hugging Face papers takes a whole title, also with mistyped words or without its TeX,
and has papers from the day on which they appear on arXiv
(https://huggingface.co/docs/hub/paper-pages).
"""

from urllib.parse import quote

from digest.core.text.display import display_text

SEARCH = "https://huggingface.co/papers?q="
MAX_QUERY = 250  # characters; the search takes no longer query


def search_link(title: str) -> str:
    """Returns the web address of a search for a paper with this title.

    Args:
        title: as its source wrote it; TeX and markup are removed.
    """
    return SEARCH + quote(search_text(title), safe="")


def search_text(title: str) -> str:
    """Returns a title as a query: plain text on one line, cut at a word at `MAX_QUERY`."""
    text = " ".join(
        "".join(char if char.isprintable() else " " for char in display_text(title)).split()
    )
    if len(text) <= MAX_QUERY:
        return text
    cut = text[: MAX_QUERY + 1].rpartition(" ")[0]
    return cut or text[:MAX_QUERY]
