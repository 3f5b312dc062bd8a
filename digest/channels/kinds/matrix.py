"""Matrix: an account writes to a room.

https://spec.matrix.org/v1.11/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
"""

import json
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from msgspec import Struct

from digest.channels import answers, escaping
from digest.channels.http_exchange import HttpAnswer, HttpRequest
from digest.channels.message import ChannelMessage
from digest.channels.parts import Format, divide, utf8_bytes

MAX_EVENT = 65_536
"""Bytes of one event, with both forms of the text."""

_HTML = Format(
    text=escaping.html,
    strong=lambda text: f"<strong>{text}</strong>",
    linked=lambda text, url: f'<a href="{url.replace("&", "&amp;")}">{text}</a>',
    size=utf8_bytes,
    limit=24_000,
    gap="<br/><br/>",
    line="<br/>",
)
# The same blocks in the same messages need not be: this is what clients without HTML show.
_PLAIN = Format(
    text=escaping.without_mentions,
    strong=lambda text: text,
    linked=lambda text, url: f"{text}\n{url}",
    size=utf8_bytes,
    limit=24_000,
)


class MatrixService(Struct, frozen=True, kw_only=True):
    """An account of a Matrix server, and the room to which it writes."""

    server: str
    token: str
    room: str
    name: str = "Matrix"
    # The server knows the transaction id of a message that it has, and stores it once.
    repeatable: bool = True

    @property
    def url(self) -> str:
        """The address of the room."""
        return f"{self.server}/_matrix/client/v3/rooms/{quote(self.room, safe='')}"

    def parts(self, message: ChannelMessage) -> Sequence[bytes]:
        """Returns the messages of a digest."""
        pages = divide(message, _HTML)
        plain = divide(message, _PLAIN)
        return [
            json.dumps(
                {
                    "msgtype": "m.text",
                    "body": plain[number].text if number < len(plain) else "",
                    "format": "org.matrix.custom.html",
                    "formatted_body": page.text,
                    "m.mentions": {},  # calls nobody
                },
                ensure_ascii=False,
            ).encode()
            for number, page in enumerate(pages)
        ]

    def request(self, part: bytes, *, key: str, now: datetime) -> HttpRequest:
        """Returns the request that sends a message."""
        del now
        return HttpRequest(
            method="PUT",
            url=f"{self.url}/send/m.room.message/{quote(key, safe='')}",
            body=part,
            headers={"Authorization": f"Bearer {self.token}"},
        )

    def is_accepted(self, answer: HttpAnswer) -> bool:
        """Returns whether the answer has the id of the event."""
        return "event_id" in answers.json_object(answer.body)

    def question(self) -> HttpRequest | None:
        """Returns a request for the members of the room, which only its members may read."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.url}/joined_members"
        return HttpRequest(method="GET", url=url, body=b"", headers=headers)
