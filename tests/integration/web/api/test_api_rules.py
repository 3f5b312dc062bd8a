"""What holds for all resources: limits, problems, ETags, repeated requests, methods."""

import hashlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from support.servers.served_api import CONSENT, PROFILE, ServedApi, opened_api

from digest.core.access.scopes import Scope
from digest.pipeline.access import subscriptions as pipeline
from digest.store.access import answers, tokens
from digest.store.access.tables import api_answer

# One worker runs these tests, so the API of the module is made once.
pytestmark = pytest.mark.xdist_group("api rules")

EVA = "eva.unmistakable@reader.example"


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    value: dict[str, Any] = answer.json()
    assert value["status"] == status
    assert value["type"] == "about:blank"
    assert value["title"]
    assert value["detail"].endswith((".", "…", "json"))
    return value


def new(email: str = EVA, **more: object) -> dict[str, object]:
    return {"email": email, "profile": PROFILE, "consent": CONSENT, "name": "digest", **more}


def test_every_failure_is_a_problem_that_names_no_reader(api: ServedApi) -> None:
    json_type = {"Content-Type": "application/json"}
    for status, method, path, more in (
        (400, "POST", "/subscriptions", {"content": f'{{"{EVA}"', "headers": [*json_type.items()]}),
        (400, "POST", "/subscriptions", {"content": "[" * 5000, "headers": [*json_type.items()]}),
        (400, "POST", "/subscriptions", {"content": "9" * 5000, "headers": [*json_type.items()]}),
        (404, "GET", "/nothing", {}),
        (404, "GET", "/line%0Abreak/nothing", {}),
        (404, "GET", "/subscriptions/999999", {}),
        (405, "DELETE", "/subscriptions", {}),
        (413, "POST", "/subscriptions", {"json": new(name="x" * 200_000)}),
        (415, "POST", "/subscriptions", {"content": EVA}),
        (415, "POST", "/subscriptions", {"data": {"email": EVA}}),
        (422, "POST", "/subscriptions", {"json": new(EVA * 20)}),
        (422, "POST", "/subscriptions", {"json": new(color=EVA)}),
        (422, "POST", "/subscriptions", {"json": new(f"{EVA}\n")}),
        (422, "POST", "/subscriptions", {"json": new(consent=f"{EVA} agreed")}),
        (422, "POST", "/subscriptions", {"json": [EVA]}),
        (422, "POST", "/subscriptions", {"json": new(profile=f'email = "{EVA}"\n"{EVA}" = 1\n')}),
        (422, "POST", "/papers/rank", {"json": {"profile": f'{PROFILE}likes = ["{EVA}"]\n'}}),
        (422, "POST", "/subscriptions/1/pause", {"json": {"until": "9999-12-31T23:59:59-14:00"}}),
        (422, "POST", "/subscriptions/1/pause", {"json": {"until": "0001-01-01T00:00:00+14:00"}}),
        (422, "POST", "/runs", {"json": {"job": "\0"}}),
        (422, "GET", "/runs?job=%00", {}),
        (422, "GET", "/subscriptions?email=%00", {}),
        (422, "GET", f"/subscriptions/{EVA}", {}),
        (422, "GET", "/papers?cursor=cnVuczox", {}),
        (428, "PUT", "/subscriptions/1/profile", {"json": {"profile": PROFILE}}),
    ):
        answer = api.send(method, path, **more)
        value = json.dumps(problem(answer, status))
        assert "unmistakable" not in value
    assert "unmistakable" not in "\n".join(api.site.place.log)


def test_a_method_that_a_resource_does_not_have_is_answered_with_those_that_it_has(
    api: ServedApi,
) -> None:
    answer = api.send("PATCH", "/subscriptions/1/profile")
    assert answer.headers["Allow"] == "GET, HEAD, PUT"
    head, get = api.send("HEAD", "/papers"), api.send("GET", "/papers")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"] == get.headers["ETag"]
    assert get.headers["Cache-Control"] == "private, no-cache"
    assert get.headers["X-Content-Type-Options"] == "nosniff"
    assert "Authorization" in get.headers["Vary"]


def test_an_unexpected_error_says_nothing_of_the_request(
    api: ServedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(f"{EVA} broke it")

    monkeypatch.setattr(pipeline, "find", fail)
    value = problem(api.send("GET", "/subscriptions/1"), 500)
    assert "unmistakable" not in json.dumps(value)
    (line,) = (line for line in api.site.place.log if "the API failed" in line)
    assert "RuntimeError at " in line
    assert "unmistakable" not in line
    monkeypatch.undo()
    assert api.send("GET", "/subscriptions/1").status_code == 200


def test_a_client_that_has_the_version_gets_304(api: ServedApi) -> None:
    for path in ("/papers", "/subscriptions/1", "/subscriptions/1/profile", "/editions/1/html"):
        first = api.send("GET", path)
        tag = first.headers["ETag"]
        for header in (tag, f'"x", W/{tag}', "*"):
            again = api.send("GET", path, headers=[("If-None-Match", header)])
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["ETag"] == tag
        assert api.send("GET", path, headers=[("If-None-Match", '"other"')]).status_code == 200


def test_a_change_of_a_profile_counts_once_of_two_at_the_same_time(api: ServedApi) -> None:
    path = "/subscriptions/1/profile"
    tag = api.send("GET", path).headers["ETag"]

    def change(weight: int) -> int:
        body = {"profile": f"{PROFILE}weight = {weight}.0\n"}
        return api.send("PUT", path, json=body, headers=[("If-Match", tag)]).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(change, range(2, 6))) == [200, 412, 412, 412]


def test_a_change_names_the_version_that_was_read(api: ServedApi) -> None:
    path, body = "/subscriptions/1/profile", {"profile": PROFILE}
    tag = api.send("GET", path).headers["ETag"]
    for header in (f"W/{tag}", '"other"', "", ","):
        answer = api.send("PUT", path, json=body, headers=[("If-Match", header)])
        problem(answer, 412)
    tag = api.send("PUT", path, json=body, headers=[("If-Match", f'"x", {tag}')]).headers["ETag"]
    assert api.send("PUT", path, json=body, headers=[("If-Match", "*")]).headers["ETag"] == tag


def test_a_post_with_the_same_key_is_done_once(api: ServedApi) -> None:
    key = [("Idempotency-Key", f"{EVA} 1")]
    first = api.send("POST", "/subscriptions", json=new(), headers=key)
    again = api.send("POST", "/subscriptions", json=new(), headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert first.headers["Location"] == again.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    number = first.json()["id"]
    assert first.headers["Location"] == f"/api/v1/subscriptions/{number}"
    assert (
        "another request"
        in problem(api.send("POST", "/subscriptions", json=new(name="other"), headers=key), 422)[
            "detail"
        ]
    )
    # A key belongs to its token.
    other = api.make_token(Scope.SUBSCRIPTIONS_WRITE)
    own = api.send("POST", "/subscriptions", json=new(), headers=key, token=other)
    assert (own.status_code, own.json()["created"]) == (200, False)
    with api.site.place.app.store.read() as tx:
        kept = tx.execute(select(api_answer)).all()
    assert len(kept) == 2
    assert "unmistakable" not in str(kept), "nothing of a reader is kept with an answer"


def test_a_refused_post_is_done_when_it_is_sent_again_rightly(api: ServedApi) -> None:
    key = [("Idempotency-Key", "again")]
    wrong = api.send(
        "POST", "/subscriptions", json=new("mia@reader.example", consent="yes"), headers=key
    )
    problem(wrong, 422)
    right = api.send("POST", "/subscriptions", json=new("mia@reader.example"), headers=key)
    assert right.status_code == 201
    for wrong_key in ("", "x" * 256, "tab\there"):
        sent = api.send("POST", "/papers/rank", json={}, headers=[("Idempotency-Key", wrong_key)])
        assert "Idempotency-Key" in problem(sent, 422)["detail"]


def test_a_request_that_is_being_worked_on_is_not_done_twice(api: ServedApi) -> None:
    store, now = api.site.place.app.store, api.site.place.now[0]
    with api.client() as client:
        token = client.token()
    hashed = hashlib.sha256(b"slow").hexdigest()
    with store.write() as tx:
        (known,) = (item for item in tokens.all_tokens(tx) if item.name == token.name)
        body = json.dumps(new("slow@reader.example")).encode()
        parts = (b"/api/v1/subscriptions", b"", body)
        asked = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts))
        assert answers.begin(tx, known.token_id, hashed, asked.hexdigest(), now=now) is None

    def send() -> httpx.Response:
        headers = [("Idempotency-Key", "slow"), ("Content-Type", "application/json")]
        return api.send("POST", "/subscriptions", content=body, headers=headers)

    assert "being worked on" in problem(send(), 409)["detail"]
    api.site.place.advance(answers.ABANDONED)
    assert send().status_code == 201, "its process has died"


def test_a_token_that_asks_too_often_waits_for_the_next_minute(tmp_path: Path) -> None:
    with opened_api(tmp_path / "home", prefix="/digest") as api:
        few = api.make_token(Scope.PAPERS_READ, requests=3)
        now = api.site.place.now
        now[0] = now[0].replace(second=20)
        for _ in range(3):
            assert api.send("GET", "/papers", token=few).status_code == 200
        refused = api.send("GET", "/papers", token=few)
        assert "too many" in problem(refused, 429)["detail"]
        assert refused.headers["Retry-After"] == "40"
        assert api.send("GET", "/papers").status_code == 200, "other tokens are not affected"
        now[0] += timedelta(seconds=40)
        assert api.send("GET", "/papers", token=few).status_code == 200
        with api.site.place.app.store.read() as tx:
            used = [item.used_at for item in tokens.all_tokens(tx)]
        assert used[-1] == now[0].replace(second=0), "the last use, to the minute"
        made = api.send("POST", "/subscriptions", json=new())
        assert made.headers["Location"].startswith("/digest/api/v1/subscriptions/")


def test_a_body_that_does_not_come_is_not_waited_for(
    api: ServedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.web.security.forms.BODY_SECONDS", 0.05)

    def slow() -> Iterator[bytes]:
        yield b"{"
        time.sleep(0.5)
        yield b"}"

    headers = [("Content-Type", "application/json")]
    problem(api.send("POST", "/papers/rank", content=slow(), headers=headers), 408)
