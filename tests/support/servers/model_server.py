"""A stand-in for an OpenAI-compatible server, on loopback."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler, Any], None]


class ModelServer(ThreadingHTTPServer):
    """Answers each request with the function `answer`, and keeps the requests."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        self.answer = answer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: ModelServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, dict(self.headers), body))
        self.server.answer(self, body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve(answer: Answer) -> Iterator[ModelServer]:
    with ModelServer(answer) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def completion(text: str) -> bytes:
    return json.dumps({"choices": [{"message": {"content": text}}]}).encode()


def shown_papers(body: Any) -> list[dict[str, Any]]:
    """The papers that a request asks about."""
    papers: list[dict[str, Any]] = json.loads(
        body["messages"][1]["content"].split("Papers:\n", 1)[1]
    )
    return papers


def grading(grade: Callable[[str], float]) -> Answer:
    """Grades each paper by its title."""

    def answer(handler: BaseHTTPRequestHandler, body: Any) -> None:
        grades = [grade(paper["title"]) for paper in shown_papers(body)]
        reply(handler, 200, completion(json.dumps({"grades": grades})))

    return answer
