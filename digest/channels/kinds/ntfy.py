"""ntfy: a topic of a server (https://docs.ntfy.sh/publish/#publish-as-json). Its text is plain."""

import json
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from digest.channels import answers, escaping
from digest.channels.http_exchange import HttpAnswer, HttpRequest
from digest.channels.message import ChannelMessage
from digest.channels.parts import Format, divide, utf8_bytes

MAX_MESSAGE = 4096
"""Bytes of one message; the server makes a file of a longer one."""

_MAX_TITLE = 100
_FORMAT = Format(
    text=str,
    strong=lambda text: text,
    linked=lambda text, url: f"{text}\n{url}",
    size=utf8_bytes,
    limit=MAX_MESSAGE - 100,
)


class NtfyService(Struct, frozen=True, kw_only=True):
    """A topic of ntfy."""

    server: str
    topic: str
    token: str = ""
    name: str = "ntfy"
    repeatable: bool = False

    @property
    def url(self) -> str:
        """The address of the topic."""
        return f"{self.server}/{self.topic}"

    def parts(self, message: ChannelMessage) -> Sequence[bytes]:
        """Returns the messages of a digest."""
        online = escaping.link(message.online)
        return [
            json.dumps(
                {
                    "topic": self.topic,
                    "title": escaping.one_line(message.title, _MAX_TITLE),
                    "message": part.text,
                    **({"click": online} if online else {}),
                },
                ensure_ascii=False,
            ).encode()
            for part in divide(message, _FORMAT)
        ]

    def request(self, part: bytes, *, key: str, now: datetime) -> HttpRequest:
        """Returns the request that sends a message."""
        del key, now
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return HttpRequest(url=f"{self.server}/", body=part, headers=headers)

    def is_accepted(self, answer: HttpAnswer) -> bool:
        """Returns whether the answer has the id of the message."""
        return "id" in answers.json_object(answer.body)

    def question(self) -> HttpRequest | None:
        """Returns None: this service can only be told messages."""
        return None
