"""The requests of sources and look-ups are counted, and stop when the budget of the day is used up."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.servers.hostile_server import Server, answer

from digest.app.application import App
from digest.app.source_building.request_meters import RequestMeters
from digest.core.models.batches import Verdict
from digest.pipeline.collect import collect
from digest.sources.http.client import Client
from digest.sources.http.responses import FetchError
from digest.store.enrichment import request_counts

NOW = datetime(2026, 1, 22, 12, tzinfo=UTC)
EMPTY = json.dumps({"meta": {"count": 0, "next_cursor": None}, "results": []}).encode()
BUDGET = ("X-RateLimit-Limit-USD: 1", "X-RateLimit-Remaining-USD: 0.9998")
TABLE = """
[[sources]]
name = "reefs"
kind = "openalex"
search = "coral"
base_url = "{url}"
trusted = true
"""


def home(folder: Path, url: str, **environ: str) -> App:
    (folder / "sources.toml").write_text(TABLE.format(url=url.rstrip("/")))
    return App.open(folder, environ=environ)


def counted(app: App) -> list[Any]:
    with app.store.read() as tx:
        days = request_counts.counts_of(tx, datetime.now(UTC).date())
    return [(item.service, item.credential[:4], item.used, item.limit) for item in days]


def test_a_source_and_another_process_share_the_budget_of_a_key(tmp_path: Path) -> None:
    key = {"DIGEST_OPENALEX_KEY": "my-secret-key", "DIGEST_DAILY_REQUESTS": "openalex=2"}
    with Server(answer(EMPTY, *BUDGET)) as server:
        for expected in (False, False, True):
            with home(tmp_path, server.url, **key) as app:  # as another process opens it
                (report,) = collect(app.store, app.build_sources(), now=NOW)
                assert (report.verdict is Verdict.FAILED) is expected
    assert len(server.requests) == 2
    (problem,) = report.problems
    assert "requests of this day to openalex are used up" in problem
    with home(tmp_path, server.url, **key) as app, app.store.read() as tx:
        (item,) = request_counts.counts_of(tx, datetime.now(UTC).date())
        shown = request_counts.as_json(item)
    assert shown["reported"] == {"remaining": 0.9998, "limit": 1.0, "unit": "USD"}
    assert (shown["used"], shown["limit"], shown["remaining"]) == (2, 2, 0)
    assert "my-secret-key" not in json.dumps(shown)


def test_each_attempt_counts_and_feeds_do_not(tmp_path: Path) -> None:
    app = home(tmp_path, "https://a.example", DIGEST_DAILY_REQUESTS="zotero=3 arxiv=9")
    client = Client(
        user_agent="Test/1", sleep=lambda _: None, clock=lambda: 0.0, jitter=lambda: 0.0
    )
    meters = RequestMeters(app.settings, lambda: app.store)
    zotero = meters.for_kind("zotero", client)
    with app, Server(answer(status="503 No")) as server:
        with pytest.raises(FetchError, match="used up"):  # before the fourth attempt
            zotero.get(server.url, trusted=True)
        assert meters.for_kind("feed", client) is client
        assert counted(app) == [("zotero", "no k", 3, 3)]
        with pytest.raises(FetchError, match="503"):
            meters.for_kind("arxiv-api", client).get(server.url, trusted=True)
        assert counted(app) == [("arxiv", "no k", 4, 9), ("zotero", "no k", 3, 3)]


@pytest.mark.parametrize("wrong", ["openalexx=1", "openalex", "openalex=-1", "openalex=many"])
def test_a_wrong_budget_is_refused_with_the_right_form(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(Exception, match="DIGEST_DAILY_REQUESTS"):
        home(tmp_path, "https://a.example", DIGEST_DAILY_REQUESTS=wrong)
