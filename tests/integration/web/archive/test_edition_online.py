"""A digest online: what everybody with its link sees, and nothing else."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from support.builders import NOW
from support.servers.archived_home import DRAFTS, FEDERATED, ArchivedDigest, digest_of
from support.servers.readers_site import ADDRESS, body, opened
from support.servers.served_home import KEY

from digest.core.signup.archive_links import edition_url
from digest.core.signup.link_tokens import LinkPurpose, sign_link
from digest.pipeline.run import deliver_queued
from digest.sources.library.parse import parse
from digest.store.database.schema import edition as edition_table
from digest.store.editions import serialization


def test_the_message_links_to_the_page_in_both_parts(archived: ArchivedDigest) -> None:
    parts = archived.site.place.app.run_dependencies()
    deliver_queued(parts, now=NOW + timedelta(hours=2))
    message = archived.site.messages()[-1]
    html = message.get_body(("html",))
    assert html is not None
    assert f"View online: {archived.online}" in body(message)
    assert f'href="{archived.online}"' in html.get_content()


def test_the_page_shows_the_papers_and_nothing_about_the_reader(archived: ArchivedDigest) -> None:
    answer = archived.site.client.get(archived.online)
    assert answer.status_code == 200
    assert "Monday, 11 May 2026" in answer.text
    assert DRAFTS in answer.text
    assert answer.text.index("Trending outside your topics") < answer.text.index(FEDERATED)
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert 'name="robots" content="noindex' in answer.text
    for secret in (ADDRESS, "/p/", "/f/", "/u/"):
        assert secret not in answer.text


def test_the_papers_can_be_downloaded_for_a_reference_manager(archived: ArchivedDigest) -> None:
    for form, kind in (
        ("bib", "application/x-bibtex"),
        ("ris", "application/x-research-info-systems"),
        ("json", "application/vnd.citationstyles.csl+json"),
    ):
        answer = archived.site.client.get(f"{archived.online}/papers.{form}")
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["content-disposition"] == (
            f'attachment; filename="papers-2026-05-11.{form}"'
        )
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        read = parse(answer.content, origin="papers")[0]
        assert DRAFTS in {paper.title for paper in read}
    assert json.loads(answer.text)[0]["author"] == [{"family": "King", "given": "Ada"}]
    assert archived.site.client.get(f"{archived.online}/papers.exe").status_code == 404


def test_a_wrong_link_and_one_of_nothing_say_the_same_to_everybody(
    archived: ArchivedDigest,
) -> None:
    client, url = archived.site.client, archived.site.url
    token = archived.online.rpartition("/")[2]
    other = sign_link(LinkPurpose.PREFERENCES, 1, at=NOW, secret=KEY)
    cut = [client.get(f"{url}/e/{wrong}") for wrong in ("x", token[:-1], token + "A", other)]
    assert {(answer.status_code, answer.text) for answer in cut} == {(404, cut[0].text)}
    nothing = client.get(edition_url(url, 999, at=NOW, secret=KEY))
    assert nothing.status_code == 410
    assert "not online any more" in nothing.text


def test_the_link_expires_if_a_setting_says_so(tmp_path: Path) -> None:
    with opened(tmp_path / "home", more={"DIGEST_VIEW_DAYS": "30"}) as site:
        archived = digest_of(site)
        site.place.now[0] = archived.edition.composed_at + timedelta(days=30)
        assert site.client.get(archived.online).status_code == 200
        site.place.now[0] += timedelta(seconds=2)
        for address in (archived.online, f"{archived.online}/papers.bib"):
            assert site.client.get(address).status_code == 410


@pytest.mark.parametrize("gone", ["pruned", "erased"])
def test_a_digest_whose_papers_or_reader_are_gone_is_not_online(tmp_path: Path, gone: str) -> None:
    with opened(tmp_path / "home") as site:
        archived = digest_of(site)
        if gone == "erased":
            site.client.post(archived.preferences, data={"wish": "erase", "sure": "yes"})
        else:
            with site.place.app.store.write() as tx:
                content = tx.execute(select(edition_table.c.content)).scalar_one()
                kept = serialization.without_papers(content)
                tx.execute(update(edition_table).values(content=kept))
        assert site.client.get(archived.online).status_code == 410
