"""Discord: a webhook (https://discord.com/developers/docs/resources/webhook#execute-webhook)."""

import json
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from digest.channels import answers, escaping
from digest.channels.http_exchange import HttpAnswer, HttpRequest
from digest.channels.message import ChannelMessage
from digest.channels.parts import Format, divide, utf16_units

MAX_CONTENT = 2000
"""Characters of one message."""

_NO_PREVIEWS = 1 << 2  # the flag SUPPRESS_EMBEDS
_FORMAT = Format(
    text=escaping.markdown,
    strong=lambda text: f"**{text}**",
    linked=lambda text, url: f"[{text}](<{url}>)",
    size=utf16_units,
    limit=MAX_CONTENT,
    gap="\n\n",
)


class DiscordService(Struct, frozen=True, kw_only=True):
    """A webhook of Discord."""

    url: str
    name: str = "Discord"
    repeatable: bool = False

    def parts(self, message: ChannelMessage) -> Sequence[bytes]:
        """Returns the messages of a digest."""
        return [
            json.dumps(
                {
                    "content": part.text,
                    # Calls nobody, whatever the text says.
                    "allowed_mentions": {"parse": []},
                    "flags": _NO_PREVIEWS,
                }
            ).encode()
            for part in divide(message, _FORMAT)
        ]

    def request(self, part: bytes, *, key: str, now: datetime) -> HttpRequest:
        """Returns the request that sends a message."""
        del key, now
        # Without `wait`, the answer comes before the message is stored.
        separator = "&" if "?" in self.url else "?"
        return HttpRequest(url=f"{self.url}{separator}wait=true", body=part)

    def is_accepted(self, answer: HttpAnswer) -> bool:
        """Returns whether the answer has the id of the message."""
        return "id" in answers.json_object(answer.body)

    def question(self) -> HttpRequest | None:
        """Returns a request for the name of the webhook."""
        return HttpRequest(method="GET", url=self.url, body=b"")
