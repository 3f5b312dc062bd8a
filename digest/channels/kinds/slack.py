"""Slack: an incoming webhook (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).

The digest is made of `rich_text` blocks. Their texts are shown as they are: nothing in them is markup,
so no title can call people or make a link.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from digest.channels import escaping
from digest.channels.http_exchange import HttpAnswer, HttpRequest
from digest.channels.message import ChannelMessage
from digest.channels.parts import Format, Part, divide

MAX_BLOCKS = 50
"""Of one message (https://docs.slack.dev/reference/block-kit/blocks)."""

# Control characters, which no text from outside has here, mark what is strong and what is a link.
_STRONG, _LINK, _LABEL, _END, _GAP = "\x01", "\x02", "\x03", "\x04", "\x05"
_PIECE = re.compile(
    r"\x01([^\x01-\x05]*)\x04|\x02([^\x01-\x05]*)\x03([^\x01-\x05]*)\x04|([^\x01-\x05]+)"
)
_FORMAT = Format(
    text=escaping.without_mentions,
    strong=lambda text: f"{_STRONG}{text}{_END}",
    linked=lambda text, url: f"{_LINK}{url}{_LABEL}{text}{_END}",
    size=len,
    limit=12_000,
    most_blocks=MAX_BLOCKS - 5,
    gap=_GAP,
)


class SlackService(Struct, frozen=True, kw_only=True):
    """An incoming webhook of Slack."""

    url: str
    name: str = "Slack"
    repeatable: bool = False

    def parts(self, message: ChannelMessage) -> Sequence[bytes]:
        """Returns the messages of a digest."""
        return [_body(message, part) for part in divide(message, _FORMAT)]

    def request(self, part: bytes, *, key: str, now: datetime) -> HttpRequest:
        """Returns the request that sends a message."""
        del key, now
        return HttpRequest(url=self.url, body=part)

    def is_accepted(self, answer: HttpAnswer) -> bool:
        """Returns whether the answer is `ok`."""
        return answer.body.strip() == b"ok"

    def question(self) -> HttpRequest | None:
        """Returns None: this service can only be told messages."""
        return None


def _body(message: ChannelMessage, part: Part) -> bytes:
    blocks = [
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": elements}],
        }
        for block in part.text.split(_GAP)
        # Slack refuses an element without text, and a section without elements.
        if (elements := [made for piece in _PIECE.findall(block) if (made := _element(piece))])
    ]
    # What notifications show. Here `&`, `<` and `>` are markup, also for mentions.
    title = escaping.html(escaping.one_line(message.title, 150))
    return json.dumps(
        {"text": title, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}
    ).encode()


def _element(piece: tuple[str, str, str, str]) -> dict[str, Any] | None:
    strong, url, label, plain = piece
    if url:
        return {"type": "link", "url": url, **({"text": label} if label else {})}
    if strong:
        return {"type": "text", "text": strong, "style": {"bold": True}}
    return {"type": "text", "text": plain} if plain else None
