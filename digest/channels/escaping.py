"""Writes text from outside so that a chat or a Markdown reader shows it and obeys nothing in it.

What could be obeyed: mentions that call people (`@everyone`, `<!channel>`), markup, links, HTML.
"""

import re
from html import escape
from urllib.parse import quote

_WORD_JOINER = "\u2060"  # invisible, and no part of a name
# A name may follow: chats make a mention of it.
_MENTION = re.compile(r"@(?=[\w\[(])")
# ASCII punctuation that begins markup in Markdown (CommonMark 0.31, 2.4), or in that of Discord.
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>()#+\-.!|~&:=]")
_JOINERS = "\u200c\u200d"  # parts of words in Persian and of emoji
_MAX_URL = 400  # characters; a longer link is left out


def one_line(text: str, limit: int) -> str:
    """Returns a text in one line of at most `limit` characters, without control characters."""
    printable = (c if c.isprintable() or c in _JOINERS else " " for c in text[: 4 * limit])
    line = " ".join("".join(printable).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "\u2026"


def without_mentions(text: str) -> str:
    """Returns a text in which no chat finds a mention; it looks the same."""
    return _MENTION.sub(f"@{_WORD_JOINER}", text)


def markdown(text: str) -> str:
    """Returns a text for CommonMark and for Discord."""
    return _MARKDOWN.sub(r"\\\g<0>", without_mentions(text))


def html(text: str) -> str:
    """Returns a text for the HTML of Telegram and Matrix."""
    return escape(without_mentions(text), quote=False)


def link(url: str) -> str:
    """Returns an http address that can be put in quotes and in brackets; empty if it is none."""
    if not url.startswith(("https://", "http://")) or len(url) > _MAX_URL:
        return ""
    # What is escaped already stays as it is.
    return quote(url, safe="%/:=&?~#+!$,;@-._*'").replace("'", "%27")
