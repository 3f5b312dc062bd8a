"""A digest as channels show it: texts and links, without a format."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPaper:
    """One paper; empty texts are not shown."""

    title: str
    url: str = ""  # http or https
    authors: str = ""
    reason: str = ""  # what it has to do with the keywords of the reader
    excerpt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSection:
    """Papers below a heading."""

    heading: str
    papers: tuple[ChannelPaper, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMessage:
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
