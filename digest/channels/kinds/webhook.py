"""A web hook of your own: the digest as JSON, signed as https://www.standardwebhooks.com describes."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from digest.channels.http_exchange import HttpAnswer, HttpRequest
from digest.channels.message import ChannelMessage


class WebhookService(Struct, frozen=True, kw_only=True):
    """An address that takes digests as JSON."""

    url: str
    secret: str = ""
    name: str = "web hook"
    repeatable: bool = False

    def parts(self, message: ChannelMessage) -> Sequence[bytes]:
        """Returns the digest: one message, whatever its size. Its texts are not escaped."""
        value = {
            "type": "digest" if message.edition_id else "test",
            "edition": message.edition_id,
            "date": message.day.isoformat(),
            "title": message.title,
            "sections": [
                {
                    "heading": section.heading,
                    "papers": [
                        {
                            "title": paper.title,
                            "url": paper.url,
                            "authors": paper.authors,
                            "reason": paper.reason,
                            "excerpt": paper.excerpt,
                        }
                        for paper in section.papers
                    ],
                }
                for section in message.sections
            ],
            "online": message.online,
        }
        return [json.dumps(value, ensure_ascii=False).encode()]

    def request(self, part: bytes, *, key: str, now: datetime) -> HttpRequest:
        """Returns the request that sends a message; the receiver can drop a key that it knows."""
        headers = {"webhook-id": key, "webhook-timestamp": str(int(now.timestamp()))}
        if self.secret:
            signed = b".".join([key.encode(), headers["webhook-timestamp"].encode(), part])
            digest = hmac.new(self.secret.encode(), signed, hashlib.sha256).digest()
            headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
        return HttpRequest(url=self.url, body=part, headers=headers)

    def is_accepted(self, answer: HttpAnswer) -> bool:
        """Returns True: what a web hook answers is its own affair; its status counts."""
        del answer
        return True

    def question(self) -> HttpRequest | None:
        """Returns None: this service can only be told messages."""
        return None
