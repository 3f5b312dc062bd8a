"""Does a POST with an Idempotency-Key once, however often it is sent.

The answer is kept for a day, with a hash of the request: the same key with another request is
refused. The answers to POST name no reader, so nothing of a reader is kept with them.
"""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from digest.core.access.tokens import ApiToken
from digest.store.access import answers
from digest.store.access.answers import KeptAnswer
from digest.web.api.parts import ApiParts
from digest.web.api.problems import MEDIA_TYPE, problem

HEADER = "Idempotency-Key"
MAX_KEY = 255  # characters

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


async def done_once(
    request: Request, handle: Handler, *, parts: ApiParts, token: ApiToken
) -> Response:
    """Returns the answer to a POST; that of the first one if it was sent before.

    Args:
        request: the request.
        handle: does it.
        parts: the dependencies of the API.
        token: who sends it.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return await handle(request)
    if not key or len(key) > MAX_KEY or not (key.isascii() and key.isprintable()):
        return problem(422, f"{HEADER} must have 1 to {MAX_KEY} printable ASCII characters.")
    key_hash = hashlib.sha256(key.encode()).hexdigest()
    asked = await _request_hash(request)

    def begin() -> KeptAnswer | None:
        with parts.store.write() as tx:
            return answers.begin(tx, token.token_id, key_hash, asked, now=parts.clock())

    known = await run_in_threadpool(begin)
    if known is not None:
        return _repeated(known, asked)

    def forget() -> None:
        with parts.store.write() as tx:
            answers.forget(tx, token.token_id, key_hash)

    try:
        response = await handle(request)
    except BaseException:
        await run_in_threadpool(forget)
        raise

    def finish() -> None:
        with parts.store.write() as tx:
            answers.finish(
                tx,
                token.token_id,
                key_hash,
                status=response.status_code,
                location=response.headers.get("location"),
                body=bytes(response.body),
            )

    await run_in_threadpool(finish)
    return response


def _repeated(known: KeptAnswer, asked: str) -> Response:
    if known.request_hash != asked:
        return problem(422, f"This {HEADER} was used for another request.")
    if known.status is None:
        return problem(409, "The first request with this key is being worked on.")
    headers = {"Idempotent-Replayed": "true"}
    if known.location:
        headers["Location"] = known.location
    kind = "application/json" if known.status < 400 else MEDIA_TYPE
    return Response(known.body, status_code=known.status, media_type=kind, headers=headers)


async def _request_hash(request: Request) -> str:
    asked = hashlib.sha256()
    for part in (request.url.path.encode(), request.url.query.encode(), await request.body()):
        asked.update(hashlib.sha256(part).digest())
    return asked.hexdigest()
