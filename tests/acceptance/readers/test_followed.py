"""A profile that follows authors, institutions, journals and citations, up to the digest."""

import json
from typing import Any

from support.homes import DigestHome, Mailbox

DAY = "2026-05-11T06:00:00Z"
PROFILE = """\
email = "ada@example.org"
trending = 0
boosts = { authors = ["orcid:0000-0002-1694-233X"] }

[[topics]]
name = "People"
authors = ["orcid:0000-0002-1825-0097"]
institutions = ["ror:02mhbdp94", "ETH Zurich"]

[[topics]]
name = "Journals"
venues = ["Nature", "1932-6203 PLOS ONE"]

[[topics]]
name = "Citations"
cites = ["doi:10.1038/nature14539", "arXiv:1706.03762 The transformer"]
"""
PAPERS: list[dict[str, Any]] = [
    {"title": "Deep Learning of Everything", "doi": "10.1038/nature14539"},
    {
        "title": "Gauges",
        "connections": ["orcid:0000-0002-1825-0097 Josiah Carberry"],
        "authors": ["Josiah Carberry", "Ada X"],
    },
    {
        "title": "Reefs",
        "authors": ["Ada X"],
        "connections": [
            "affiliation: Department of Biology, ETH Zürich, Switzerland",
            "orcid:0000-0002-1694-233X Laure Haak",
        ],
    },
    {"title": "Owls", "venue": "Nature"},
    {"title": "Mice", "connections": ["issn:1932-6203"]},
    {
        "title": "Cats",
        "connections": ["cites:doi:10.1038/nature14539", "cites:arxiv:1706.03762"],
    },
    {
        "title": "Unrelated",
        "venue": "Nature Medicine",
        "connections": ["orcid:0000-0002-1825-009X"],
    },
]


def test_the_digest_says_whom_it_follows(bare_home: DigestHome, mailbox: Mailbox) -> None:
    bare_home.environ |= mailbox.environ
    bare_home.profile("ada", PROFILE)
    lines = (json.dumps({"abstract": f"About {item['title']}."} | item) for item in PAPERS)
    dump = bare_home.path / "dumps" / "papers.jsonl"
    dump.write_text("\n".join(lines), "utf-8")
    assert bare_home.digest("profile", "check").code == 0
    assert bare_home.digest("run", "--now", DAY).code == 0
    (text,) = mailbox.texts()
    shown = " ".join(text.split())
    for reason in (
        "you follow Josiah Carberry",
        "from ETH Zurich",
        "in Nature",
        "in PLOS ONE",
        "cites Deep Learning of Everything",  # the title of the stored paper
        "cites The transformer",  # the name that the reader gave
        "★ Josiah Carberry",
    ):
        assert reason in shown, reason
    assert "Unrelated" not in shown
    explained = bare_home.digest("explain", "Cats", "--now", DAY).out
    assert "is cited: Deep Learning of Everything" in explained
    explained = bare_home.digest("explain", "Reefs", "--now", DAY).out
    assert "is an institution of the authors: ETH Zurich" in explained
    assert "Laure Haak  is an author" in explained


def test_a_wrong_id_is_refused_with_its_line(bare_home: DigestHome) -> None:
    bare_home.profile("ada", PROFILE.replace("0000-0002-1825-0097", "0000-0002-1825-0098"))
    answer = bare_home.digest("profile", "check")
    assert answer.code == 2
    assert "ada.toml:7" in answer.err
    assert "no ORCID iD: its last character" in answer.err
