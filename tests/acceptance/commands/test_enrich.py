"""`digest enrich` and `digest run` with a stand-in for the services, on loopback."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.homes import DigestHome, Mailbox

from benchmarks.common.lookups.server import LookupServer, TitleSearch, serve
from digest.core.models.papers import Identifier, Paper, PaperLink
from digest.sources import parse_file

NOW = "2026-05-11T06:00:00Z"
KNOWN = 5  # papers of the first day, which the services know

# The services are on loopback, without encryption, and answer at once.
PATCH = """
import digest.app.source_building.lookup_services as services
from digest.core.models.trust import SourceTrust, TrustLevel
from digest.sources.http import network_backend
from digest.sources.lookups import arxiv, crossref, huggingface

network_backend.is_public = lambda address: True
for module in (arxiv, crossref, huggingface):
    module.BASE, module.INTERVAL = "URL", 0.0
services._trust = lambda name: SourceTrust(
    level=TrustLevel.OWNER if name == "arxiv" else TrustLevel.AGGREGATOR, owns=("arxiv",) if name == "arxiv" else ()
)
"""


def records(dump: Path) -> list[Paper]:
    moment = datetime(2026, 5, 11, tzinfo=UTC)
    batch = parse_file.parse(
        dump.read_bytes(), source="dumps", origin=dump.name, now=moment, modified=moment
    )
    return [
        replace(
            paper,
            identifiers=(Identifier(scheme="arxiv", value=f"2605.{place:05}"),),
            authors=(f"Ada Lovelace {place}",),
            categories=("cs.OW",),
            links=(PaperLink(rel="code", url=f"https://code.example/{place}"),),
            published=date(2026, 5, 8),
        )
        for place, paper in enumerate(batch.papers[:KNOWN], start=1)
    ]


@pytest.fixture
def services(samples: list[Path]) -> Iterator[LookupServer]:
    known = TitleSearch(records(samples[0]))
    with serve({"huggingface": known, "arxiv": known}) as server:
        yield server


@pytest.fixture
def home(digest_home: DigestHome, samples: list[Path]) -> DigestHome:
    digest_home.environ["DIGEST_ENRICH"] = "huggingface arxiv crossref"
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    return digest_home


def test_a_run_finds_the_papers_of_a_dump_before_it_sends_them(
    home: DigestHome, mailbox: Mailbox, services: LookupServer
) -> None:
    patch = PATCH.replace("URL", services.url)
    done = home.digest("run", "--now", NOW, patch=patch)
    assert done.code == 0, done.err
    assert f"Enriched   {KNOWN} papers identified" in done.out
    (text,) = mailbox.texts()
    for number in range(1, KNOWN + 1):
        assert f"https://arxiv.org/abs/2605.{number:05}" in text
        assert f"Ada Lovelace {number}" in text
    papers = home.json("status")["papers"]
    assert services.requests["huggingface"] == papers
    assert services.requests["crossref"] == papers - KNOWN
    # All that Hugging Face identified is described in one request.
    assert services.requests["arxiv"] == 1 + -(-(papers - KNOWN) // 6)
    # Requests count for the day on which they are sent, whatever `--now` says.
    budgets = {item["service"]: item["used"] for item in home.json("status")["budgets"]}
    assert budgets == dict(services.requests)
    assert f"huggingface (no key): {papers} of 5,000, " in home.digest("status").out

    shown = home.digest("status", "--now", NOW)
    assert f"  {KNOWN} identified, {papers - KNOWN} to be asked for again, 0 given up" in shown.out
    history = home.digest("history", "arxiv:2605.00001")
    assert "listed by lookup:huggingface" in history.out
    assert "from lookup:arxiv" in history.out
    assert "found at huggingface, 11 May 2026: the same title" in history.out
    explained = home.digest("explain", "arxiv:2605.00001")
    (found,) = re.findall(r"from lookup:huggingface, .* \(the same title.*\): (.*)", explained.out)
    assert {"arxiv:2605.00001", "abstract link", "authors"} <= {*found.split(", ")}

    before = sum(services.requests.values())
    again = home.digest("run", "--now", NOW, patch=patch)
    assert (again.code, sum(services.requests.values())) == (0, before)


def test_a_dry_run_asks_and_stores_nothing(home: DigestHome, services: LookupServer) -> None:
    patch = PATCH.replace("URL", services.url)
    assert home.digest("collect", "--now", NOW).code == 0
    dry = home.digest("--json", "enrich", "--dry-run", "--now", NOW, patch=patch)
    assert (dry.code, dry.result["enriched"]["found"], dry.result["dry_run"]) == (0, KNOWN, True)
    assert home.json("status")["enrichment"]["found"] == 0
    real = home.digest("--json", "enrich", "--now", NOW, patch=patch)
    assert real.result["enriched"] == dry.result["enriched"]
    assert home.json("status")["enrichment"]["found"] == KNOWN


def test_a_service_that_does_not_answer_delays_nothing_and_is_named(
    home: DigestHome, mailbox: Mailbox
) -> None:
    patch = PATCH.replace("URL", "http://127.0.0.1:9")  # nobody answers there
    done = home.digest("run", "--now", NOW, patch=patch)
    assert done.code == 0, done.err
    assert "huggingface: 1 request, 0 of 0 papers identified; stopped:" in done.out
    assert len(mailbox.received) == 1


def test_enrichment_can_be_turned_off(home: DigestHome, services: LookupServer) -> None:
    home.environ["DIGEST_ENRICH"] = "off"
    patch = PATCH.replace("URL", services.url)
    assert home.digest("run", "--now", NOW, patch=patch).code == 0
    off = home.digest("enrich", "--now", NOW, patch=patch)
    assert "DIGEST_ENRICH is off" in off.out
    assert sum(services.requests.values()) == 0
