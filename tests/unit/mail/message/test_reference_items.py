"""Papers as JSON for reference managers."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.models.papers import Identifier, Paper, PaperLink
from digest.mail.message.reference_items import csl_json, zotero_items
from digest.sources.library.parse import parse

PAPER = Paper(
    title="Forgetting & Remembering: 50 % of $n^2$ Keys",
    abstract="We <i>forget</i>.",
    authors=("Maren Solheim", "Vincent van Gogh", "Plato"),
    identifiers=(
        Identifier(scheme="arxiv", value="2605.00001"),
        Identifier(scheme="doi", value="10.1/x"),
    ),
    links=(PaperLink(rel="abstract", url="https://arxiv.org/abs/2605.00001"),),
    published=date(2026, 5, 8),
    venue="Journal of Keys",
)


def test_csl_json_has_what_a_style_needs_and_is_read_back() -> None:
    text = csl_json([PAPER, Paper(title="Bare")])
    first, bare = json.loads(text)
    assert first == {
        "id": "paper-1",
        "type": "article",
        "title": "Forgetting & Remembering: 50 % of n² Keys",
        "author": [
            {"family": "Solheim", "given": "Maren"},
            {"family": "van Gogh", "given": "Vincent"},
            {"literal": "Plato"},
        ],
        "issued": {"date-parts": [[2026, 5, 8]]},
        "abstract": "We forget.",
        "container-title": "Journal of Keys",
        "DOI": "10.1/x",
        "URL": "https://arxiv.org/abs/2605.00001",
        "number": "arXiv:2605.00001",
    }
    assert bare == {"id": "paper-2", "type": "article", "title": "Bare"}
    read = parse(text.encode(), origin="papers")[0]
    assert read[0].authors == PAPER.authors


def test_an_item_of_zotero_has_the_fields_of_a_preprint_alone() -> None:
    (item,) = zotero_items([PAPER])
    assert item == {
        "itemType": "preprint",
        "title": "Forgetting & Remembering: 50 % of n² Keys",
        "creators": [
            {"creatorType": "author", "firstName": "Maren", "lastName": "Solheim"},
            {"creatorType": "author", "firstName": "Vincent", "lastName": "van Gogh"},
            {"creatorType": "author", "name": "Plato"},
        ],
        "abstractNote": "We forget.",
        "date": "2026-05-08",
        "repository": "arXiv",
        "archiveID": "arXiv:2605.00001",
        "DOI": "10.1/x",
        "url": "https://arxiv.org/abs/2605.00001",
    }


@pytest.mark.parametrize("name", ["", "   ", "\u202e"])
def test_a_name_without_letters_is_left_out(name: str) -> None:
    assert "author" not in json.loads(csl_json([Paper(title="T", authors=(name,))]))[0]


@given(st.text(max_size=80), st.text(max_size=40))
def test_any_text_of_a_source_gives_valid_json(title: str, name: str) -> None:
    papers = [Paper(title=title, abstract=title, authors=(name,))]
    assert len(json.loads(csl_json(papers))) == len(zotero_items(papers)) == 1
