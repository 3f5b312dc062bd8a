"""The client of an OpenAI-compatible server, against a server on this machine."""

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from digest.knowledge.grading import GradedPaper, RerankError
from digest.knowledge.rerank_endpoint import RerankEndpoint, RerankSettings

PAPERS = [GradedPaper(title="One", abstract=""), GradedPaper(title="Two", abstract="")]
KEY = "secret-key-of-the-model"


class Server(ThreadingHTTPServer):
    """Answers each request with the function `answer`, and keeps the requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] = grades(5, 10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, dict(self.headers), body))
        self.server.answer(self)

    def log_message(self, *_: object) -> None:
        pass


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def grades(*values: float) -> Callable[[BaseHTTPRequestHandler], None]:
    content = json.dumps({"grades": values})
    body = json.dumps({"choices": [{"message": {"content": content}}]}).encode()
    return lambda handler: reply(handler, 200, body)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def ask(server: Server, *, timeout: float = 30.0) -> tuple[float, ...]:
    settings = RerankSettings(url=server.url, model="small", key=KEY, timeout=timeout)
    with RerankEndpoint(settings, clock=time.monotonic) as endpoint:
        return endpoint.grades(["Serving: KV cache"], PAPERS)


def test_grades_come_from_a_chat_completion_with_the_key_and_the_model(server: Server) -> None:
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
    server: Server, status: int, what_to_check: str
) -> None:
    server.answer = lambda handler: reply(handler, status, b"{}")
    with pytest.raises(RerankError, match=what_to_check) as caught:
        ask(server)
    assert str(status) in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_redirect_is_not_followed_so_the_key_goes_nowhere_else(server: Server) -> None:
    server.answer = lambda handler: reply(handler, 302, b"", Location=f"{server.url}/elsewhere")
    with pytest.raises(RerankError, match="302"):
        ask(server)
    assert len(server.requests) == 1


def test_an_endless_answer_is_cut(server: Server) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
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


def test_an_answer_that_trickles_ends_with_the_time_for_the_whole_request(server: Server) -> None:
    def trickle(handler: BaseHTTPRequestHandler) -> None:
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


def test_an_answer_without_json_is_refused(server: Server) -> None:
    server.answer = lambda handler: reply(handler, 200, b"<html>")
    with pytest.raises(RerankError, match="no JSON"):
        ask(server)
