"""Sending papers to Zotero, at a stand-in for its Web API on loopback."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from support.servers.archived_home import DRAFTS, ArchivedDigest

from digest.core.signup.limits import TO_ZOTERO
from digest.sources.library import zotero_api

SECRET = "abcDEF123456secretKEY789"


class Zotero(ThreadingHTTPServer):
    """Knows one key, and keeps the items that it got."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.items: list[dict[str, Any]] = []
        self.tokens: set[str] = set()
        self.headers: list[dict[str, str]] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] | None = None


class _Handler(BaseHTTPRequestHandler):
    server: Zotero

    def do_GET(self) -> None:
        if self.server.answer is not None:
            self.server.answer(self)
        elif self.path != "/keys/current" or self.headers["Zotero-API-Key"] != SECRET:
            reply(self, 403, "Forbidden")
        else:
            reply(self, 200, json.dumps({"userID": 4711, "username": "ada"}))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.headers.append(dict(self.headers))
        token = self.headers["Zotero-Write-Token"]
        if self.path != "/users/4711/items" or len(body) > 50:
            reply(self, 404, "no")
        elif token in self.server.tokens:
            reply(self, 412, "Write token already used")
        else:
            self.server.tokens.add(token)
            self.server.items += body
            taken: dict[str, Any] = {str(number): {} for number, _ in enumerate(body)}
            reply(self, 200, json.dumps({"successful": taken, "failed": {}}))

    def log_message(self, *_: object) -> None:
        pass


def reply(handler: BaseHTTPRequestHandler, status: int, text: str, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(text.encode())))
    handler.end_headers()
    handler.wfile.write(text.encode())


@contextmanager
def running(server: Zotero) -> Iterator[Zotero]:
    with server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def zotero(monkeypatch: pytest.MonkeyPatch, archived: ArchivedDigest) -> Iterator[Zotero]:
    # The tests of this module share a site; the limit for an hour is that of one test.
    archived.site.place.now[0] += TO_ZOTERO.time
    with running(Zotero()) as server:
        monkeypatch.setattr(zotero_api, "ADDRESS", f"http://127.0.0.1:{server.server_port}")
        yield server


def sent(archived: ArchivedDigest, key: str = SECRET) -> str:
    return archived.site.client.post(f"{archived.online}/zotero", data={"key": key}).text


def test_the_papers_of_a_digest_go_into_the_library_once(
    archived: ArchivedDigest, zotero: Zotero
) -> None:
    page = archived.site.client.get(f"{archived.online}/zotero").text
    assert "5 papers go into your Zotero library" in page
    for _ in range(2):
        assert "5 of 5 papers are in your Zotero library now" in sent(archived)
    assert len(zotero.items) == 5
    first = next(item for item in zotero.items if item["title"] == DRAFTS)
    assert first["itemType"] == "preprint"
    assert first["creators"] == [{"creatorType": "author", "firstName": "Ada", "lastName": "King"}]
    assert zotero.headers[0]["Zotero-API-Version"] == "3"


def test_the_saved_papers_go_into_the_library(archived: ArchivedDigest, zotero: Zotero) -> None:
    client = archived.site.client
    page = f"{archived.preferences}/papers"
    assert "There is no paper to send" in client.get(f"{page}/zotero").text
    client.post(page, data={"wish": "save", "paper": str(archived.paper_id(DRAFTS))})
    assert "1 of 1 papers" in client.post(f"{page}/zotero", data={"key": SECRET}).text
    assert [item["title"] for item in zotero.items] == [DRAFTS]


def test_the_key_is_nowhere_afterwards(
    archived: ArchivedDigest, zotero: Zotero, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    zotero.answer = lambda handler: reply(handler, 500, SECRET)
    pages = sent(archived)
    zotero.answer = None
    pages += sent(archived) + archived.site.client.get(f"{archived.online}/zotero").text
    assert "5 of 5" in pages
    assert SECRET not in pages + caplog.text + "".join(archived.site.place.log)
    assert SECRET not in str(archived.site.place.rows())


@pytest.mark.parametrize(
    "key, said",
    [
        ("", "Please paste your key"),
        ("wrongKEY", "refuses this key"),
        ("../users/1", "no key of Zotero"),
        ("k\r\nHost: evil", "no key of Zotero"),
        ("x" * 65, "no key of Zotero"),
    ],
)
def test_a_wrong_key_sends_nothing(
    archived: ArchivedDigest, zotero: Zotero, key: str, said: str
) -> None:
    answer = archived.site.client.post(f"{archived.online}/zotero", data={"key": key})
    assert answer.status_code == 422
    assert said in answer.text
    assert zotero.items == []


@pytest.mark.parametrize(
    "status, text, said",
    [
        (302, "", "takes nothing at the moment"),
        (503, "", "takes nothing at the moment"),
        (200, "<html>", "cannot be read"),
        (200, "[]", "whose key this is"),
        (200, "x" * (1 << 21), "did not answer in time"),
    ],
)
def test_a_failing_server_is_reported_and_gets_nothing(
    archived: ArchivedDigest, zotero: Zotero, status: int, text: str, said: str
) -> None:
    elsewhere = f"http://127.0.0.1:{zotero.server_port}/elsewhere"
    zotero.answer = lambda handler: reply(handler, status, text, Location=elsewhere)
    assert said in sent(archived)
    assert zotero.items == []


@pytest.mark.usefixtures("zotero")
def test_a_page_sends_ten_times_an_hour(archived: ArchivedDigest) -> None:
    answers = [sent(archived, "wrongKEY") for _ in range(TO_ZOTERO.number)]
    assert all("refuses this key" in answer for answer in answers)
    assert "Too much is being sent" in sent(archived)
    archived.site.place.now[0] += TO_ZOTERO.time
    assert "5 of 5" in sent(archived)
