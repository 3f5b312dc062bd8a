"""A digest as channels show it: texts and links, without a format."""

from collections.abc import Callable
from datetime import date

from msgspec import Struct


class ChannelPaper(Struct, frozen=True, kw_only=True):
    """One paper; empty texts are not shown."""

    title: str
    url: str = ""  # http or https
    authors: str = ""
    reason: str = ""  # what it has to do with the keywords of the reader
    excerpt: str = ""


class ChannelSection(Struct, frozen=True, kw_only=True):
    """Papers below a heading."""

    heading: str
    papers: tuple[ChannelPaper, ...]


class ChannelMessage(Struct, frozen=True, kw_only=True):
    """A whole digest. All of its texts come from outside and are text, whatever they contain."""

    edition_id: int  # 0 for a test message
    day: date
    title: str
    intro: str = ""  # how many papers there are
    sections: tuple[ChannelSection, ...] = ()
    closing: str = ""
    # Says how many papers a channel has no room for.
    more: Callable[[int], str] = "+ {}".format
    online: str = ""  # the address of the page that shows the digest
    online_label: str = ""

    @property
    def papers(self) -> int:
        """How many papers it shows."""
        return sum(len(section.papers) for section in self.sections)
