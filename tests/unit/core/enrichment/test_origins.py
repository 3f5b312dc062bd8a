"""Which source gave which part of a paper."""

from msgspec.structs import replace
from support.builders import NOW

from digest.core.enrichment.origins import PaperPart, added_parts, origins
from digest.core.models.papers import Identifier, Paper, PaperLink

BARE = Paper(title="Owls Hear", abstract="We ask owls.")
LINK = PaperLink(rel="pdf", url="https://arxiv.org/pdf/2605.00001")
FOUND = replace(
    BARE,
    title="Owls Hear!",
    authors=("Ada Lovelace",),
    identifiers=(Identifier(scheme="arxiv", value="2605.00001"),),
    links=(LINK,),
)
TITLE, ABSTRACT, AUTHORS = (PaperPart(name, "") for name in ("title", "abstract", "authors"))
NAMED = (PaperPart("identifier", "arxiv:2605.00001"), PaperPart("pdf link", LINK.url))


def test_a_version_adds_what_the_one_before_had_not() -> None:
    assert added_parts(None, BARE) == (TITLE, ABSTRACT)
    assert added_parts(BARE, FOUND) == (*NAMED, TITLE, AUTHORS)
    assert added_parts(FOUND, FOUND) == ()
    assert added_parts(FOUND, replace(FOUND, authors=())) == ()


def test_each_part_comes_from_the_last_source_that_changed_it() -> None:
    versions = [
        ("dumps", NOW, "", added_parts(None, BARE)),
        ("lookup:arxiv", NOW, "the same title", added_parts(BARE, FOUND)),
    ]
    dumps, arxiv = origins(versions, FOUND)
    assert (dumps.source, dumps.parts) == ("dumps", (ABSTRACT,))
    assert (arxiv.source, arxiv.evidence, arxiv.parts) == (
        "lookup:arxiv",
        "the same title",
        (*NAMED, TITLE, AUTHORS),
    )


def test_what_the_paper_no_longer_has_comes_from_nobody() -> None:
    versions = [
        ("dumps", NOW, "", added_parts(None, FOUND)),
        ("web", NOW, "", added_parts(FOUND, BARE)),
    ]
    shown = origins(versions, BARE)
    assert [(item.source, item.parts) for item in shown] == [
        ("dumps", (ABSTRACT,)),
        ("web", (TITLE,)),
    ]
