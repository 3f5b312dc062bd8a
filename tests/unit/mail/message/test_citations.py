"""The papers of a digest as a file for a reference manager, which such a program reads back."""

from datetime import date
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import NOW, TODAY

from digest.core.models.papers import Identifier, Paper, PaperLink
from digest.core.models.profiles import Citations
from digest.mail.message.attachment import Attachment
from digest.mail.message.citations import bibtex, citations_file, ris
from digest.mail.message.mime import build_message
from digest.sources.library.parse import parse

PAPER = Paper(
    title="Forgetting & Remembering: 50 % of $n^2$ Keys #1",
    authors=("Maren Solheim", "Joaquín Ibarra"),
    identifiers=(Identifier(scheme="arxiv", value="2605.00001"),),
    links=(PaperLink(rel="abstract", url="https://arxiv.org/abs/2605.00001"),),
    published=date(2026, 5, 8),
)


@pytest.mark.parametrize("write", [bibtex, ris])
def test_a_reference_manager_reads_what_was_written(write: object) -> None:
    text = write([PAPER, PAPER])  # type: ignore[operator]
    read = parse(text.encode(), origin="papers")[0]
    assert len(read) == 2
    for paper in read:
        assert paper.title == "Forgetting & Remembering: 50 % of n² Keys #1"
        assert paper.authors == PAPER.authors


def test_keys_are_made_of_author_year_and_title_and_are_distinct() -> None:
    text = bibtex([PAPER, PAPER, Paper(title="***")])
    keys = [line for line in text.splitlines() if line.startswith("@")]
    assert keys == [
        "@misc{solheim2026forgetting,",
        "@misc{solheim2026forgetting-2,",
        "@misc{paper,",
    ]


@given(st.text(max_size=80), st.text(max_size=40))
def test_no_text_from_a_source_ends_its_field(title: str, name: str) -> None:
    entry = bibtex([Paper(title=title, authors=(name,))])
    plain = entry.replace("\\{", "").replace("\\}", "")
    assert plain.count("{") == plain.count("}")
    assert len(ris([Paper(title=title, authors=(name,))]).split("\r\n")) <= 5


def test_a_digest_without_papers_or_wish_has_no_file() -> None:
    assert citations_file([], Citations.BIBTEX, TODAY) is None
    assert citations_file([PAPER], Citations.NONE, TODAY) is None


def test_files_and_pictures_are_parts_that_mail_programs_find() -> None:
    file = citations_file([PAPER], Citations.RIS, TODAY)
    assert file is not None
    picture = Attachment(
        name="p.png", media_type="image/png", data=b"\x89PNG" * 99, content_id="p@x.example"
    )
    data = build_message(
        sender="d@d.example",
        to="r@r.example",
        subject="S",
        html="<p>Hi</p>",
        text="Hi",
        message_id="<1@d.example>",
        date=NOW,
        list_id="l.d.example",
        headers={},
        attachments=(file, picture),
    )
    message = message_from_bytes(data, policy=policy.default)
    assert not any(part.defects for part in message.walk())
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/related",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "image/png",
        "application/x-research-info-systems",
    ]
    *_, shown, attached = message.walk()
    assert shown["content-id"] == "<p@x.example>"
    assert shown.get_content() == picture.data
    assert attached.get_filename() == "papers-2026-05-11.ris"
    assert attached.get_content() == file.data
    assert max(map(len, bytes(data).split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "a\r\nBcc: x"},
        {"name": 'a"b'},
        {"media_type": "image/png; x"},
        {"content_id": "a>b@c"},
    ],
)
def test_an_attachment_cannot_add_headers(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="not allowed in a header"):
        Attachment(**{"name": "a.bib", "media_type": "image/png", "data": b"", **fields})  # type: ignore[arg-type]
