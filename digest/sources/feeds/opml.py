"""Parses OPML, in which feed readers export their feeds.

Source: http://opml.org/spec2.opml. A feed is an `outline` with an `xmlUrl`; outlines without one are
folders, and folders may contain folders.
"""

import html
import re

from msgspec import Struct

from digest.core.batch_limits import RejectionList
from digest.core.models.batches import Rejection
from digest.core.text.html_text import html_line
from digest.errors import InputError
from digest.sources.markup import decode, http_url, safe_xml

_MAX_FEEDS = 10_000
_MAX_TITLE = 200  # characters
# Many files are not well-formed: programs write `&`, `<` and `"` into titles as they are. So the
# attributes of each tag are searched for, in the text up to the next tag.
_TAG = re.compile(
    r"<!--(?:(?!-->).)*+(?:-->|\Z)|<outline\b(?P<attributes>(?:(?!</?outline\b|<!--).)*+)",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"""[\s"'](?P<name>xmlurl|title|text)\s*+=\s*+(?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)')""",
    re.IGNORECASE,
)
_ROOT = re.compile(r"\s*+(?:<[!?][^>]*+>\s*+)*+<opml\b", re.IGNORECASE)


class ListedFeed(Struct, frozen=True, kw_only=True):
    """A feed of an OPML file."""

    title: str  # may be empty
    url: str  # an http or https address


def parse(data: bytes, *, origin: str) -> tuple[tuple[ListedFeed, ...], tuple[Rejection, ...]]:
    """Returns the feeds of a file in their order, and why others were left out.

    Args:
        data: the content of the file.
        origin: its name, for errors.

    Raises:
        InputError: it is not OPML, too large, nested too deeply, or declares entities.
    """
    text = safe_xml(decode(data, origin=origin), origin=origin)
    if not _ROOT.match(text):
        raise InputError("it is not an OPML file: it does not begin with <opml>", file=origin)
    feeds: list[ListedFeed] = []
    rejected = RejectionList()
    for tag in _TAG.finditer(text):
        values: dict[str, str] = {}
        for item in _ATTRIBUTE.finditer(tag["attributes"] or ""):
            value = html.unescape(item["double"] or item["single"] or "")
            values.setdefault(item["name"].casefold(), value)
        if not (address := values.get("xmlurl", "").strip()):
            continue
        title = html_line(values.get("title") or values.get("text") or "", limit=_MAX_TITLE)
        if (url := http_url(address)) is None:
            rejected.add(f"the address of {title or 'a feed'} is not an http or https address")
        elif len(feeds) == _MAX_FEEDS:
            rejected.add(f"it has more than {_MAX_FEEDS:,} feeds; the others were left out")
            break
        else:
            feeds.append(ListedFeed(title=title, url=url))
    return tuple(feeds), rejected.shown()
