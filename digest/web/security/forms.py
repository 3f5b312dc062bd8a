"""Reads the bodies of POST requests within limits of time and size. Anybody can send one."""

from email import message_from_bytes
from email.message import Message
from urllib.parse import parse_qsl

import anyio
from starlette.requests import ClientDisconnect, Request

BODY_SECONDS = 10
SMALL_BODY = 4096  # bytes; a one-click POST has 26, or about 200 as multipart
LARGE_BODY = 32_768  # bytes; the largest form of the site, with 60 long keywords
IMPORT_BODY = 5_242_880  # bytes; a list of readers of an operator who is signed in
LIST_BODY = 524_288  # bytes; the preferences, with a reading list that was pasted
SMALL_FIELDS = 20
LARGE_FIELDS = 80


class BodyRefused(Exception):  # noqa: N818 - no error of ours: the client's
    """A body that came too slowly, is too long, or is no form.

    Args:
        status: the HTTP status of the answer.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def read_fields(
    request: Request, *, max_body: int = SMALL_BODY, max_fields: int = SMALL_FIELDS
) -> list[tuple[str, str]]:
    """Returns the fields of a form, urlencoded or multipart.

    Raises:
        BodyRefused: the body came too slowly, is too long, or is no form.
    """
    body = await read_body(request, max_body=max_body)
    try:
        return _form_fields(request.headers.get("content-type", ""), body, max_fields)
    except ValueError:  # no form that a mail provider or one of our pages sends
        raise BodyRefused(400) from None


async def read_body(request: Request, *, max_body: int) -> bytes:
    """Returns the body of a request.

    Raises:
        BodyRefused: it came too slowly, or is too long.
    """
    try:
        with anyio.fail_after(BODY_SECONDS):
            body = await _body(request, max_body)
    except (TimeoutError, ClientDisconnect):
        raise BodyRefused(408) from None
    if body is None:
        raise BodyRefused(413)
    return body


async def _body(request: Request, limit: int) -> bytes | None:
    """Returns the body; None if it is longer than the limit."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return body


def _form_fields(content_type: str, body: bytes, max_fields: int) -> list[tuple[str, str]]:
    """Returns the fields of a form, urlencoded or multipart (RFC 7578); RFC 8058 allows both.

    Raises:
        ValueError: the form cannot be read, or has too many fields.
    """
    if not content_type.lower().startswith("multipart/form-data"):
        return parse_qsl(
            body.decode("utf-8", "replace"), max_num_fields=max_fields, keep_blank_values=True
        )
    head = b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n"
    # A multipart form has the syntax of a multipart e-mail.
    payload = message_from_bytes(head + body).get_payload()
    parts = payload if isinstance(payload, list) else []
    if len(parts) > max_fields:
        raise ValueError("too many fields")
    return [
        (str(part.get_param("name", header="content-disposition")), _value(part))
        for part in parts
        if isinstance(part, Message)
    ]


def _value(part: Message) -> str:
    value = part.get_payload(decode=True)
    return value.decode("utf-8", "replace").strip() if isinstance(value, bytes) else ""
