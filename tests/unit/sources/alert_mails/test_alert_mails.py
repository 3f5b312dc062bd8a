"""Papers of alert mails. The mails are invented, in the forms that the services use."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.mime_reader import parse_message
from digest.core.models.papers import Paper
from digest.sources.alert_mails.links import identifier_in, unwrapped
from digest.sources.alert_mails.parse import MAX_PAPERS, papers
from digest.sources.kinds.mail import MailSource

NOW = datetime(2026, 1, 22, 12, tzinfo=UTC)
SCHOLAR = """\
<h3><span style="font-size:11px">[PDF]</span> <a href="https://scholar.google.com/scholar_url?\
url=https://arxiv.org/pdf/2501.00001&amp;hl=en&amp;sa=X&amp;scisig=x&amp;oi=scholaralrt"
class="gse_alrt_title">Coral <b>bleaching</b> in warm water</a></h3>
<div style="color:#006621">A Doe, B Roe… - arXiv preprint arXiv:2501.00001, 2025</div>
<div class="gse_alrt_sni">We study <b>coral</b> reefs &amp; <br> their water …</div>
<div><a href="https://scholar.google.com/citations?update_op=email_library_add&amp;x=1">
<span>Save this paper now</span></a></div>
<h3><a href="https://scholar.google.com/scholar_url?url=https://journal.example/a/b%3Fid%3D7&amp;hl=en"
class="gse_alrt_title">A study without an identifier</a></h3>
<div style="color:#006621">C Poe - Journal of Reefs, 2025 - journal.example</div>
<div class="gse_alrt_sni">Second excerpt.</div>
<p>This message was sent by Google Scholar. <a href="https://scholar.google.com/scholar_alerts?x">\
Cancel this alert now</a></p>
"""
PUBMED = """\
<table><tr><td><a href="https://pubmed.ncbi.nlm.nih.gov/38000001/?utm_source=alert">\
Early fluids in septic shock: a trial.</a><br>Smith J, van der Berg A.<br>\
Crit Care Med. 2026 Jan 3. doi: 10.1097/CCM.0000001. Online ahead of print.<br>PMID: 38000001</td></tr>
<tr><td><a href="https://pubmed.ncbi.nlm.nih.gov/38000002/">Retraction: Late fluids in shock.</a></td></tr>
</table><a href="https://www.ncbi.nlm.nih.gov/myncbi/unsubscribe/">Unsubscribe from this search</a>
"""
JOURNAL = """\
<a href="https://click.example/t?u=https%3A%2F%2Fdoi.org%2F10.1021%2Facs.1c1"><img src="x.png"></a>
<a href="https://click.example/t?u=https%3A%2F%2Fdoi.org%2F10.1021%2Facs.1c1">Zinc in the cell wall</a>
<a href="https://onlinelibrary.wiley.com/doi/full/10.1002/adma.2025?af=R">Soft robots that swim</a>
<a href="https://www.nature.com/articles/s41586-025-1">Maps of the fly brain</a>
<a href="https://www.nature.com/nature/subscribe">Subscribe to this journal today</a>
"""


def mail(html: str, *, sender: str = "alerts@example.org") -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = f"Alerts <{sender}>", "New articles"
    message.set_content("See the HTML part.")
    message.add_alternative(html, subtype="html")
    return message.as_bytes()


def found(html: str) -> tuple[Paper, ...]:
    return papers(parse_message(mail(html)))


def names(paper: Paper) -> set[str]:
    return {item.value for item in paper.identifiers}


def test_an_alert_of_google_scholar_gives_title_authors_venue_and_excerpt() -> None:
    first, second = found(SCHOLAR)
    assert first.title == "Coral bleaching in warm water"
    assert first.authors == ("A Doe", "B Roe")
    assert first.abstract == "We study coral reefs & their water …"
    assert (names(first), first.venue) == ({"2501.00001"}, "")
    assert second.link("abstract") == "https://journal.example/a/b?id=7"
    assert (second.authors, second.abstract) == (("C Poe",), "Second excerpt.")


def test_an_alert_of_pubmed_gives_authors_journal_and_doi() -> None:
    first, second = found(PUBMED)
    assert first.authors == ("Smith J", "van der Berg A")
    assert first.venue == "Crit Care Med"
    assert names(first) == {"10.1097/ccm.0000001", "38000001"}
    assert (second.authors, names(second)) == ((), {"38000002"})


def test_a_table_of_contents_gives_the_articles_and_no_other_link() -> None:
    assert [(paper.title, names(paper)) for paper in found(JOURNAL)] == [
        ("Zinc in the cell wall", {"10.1021/acs.1c1"}),
        ("Soft robots that swim", {"10.1002/adma.2025"}),
        ("Maps of the fly brain", set()),
    ]


@pytest.mark.parametrize(
    "url, name",
    [
        ("https://arxiv.org/abs/2501.00001v2", "arXiv:2501.00001"),
        ("https://www.biorxiv.org/content/10.1101/2025.01.02.3v1.full", "10.1101/2025.01.02.3v1"),
        ("https://pubs.acs.org/doi/pdf/10.1021/acs.1c1", "10.1021/acs.1c1"),
        ("https://journal.example/doi/10.5555%2F12345678/full", "10.5555/12345678"),
        ("https://journal.example/about", ""),
    ],
)
def test_identifiers_are_read_from_addresses(url: str, name: str) -> None:
    assert identifier_in(url) == name


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "https://scholar.google.com/scholar_url?url=javascript:alert(1)",
        "data:text/html,x",
        "https://user:secret@evil.example/",
        "",
    ],
)
def test_a_redirect_leads_to_no_other_scheme(address: str) -> None:
    target, _ = unwrapped(address)
    assert target is None or target.startswith("https://scholar.google.com/scholar_url?")


def test_a_redirect_of_another_host_is_not_one_of_google_scholar() -> None:
    evil = "https://scholar.google.com.evil.example/scholar_url?url=https://a.example/b"
    assert found(f'<a href="{evil}">Buy three of these</a>') == ()
    plain = "https://click.example/t?url=https://a.example/b"
    assert found(f'<a href="{plain}">Buy three of these</a>') == ()


HOSTILE = {
    "huge": SCHOLAR * 3_000,
    "unclosed": '<a href="https://arxiv.org/abs/2501.00001">' * 20_000,
    "nested": "<a>" * 100_000,
    "quotes": "<a href='" * 50_000,
    "redirects": '<a href="https://a.example/?url=' * 10_000,
    "spaces": "<a " + " " * 400_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_mail_gives_a_bounded_number_of_papers(kind: str) -> None:
    assert len(found(HOSTILE[kind])) <= MAX_PAPERS


def test_a_mail_nested_without_end_gives_no_papers() -> None:
    head = "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(3_000)
    )
    assert papers(parse_message(head.encode() + mail(SCHOLAR))) == ()


@given(st.binary(max_size=300))
def test_any_bytes_give_papers_or_none(data: bytes) -> None:
    papers(parse_message(data))


@given(
    st.lists(
        st.sampled_from([SCHOLAR[:200], PUBMED[:150], "<", ">", "'", "</a>", "<a href=", "&#x"])
    )
)
def test_any_html_gives_papers_with_titles(pieces: list[str]) -> None:
    assert all(paper.title for paper in found("".join(pieces)))


class Maildir:
    def __init__(self, path: Path) -> None:
        self.path = path
        for name in ("new", "cur", "tmp"):
            (path / name).mkdir(parents=True)

    def add(self, name: str, data: bytes, *, days: int = 0, folder: str = "new") -> Path:
        path = self.path / folder / name
        path.write_bytes(data)
        when = (NOW - timedelta(days=days)).timestamp()
        os.utime(path, (when, when))
        return path

    def read(
        self, cursor: Mapping[str, Any] | None = None, *senders: str
    ) -> tuple[list[str], list[str], Mapping[str, Any]]:
        reads = list(MailSource(name="m", path=self.path, senders=senders).fetch(cursor, now=NOW))
        batches = [item.batch for item in reads if item.batch]
        problems = [item.problem.reason for item in reads if item.problem]
        problems += [one.reason for batch in batches for one in batch.rejected]
        titles = [paper.title for batch in batches for paper in batch.papers]
        return titles, problems, reads[-1].cursor if reads else cursor or {}


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    return Maildir(tmp_path / "box")


def test_a_message_is_read_once_also_after_it_was_moved(maildir: Maildir) -> None:
    path = maildir.add("1.a", mail(PUBMED))
    titles, problems, cursor = maildir.read()
    assert (len(titles), problems, cursor) == (2, [], {"read": ["1.a"]})
    path.rename(maildir.path / "cur" / "1.a:2,S")
    maildir.add("2.a", mail(JOURNAL))
    titles, _, cursor = maildir.read(cursor)
    assert len(titles) == 3
    assert sorted(cursor["read"]) == ["1.a", "2.a"]
    assert sorted(item.name for item in maildir.path.rglob("*.a*")) == ["1.a:2,S", "2.a"]


def test_old_messages_are_neither_read_nor_remembered(maildir: Maildir) -> None:
    maildir.add("1.a", mail(PUBMED), days=15)
    maildir.add("2.a", mail(PUBMED), days=13)
    titles, _, cursor = maildir.read({"read": ["1.a", "gone"]})
    assert (len(titles), cursor) == (2, {"read": ["2.a"]})


def test_messages_of_other_senders_are_passed_over(maildir: Maildir) -> None:
    maildir.add("1.a", mail(PUBMED, sender="x@mail.ncbi.nlm.nih.gov"))
    maildir.add("2.a", mail(SCHOLAR, sender="x@evilncbi.nlm.nih.gov.example"))
    titles, _, _ = maildir.read(None, "ncbi.nlm.nih.gov")
    assert titles[0].startswith("Early fluids")
    assert len(titles) == 2


def test_a_message_that_is_too_large_is_named_and_the_others_are_read(maildir: Maildir) -> None:
    maildir.add("1.a", b"x" * (2 << 20))
    maildir.add("2.a", mail(PUBMED))
    titles, problems, _ = maildir.read()
    assert len(titles) == 2
    assert "1.a" in problems[0]
    assert "too large" in problems[0]


def test_a_folder_that_is_no_maildir_is_a_problem(tmp_path: Path) -> None:
    (read,) = MailSource(name="m", path=tmp_path).fetch(None, now=NOW)
    assert read.problem is not None
    assert "not a Maildir" in read.problem.reason
