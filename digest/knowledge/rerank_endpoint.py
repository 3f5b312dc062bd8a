"""Asks a language model for grades, at any server with an OpenAI-compatible API.

The API is `POST {url}/chat/completions` (https://platform.openai.com/docs/api-reference/chat).
Ollama, vLLM, llama.cpp and most providers offer it.
"""

import json
from collections.abc import Callable, Sequence
from typing import Self

import httpx
from msgspec import Struct

from digest.knowledge.grading import (
    AnswerError,
    GradedPaper,
    RerankError,
    messages,
    read_grades,
)

MAX_ANSWER = 1 << 20
"""Bytes of an answer that are read; fifty grades are a few hundred."""


class RerankSettings(Struct, frozen=True, kw_only=True):
    """Where the model is, and how long it may take."""

    url: str  # up to /v1
    model: str
    key: str | None = None
    timeout: float = 60.0  # seconds for one request, from its start to the end of the answer


class RerankEndpoint:
    """A client of the endpoint; use it in a `with` block.

    Args:
        settings: the address, the model and the key.
        clock: seconds that never go back.
    """

    def __init__(self, settings: RerankSettings, *, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        headers = {"Authorization": f"Bearer {settings.key}"} if settings.key else {}
        # A redirect could take the key to another server, so none is followed.
        self._client = httpx.Client(
            headers=headers, timeout=settings.timeout, follow_redirects=False, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._client.close()

    def grades(self, interests: Sequence[str], papers: Sequence[GradedPaper]) -> tuple[float, ...]:
        """Returns a grade from 0 to 1 for each paper.

        Args:
            interests: the reader's topics and keywords, one line for each topic.
            papers: at most `digest.knowledge.grading.MAX_PAPERS`.

        Raises:
            RerankError: the server cannot be reached, takes too long, refuses, or gives no grades.
        """
        url = f"{self._settings.url.rstrip('/')}/chat/completions"
        body = {
            "model": self._settings.model,
            "messages": messages(interests, papers),
            "temperature": 0,
            "response_format": {"type": "json_object"},
        }
        started = self._clock()
        data = bytearray()
        try:
            with self._client.stream("POST", url, json=body) as answer:
                for chunk in answer.iter_bytes():
                    data += chunk
                    if len(data) > MAX_ANSWER:
                        raise RerankError(f"{url}: an answer of more than {MAX_ANSWER:,} bytes")
                    # The client's own limit is for each read; a server that sends a byte at a
                    # time would hold up the digests.
                    if self._clock() - started > self._settings.timeout:
                        raise RerankError(
                            f"{url}: no whole answer within {self._settings.timeout:g} seconds;"
                            " raise DIGEST_RERANK_TIMEOUT or use a faster model"
                        )
        except httpx.HTTPError as error:
            raise RerankError(
                f"{url}: {error or type(error).__name__}; check DIGEST_RERANK_URL"
            ) from error
        if answer.status_code in (401, 403):
            raise RerankError(f"{url}: {answer.status_code}; check DIGEST_RERANK_KEY")
        if answer.status_code != 200:
            raise RerankError(f"{url}: {answer.status_code}; check the model and the server")
        try:
            return read_grades(_json(bytes(data)), papers=len(papers))
        except AnswerError as error:
            raise RerankError(f"{url}: {error}; try another model") from error


def _json(data: bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise AnswerError("the answer is no JSON") from None
