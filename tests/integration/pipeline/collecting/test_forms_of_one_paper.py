"""One paper as bioRxiv, Crossref and PubMed show it on its way from preprint to article."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from support.speed.databases import new_sqlite_store

from digest.app.source_building.building import build_timed, load_config
from digest.core.models.batches import BatchReport
from digest.core.models.papers import AnnouncementKind
from digest.pipeline.collect import Source, collect
from digest.sources.http.responses import FetchedResponse, NotModified, Validators
from digest.store.database import schema
from digest.store.database.store import Store
from digest.store.papers.announcements import newest_papers

START = datetime(2026, 1, 6, 12, tzinfo=UTC)
PREPRINT, ARTICLE = "10.64898/2026.01.05.698765", "10.1038/s41586-026-1"
TITLE, ABSTRACT = "Owls remember the places of mice", "We followed 40 owls for two years."
SOURCES = """
[[sources]]
name = "biorxiv"
kind = "biorxiv"
[[sources]]
name = "journals"
kind = "crossref"
issns = ["1476-4687"]
[[sources]]
name = "pubmed"
kind = "pubmed"
term = "owls"
"""


class Web:
    """An HTTP client that gives fixed answers, one after the other."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []

    def get(
        self,
        url: str,
        *,
        accept: str = "",
        validators: Validators | None = None,
        trusted: bool = False,
        min_interval: float = 0.0,
        max_decoded: int | None = None,
        key: tuple[str, str] | None = None,
    ) -> FetchedResponse | NotModified:
        del accept, validators, trusted, min_interval, max_decoded, key
        return FetchedResponse(url=url, body=self.answers.pop(0))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(new_sqlite_store(tmp_path / "digest.db")) as opened:
        yield opened


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def sources(tmp_path: Path, web: Web) -> dict[str, Source]:
    (tmp_path / "sources.toml").write_text(SOURCES)
    return {
        item.name: build_timed(item, home=tmp_path, client=lambda: web)
        for item in load_config(tmp_path)
    }


def biorxiv(version: int, published: str = "NA") -> bytes:
    row = {
        "title": TITLE,
        "abstract": ABSTRACT,
        "authors": "Example, A.; Sample, B.",
        "doi": PREPRINT,
        "date": f"2026-01-{5 + version:02}",
        "version": str(version),
        "published": published,
    }
    return json.dumps({"messages": [{"status": "ok", "total": "1"}], "collection": [row]}).encode()


def crossref(**changed: Any) -> bytes:
    item = {
        "DOI": PREPRINT,
        "type": "posted-content",
        "title": [TITLE],
        "author": [{"given": "A.", "family": "Example"}],
        "issued": {"date-parts": [[2026, 1, 6]]},
        **changed,
    }
    return json.dumps({"message": {"items": [item], "total-results": 1}}).encode()


PUBMED = [
    b'{"esearchresult": {"count": "1", "idlist": ["7"]}}',
    f"""<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article>
<ArticleTitle>{TITLE}.</ArticleTitle><PublicationTypeList><PublicationType>Preprint</PublicationType>
</PublicationTypeList></Article></MedlineCitation><PubmedData><ArticleIdList>
<ArticleId IdType="doi">{PREPRINT}</ArticleId></ArticleIdList></PubmedData></PubmedArticle>
</PubmedArticleSet>""".encode(),
    b'{"esearchresult": {"count": "1", "idlist": []}}',
]


def test_a_paper_on_its_way_to_a_journal_is_one_record_and_each_news_comes_once(
    store: Store, web: Web, sources: dict[str, Source]
) -> None:
    def read(day: int, name: str, *answers: bytes) -> list[BatchReport]:
        web.answers = list(answers)
        reports = collect(store, [sources[name]], now=START + timedelta(days=day))
        assert [item.rejected for item in reports] == [()] * len(reports)
        return list(reports)

    read(0, "biorxiv", biorxiv(1))
    read(1, "journals", crossref())
    read(2, "pubmed", *PUBMED)
    read(3, "biorxiv", biorxiv(2))
    journal = crossref(
        DOI=ARTICLE,
        type="journal-article",
        title=["Owls remember where mice live"],
        relation={"has-preprint": [{"id-type": "doi", "id": PREPRINT}]},
        **{"container-title": ["Journal of Owls"]},
    )
    read(60, "journals", journal)
    read(61, "biorxiv", biorxiv(2, published=ARTICLE))
    table = schema.announcement
    with store.read() as tx:
        (found,) = newest_papers(tx, 10)
        kinds = list(tx.execute(select(table.c.kind).order_by(table.c.seq)).scalars())
    listed = AnnouncementKind.LISTED
    assert [kind for kind in kinds if kind is not listed] == [
        AnnouncementKind.NEW,
        AnnouncementKind.REVISED,
        AnnouncementKind.PUBLISHED,
    ]
    assert kinds.count(listed) == 2  # by Crossref and by PubMed
    assert found.paper.venue == "Journal of Owls"
    assert {item.value for item in found.paper.identifiers} == {PREPRINT, ARTICLE, "7"}


def test_a_retraction_in_a_journal_marks_the_paper_once(
    store: Store, web: Web, sources: dict[str, Source]
) -> None:
    article = crossref(DOI=ARTICLE, type="journal-article")
    notice = crossref(
        DOI="10.1038/r1",
        type="journal-article",
        title=[f"Retraction Note: {TITLE}"],
        **{"update-to": [{"DOI": ARTICLE, "type": "retraction"}]},
    )
    web.answers = [article, notice, notice]
    reports = [
        report
        for day in range(3)
        for report in collect(store, [sources["journals"]], now=START + timedelta(days=day))
    ]
    assert [(report.new, report.withdrawn) for report in reports] == [(1, 0), (0, 1), (0, 0)]
    with store.read() as tx:
        (found,) = newest_papers(tx, 10)
    assert (found.paper.title, found.kind) == (TITLE, AnnouncementKind.RETRACTED)
