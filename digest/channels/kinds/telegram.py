"""Telegram: a bot writes to a chat (https://core.telegram.org/bots/api#sendmessage)."""

import json
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from msgspec import Struct

from digest.channels import answers, escaping
from digest.channels.http_exchange import HttpAnswer, HttpRequest
from digest.channels.message import ChannelMessage
from digest.channels.parts import Format, divide, utf16_units

MAX_TEXT = 4096
"""Characters of one message, counted after the markup is read; here with it."""

API = "https://api.telegram.org"

_FORMAT = Format(
    text=escaping.html,
    strong=lambda text: f"<b>{text}</b>",
    linked=lambda text, url: f'<a href="{url.replace("&", "&amp;")}">{text}</a>',
    size=utf16_units,
    limit=MAX_TEXT,
)


class TelegramService(Struct, frozen=True, kw_only=True):
    """A bot of Telegram, and the chat to which it writes."""

    token: str
    chat: str
    api: str = API
    name: str = "Telegram"
    repeatable: bool = False

    @property
    def url(self) -> str:
        """The address, with the token of the bot."""
        return f"{self.api}/bot{self.token}/sendMessage#{self.chat}"

    def parts(self, message: ChannelMessage) -> Sequence[bytes]:
        """Returns the messages of a digest."""
        return [
            json.dumps(
                {
                    "chat_id": self.chat,
                    "text": part.text,
                    "parse_mode": "HTML",
                    "link_preview_options": {"is_disabled": True},
                }
            ).encode()
            for part in divide(message, _FORMAT)
        ]

    def request(self, part: bytes, *, key: str, now: datetime) -> HttpRequest:
        """Returns the request that sends a message."""
        del key, now
        return HttpRequest(url=f"{self.api}/bot{self.token}/sendMessage", body=part)

    def is_accepted(self, answer: HttpAnswer) -> bool:
        """Returns whether the answer says `ok`."""
        return answers.json_object(answer.body).get("ok") is True

    def question(self) -> HttpRequest | None:
        """Returns a request for the name of the chat."""
        chat = quote(self.chat, safe="")
        url = f"{self.api}/bot{self.token}/getChat?chat_id={chat}"
        return HttpRequest(method="GET", url=url, body=b"")
