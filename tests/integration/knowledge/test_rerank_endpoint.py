"""The client of an OpenAI-compatible server, against a server on this machine."""

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from support.servers.model_server import Answer, ModelServer, completion, reply, serve

from digest.knowledge.grading import GradedPaper, RerankError
from digest.knowledge.rerank_endpoint import RerankEndpoint, RerankSettings

PAPERS = [GradedPaper(title="One", abstract=""), GradedPaper(title="Two", abstract="")]
KEY = "secret-key-of-the-model"


def grades(*values: float) -> Answer:
    body = completion(json.dumps({"grades": values}))
    return lambda handler, _: reply(handler, 200, body)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serve(grades(5, 10)) as server:
        yield server


def ask(server: ModelServer, *, timeout: float = 30.0) -> tuple[float, ...]:
    settings = RerankSettings(url=server.url, model="small", key=KEY, timeout=timeout)
    with RerankEndpoint(settings, clock=time.monotonic) as endpoint:
        return endpoint.grades(["Serving: KV cache"], PAPERS)


def test_grades_come_from_a_chat_completion_with_the_key_and_the_model(server: ModelServer) -> None:
    assert ask(server) == (0.5, 1.0)
    ((path, headers, body),) = server.requests
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert body["model"] == "small"
    assert body["temperature"] == 0


@pytest.mark.parametrize(
    "status, what_to_check",
    [(401, "DIGEST_RERANK_KEY"), (404, "model"), (429, "server"), (500, "server")],
)
def test_a_refusal_says_what_to_check_and_never_the_key(
    server: ModelServer, status: int, what_to_check: str
) -> None:
    server.answer = lambda handler, _: reply(handler, status, b"{}")
    with pytest.raises(RerankError, match=what_to_check) as caught:
        ask(server)
    assert str(status) in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_redirect_is_not_followed_so_the_key_goes_nowhere_else(server: ModelServer) -> None:
    server.answer = lambda handler, _: reply(handler, 302, b"", Location=f"{server.url}/elsewhere")
    with pytest.raises(RerankError, match="302"):
        ask(server)
    assert len(server.requests) == 1


def test_an_endless_answer_is_cut(server: ModelServer) -> None:
    def endless(handler: BaseHTTPRequestHandler, _: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b" " * 65536)
        except OSError:
            pass

    server.answer = endless
    with pytest.raises(RerankError, match="bytes"):
        ask(server)


def test_an_answer_that_trickles_ends_with_the_time_for_the_whole_request(
    server: ModelServer,
) -> None:
    def trickle(handler: BaseHTTPRequestHandler, _: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b" ")
                time.sleep(0.01)
        except OSError:
            pass

    server.answer = trickle
    with pytest.raises(RerankError, match="DIGEST_RERANK_TIMEOUT"):
        ask(server, timeout=0.2)


def test_a_server_that_is_not_there_is_named() -> None:
    settings = RerankSettings(url="http://127.0.0.1:1/v1", model="small")
    with (
        RerankEndpoint(settings, clock=time.monotonic) as endpoint,
        pytest.raises(RerankError, match=r"http://127\.0\.0\.1:1/v1/chat/completions"),
    ):
        endpoint.grades(["Serving"], PAPERS)


def test_an_answer_without_json_is_refused(server: ModelServer) -> None:
    server.answer = lambda handler, _: reply(handler, 200, b"<html>")
    with pytest.raises(RerankError, match="no JSON"):
        ask(server)
