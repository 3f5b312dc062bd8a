"""No page of the archive reads the rows of other readers, or a whole table that grows."""

from pathlib import Path

from support.processes import explained_statements
from support.servers.archived_home import DRAFTS, digest_of
from support.servers.readers_site import opened

from digest.store.database.schema import metadata

# A row for each kind of thing, not for each reader, paper or day.
SMALL = {"meta", "counter", "source"}


def test_each_statement_of_the_archive_uses_an_index(tmp_path: Path) -> None:
    file = tmp_path / "statements"
    with opened(tmp_path / "home", more={"DIGEST_PUBLIC_ARCHIVE": "true"}) as site:
        archived = digest_of(site)
        site.place.app.maintain(archived.edition.composed_at)
        explained_statements.install(str(file), site.place.served.store.engine)
        feed = archived.open_feed()
        paper = {"paper": str(archived.paper_id(DRAFTS)), "note": "n"}
        for wish in ("save", "note"):
            site.client.post(f"{archived.preferences}/papers", data={"wish": wish, **paper})
        papers = f"{archived.preferences}/papers"
        archive = f"{site.url}/topics/nlp/archive"
        for address in (
            archived.online,
            f"{archived.online}/papers.ris",
            papers,
            f"{papers}?q=draft",
            f"{papers}?show=saved&q=draft",
            f"{papers}/saved.bib",
            f"{feed}/atom.xml",
            archive,
            f"{archive}/feed/feed.json",
            f"{site.url}/sitemap.xml",
        ):
            assert site.client.get(address).status_code == 200, address
    count, whole = explained_statements.read(file)
    assert count > 20
    growing = set(metadata.tables) - SMALL
    assert [item for item in whole if item.table in growing] == []
