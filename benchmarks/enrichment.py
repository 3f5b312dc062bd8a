"""Measures which papers behind titles are found, which wrongly, and with how many requests.

    python benchmarks/enrichment.py [--shared PATH]

The services are a server on loopback (`common/lookups/server.py`) that answers in the form of each API
over real records: the Daily Papers archive (Hugging Face), arXiv's listings (arXiv, OpenAlex), DataCite
records of arXiv papers with their published DOIs (Semantic Scholar), works of Crossref. It always
returns the most similar records that it knows. The program's own look-ups ask it, and its own stage
stores the results in a new database.

A paper is identified wrongly if it gets an arXiv id or a DOI that is not its own. In the runs "without
its record", the service does not know the paper, so each identification is wrong.

The dumps are looked up twice: over the archive alone, which has few of their papers; and with records
made from the dumps themselves, because Hugging Face listed them all. The second shows the number of
requests, and nothing about wrong ones beyond near-misses.
"""

import argparse
import gzip
import json
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

from msgspec.structs import replace

from benchmarks.common.lookups.server import LookupServer, TitleSearch, numbered, serve
from digest.core.enrichment.matching import choose
from digest.core.identity.identifiers import title_key
from digest.core.models.papers import Identifier, Paper
from digest.core.models.trust import SourceTrust, TrustLevel
from digest.pipeline.collect import collect
from digest.pipeline.enrichment.enrich import enrich
from digest.pipeline.enrichment.report import EnrichOptions, PaperLookup, Service
from digest.sources import parse_file
from digest.sources.daily_papers import api_json
from digest.sources.http.client import Client
from digest.sources.kinds.files import FileSource
from digest.sources.lookups import arxiv, crossref, huggingface, openalex, semanticscholar
from digest.sources.lookups.common import Connection
from digest.sources.records import crossref as crossref_record
from digest.store.database.store import Store
from digest.store.papers.announcements import newest_papers

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime(2026, 8, 5, tzinfo=UTC)
MOST = 550  # papers of one measure, evenly spread
# Seconds between two requests to the real services.
INTERVALS = {
    "huggingface": huggingface.INTERVAL,
    "arxiv": arxiv.INTERVAL,
    "semanticscholar": semanticscholar.INTERVAL,
    "openalex": openalex.INTERVAL,
    "crossref": crossref.INTERVAL,
}


def main() -> None:
    """Runs all measurements and prints a line for each."""
    arguments = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("DIGEST_REAL_DATA") or ROOT.parent / "shared" / "data"
    arguments.add_argument("--shared", type=Path, default=Path(default))
    data: Path = arguments.parse_args().shared
    archive = daily_papers(data)
    listed = arxiv_listings(data)
    linked = datacite_records(data)
    works = crossref_works(data)
    print(
        f"{len(archive):,} papers of Daily Papers, {len(listed):,} of arXiv's listings,"
        f" {len(linked):,} DataCite records, {len(works):,} works of Crossref"
    )
    on_arxiv = merged([*archive, *listed])
    known = {
        "huggingface": TitleSearch(archive),
        "arxiv": TitleSearch(on_arxiv),
        "openalex": TitleSearch(on_arxiv),
        "semanticscholar": TitleSearch([*on_arxiv, *linked]),
        "crossref": TitleSearch(works),
    }
    dumps = sorted((data / "dumps").glob("*.txt"))
    measure_dumps("dumps, over the archives alone", dumps, known)
    made = [
        replace(paper, identifiers=(Identifier(scheme="arxiv", value=f"2612.{90000 + place}"),))
        for place, paper in enumerate(titles_of(dumps))
        if title_key(paper.title) not in {title_key(item.title) for item in on_arxiv}
    ]
    complete = known | {
        "huggingface": TitleSearch([*archive, *made]),
        "arxiv": TitleSearch([*on_arxiv, *made]),
    }
    measure_dumps("dumps, with records made from them", dumps, complete)
    for name in ("huggingface", "arxiv", "openalex", "semanticscholar"):
        measure_titles(name, archive, known[name], with_abstract=True)
        measure_titles(name, archive, known[name], with_abstract=False)
    measure_titles("semanticscholar", linked, known["semanticscholar"], with_abstract=True)
    measure_titles("crossref", works, known["crossref"], with_abstract=False)
    for what, change in PERTURBATIONS.items():
        measure_titles(
            "huggingface",
            archive,
            known["huggingface"],
            with_abstract=True,
            change=change,
            what=what,
        )
    with_tex = [paper for paper in listed if "$" in paper.title or "\\" in paper.title]
    for kind in (True, False):
        measure_titles(
            "arxiv",
            with_tex,
            known["arxiv"],
            with_abstract=kind,
            change=lambda title, _: re.sub(r"[$\\]", "", title),
            what="TeX without dollar signs and backslashes",
        )


# --- the real records ---


def daily_papers(data: Path) -> list[Paper]:
    """The papers of the Daily Papers archive, each once."""
    papers: list[Paper] = []
    for file in sorted((data / "hf_daily").glob("*.json")):
        batch = api_json.parse(file.read_bytes(), source="hf", origin=file.name, now=NOW)
        papers += (replace(paper, categories=()) for paper in batch.papers)
    return merged(papers)


def arxiv_listings(data: Path) -> list[Paper]:
    """The papers of arXiv's listings, each once."""
    papers: list[Paper] = []
    for file in sorted((data / "sources" / "arxiv-daily").rglob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            papers += (
                Paper(
                    title=" ".join(item["title"].split()),
                    abstract=" ".join(item["summary"].split()),
                    authors=tuple(item["authors"]),
                    identifiers=(Identifier(scheme="arxiv", value=item["id"].partition("v")[0]),),
                    categories=tuple(item["categories"]),
                    published=date.fromisoformat(file.name[:10]),
                )
                for item in map(json.loads, lines)
            )
    return merged(papers)


def datacite_records(data: Path) -> list[Paper]:
    """ArXiv papers with their true published DOI."""
    papers: list[Paper] = []
    for file in sorted((data / "sources" / "preprint-links").glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            papers += (_datacite(json.loads(line)["attributes"]) for line in lines)
    return merged(papers)


def _datacite(record: Mapping[str, Any]) -> Paper:
    related = [
        item["relatedIdentifier"].lower()
        for item in record["relatedIdentifiers"]
        if item["relationType"] == "IsVersionOf" and item["relatedIdentifierType"] == "DOI"
    ]
    texts = [
        item["description"]
        for item in record["descriptions"]
        if item["descriptionType"] == "Abstract"
    ]
    number = next(
        item["identifier"] for item in record["identifiers"] if item["identifierType"] == "arXiv"
    )
    return Paper(
        title=record["titles"][0]["title"],
        abstract=" ".join(texts[0].split()) if texts else "",
        authors=tuple(
            f"{item.get('givenName') or ''} {item.get('familyName') or item['name']}".strip()
            for item in record["creators"]
        ),
        identifiers=(
            Identifier(scheme="arxiv", value=number),
            *(Identifier(scheme="doi", value=value) for value in related[:1]),
        ),
        published=date(record["publicationYear"], 1, 1),
    )


def crossref_works(data: Path) -> list[Paper]:
    """The works of all recorded answers of Crossref, as the product reads them."""
    papers: list[Paper] = []
    for file in sorted((data / "sources" / "crossref").glob("*.json")):
        try:
            value = json.loads(file.read_text("utf-8"))
            value = json.loads(value["body"]) if "body" in value else value
        except (ValueError, TypeError):
            continue
        message = value.get("message") if isinstance(value, dict) else None
        items = message.get("items", [message]) if isinstance(message, dict) else []
        papers += (
            paper
            for item in items or ()
            if isinstance(item, dict) and (paper := crossref_record.paper(item))
        )
    return merged(papers)


def merged(papers: Sequence[Paper]) -> list[Paper]:
    """Each paper once, by its identifiers: the first of its records."""
    first: dict[frozenset[Identifier], Paper] = {}
    for paper in papers:
        if key := numbered(paper):
            first.setdefault(key, paper)
    return list(first.values())


def titles_of(dumps: Sequence[Path]) -> list[Paper]:
    """The papers of the dumps, each once."""
    papers: dict[str, Paper] = {}
    for file in dumps:
        batch = parse_file.parse(
            file.read_bytes(), source="dumps", origin=file.name, now=NOW, modified=NOW
        )
        for paper in batch.papers:
            papers.setdefault(title_key(paper.title), paper)
    return list(papers.values())


# --- the whole stage, over the dumps ---


def measure_dumps(what: str, dumps: Sequence[Path], known: Mapping[str, TitleSearch]) -> None:
    """Collects the dumps, looks their papers up, and compares with the true records."""
    truth: dict[str, set[frozenset[Identifier]]] = {}
    for search in known.values():
        for paper in search.papers:
            truth.setdefault(title_key(paper.title), set()).add(numbered(paper))
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(known) as server,
        Store.open(f"sqlite:///{folder}/digest.db") as store,
    ):
        for dump in dumps:
            source = FileSource(name="dumps", path=dump, parser=parse_file.parse, single=True)
            collect(store, [source], now=NOW)
        started = time.monotonic()
        report = enrich(store, services(server), now=NOW, options=unlimited())
        seconds = time.monotonic() - started
        with store.read() as tx:
            papers = newest_papers(tx, 100_000)
    found = [item.paper for item in papers if numbered(item.paper)]
    possible = sum(title_key(item.paper.title) in truth for item in papers)
    wrong = [
        paper
        for paper in found
        if not any(
            ids <= numbered(paper) or numbered(paper) <= ids
            for ids in truth.get(title_key(paper.title), ())
        )
    ]
    unlinked = sum(not item.paper.links for item in papers)
    polite = sum(item.requests * INTERVALS[item.service] for item in report.services)
    print(
        f"{what}: {len(papers)} papers, {possible} of them known to a service: {len(found)} identified,"
        f" {len(wrong)} wrongly; {unlinked} without a link, which have a search link"
    )
    for item in report.services:
        print(
            f"    {item.service}: {item.requests} requests for {item.asked} papers, {item.found}"
            f" identified, {item.described} described"
        )
    print(f"    {seconds:.1f} s here; {polite:.0f} s at the intervals of the real services")
    for paper in wrong:
        print("    wrong:", paper.title, paper.identifiers)


def unlimited() -> EnrichOptions:
    """Limits that no run of the benchmark reaches."""
    return EnrichOptions(budget=3600.0, clock=time.monotonic, stopped=lambda: False)


def services(server: LookupServer, *, intervals: bool = False) -> list[Service]:
    """The services of the product, which ask the server on loopback."""
    client = Client(
        user_agent="benchmark", sleep=time.sleep, clock=time.monotonic, jitter=lambda: 0.5
    )

    def lookup(name: str) -> PaperLookup:
        link = Connection(
            client=lambda: client,
            base=server.url,
            interval=INTERVALS[name] if intervals else 0.0,
            trusted=True,
        )
        made: PaperLookup = replace(_LOOKUPS[name](connection=link), max_requests=100_000)
        return made

    def service(name: str) -> Service:
        level = TrustLevel.OWNER if name == "arxiv" else TrustLevel.AGGREGATOR
        return Service(
            name=name,
            trust=SourceTrust(level=level, owns=("arxiv",) if name == "arxiv" else ()),
            gives_text=name in ("huggingface", "arxiv"),
            describes=name == "arxiv",
            build=lambda: lookup(name),
        )

    return [service(name) for name in INTERVALS]


_LOOKUPS: Mapping[str, Callable[..., Any]] = {
    "huggingface": huggingface.HuggingFaceLookup,
    "arxiv": arxiv.ArxivLookup,
    "semanticscholar": semanticscholar.SemanticScholarLookup,
    "openalex": openalex.OpenAlexLookup,
    "crossref": crossref.CrossrefLookup,
}


# --- single answers, over many real titles ---


def measure_titles(
    service: str,
    papers: Sequence[Paper],
    search: TitleSearch,
    *,
    with_abstract: bool,
    change: Callable[[str, Random], str] | None = None,
    what: str = "",
) -> None:
    """Looks up each paper by its title, once with its record and once without it."""
    papers = papers[:: max(1, len(papers) // MOST)]
    random = Random(1)  # the same changes each time
    places: dict[frozenset[Identifier], int] = {
        numbered(paper): place for place, paper in enumerate(search.papers)
    }
    same_title: dict[str, set[int]] = {}
    for place, paper in enumerate(search.papers):
        same_title.setdefault(title_key(paper.title), set()).add(place)
    counts: Counter[str] = Counter()
    with serve({service: search}) as server:
        asked = next(item for item in services(server) if item.name == service).build()
        for paper in papers:
            title = change(paper.title, random) if change else paper.title
            if change and title == paper.title:
                continue
            wanted = Paper(title=title, abstract=paper.abstract if with_abstract else "")
            seen = paper.published or NOW.date()
            counts["papers"] += 1
            for without in (False, True):
                own = {places[numbered(paper)]} if numbered(paper) in places else set()
                # Another record of the same work, such as its published version, is no wrong one.
                own |= {
                    place
                    for place in same_title.get(title_key(paper.title), set())
                    if numbered(search.papers[place]) & numbered(paper)
                }
                server.hidden = {service: frozenset(own) if without else frozenset()}
                answer = asked.search([title], seconds=60.0)
                chosen = choose(wanted, answer.papers, seen=seen).paper
                if chosen is None:
                    continue
                right = numbered(chosen) & _normalised(paper)
                counts["without: accepted" if without else "right" if right else "wrong"] += 1
                if without or not right:
                    print(f"      accepted: {title!r}: {chosen.title!r} {chosen.identifiers}")
    kind = "with abstracts" if with_abstract else "titles alone"
    print(
        f"{service}, {what or 'titles as they are'}, {kind}: {counts['papers']} papers,"
        f" {counts['right']} identified ({counts['right'] / max(1, counts['papers']):.1%}),"
        f" {counts['wrong']} wrongly; without its record: {counts['without: accepted']} accepted"
    )


def _normalised(paper: Paper) -> frozenset[Identifier]:
    return numbered(Paper(title=paper.title, identifiers=paper.identifiers))


def _typos(title: str, random: Random) -> str:
    letters = list(title)
    for _ in range(2):
        place = random.randrange(1, max(2, len(letters) - 1))
        letters[place - 1 : place + 1] = reversed(letters[place - 1 : place + 1])
    return "".join(letters)


PERTURBATIONS: Mapping[str, Callable[[str, Random], str]] = {
    "lower case": lambda title, _: title.lower(),
    "TeX around the first word": lambda title, _: re.sub(r"^(\w+)", r"$\\mathbf{\1}$", title),
    "without what follows the colon": lambda title, _: title.partition(":")[0],
    "without what precedes the colon": lambda title, _: title.rpartition(": ")[2],
    "two letters swapped, twice": _typos,
    "without its last word": lambda title, _: title.rpartition(" ")[0] or title,
}


if __name__ == "__main__":
    main()
