"""A feed that shows another text under the identifier of a known paper, and `undo-source`."""

import json
from pathlib import Path

import pytest
from support.homes import DigestHome

NOW = "2026-05-12T06:00:00Z"
LATER = "2026-05-13T06:00:00Z"

FEED = """\
<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Lab</title><link>https://lab.example</link>
<item><title>Cheap watches, click here</title>
<link>https://lab.example/arxiv.org/abs/2605.01234v999</link>
<guid>https://lab.example/arxiv.org/abs/2605.01234v999</guid>
<description>Buy now.</description></item></channel></rss>
"""
SOURCES = """
[[sources]]
name = "lab"
kind = "feed"
url = "https://lab.example/feed.xml"
"""


@pytest.fixture
def home(bare_home: DigestHome, tmp_path: Path) -> DigestHome:
    """A home with arXiv's record of a paper, and a feed in its sources.toml."""
    with (bare_home.path / "sources.toml").open("a") as file:
        file.write(SOURCES)
    record = {
        "title": "A Study of Owls",
        "abstract": "Owls.",
        "arxiv_id": "2605.01234v1",
        "categories": ["q-bio"],
    }
    (tmp_path / "arxiv.jsonl").write_text(json.dumps(record), "utf-8")
    (tmp_path / "feed.xml").write_text(FEED, "utf-8")
    bare_home.json("collect", "--file", tmp_path / "arxiv.jsonl", "--source", "own", "--now", NOW)
    return bare_home


def title(digest_home: DigestHome) -> str:
    (paper,) = digest_home.json("history", "arxiv:2605.01234")["papers"]
    return str(paper["revisions"][-1]["title"])


def test_a_feed_that_claims_version_999_changes_nothing_and_revises_nothing(
    home: DigestHome, tmp_path: Path
) -> None:
    (batch,) = home.json("collect", "--file", tmp_path / "feed.xml", "--source", "lab")["batches"]
    assert (batch["new"], batch["listed"], batch["revised"]) == (0, 1, 0)
    assert title(home) == "A Study of Owls"
    (paper,) = home.json("history", "1")["papers"]
    assert [item["source"] for item in paper["sources"]] == ["own", "lab"]


def test_what_a_source_with_too_much_trust_did_is_undone(home: DigestHome, tmp_path: Path) -> None:
    with (home.path / "sources.toml").open("a") as file:
        file.write('trust = "owner"\nowns = ["arxiv"]\n')
    poison = ("collect", "--file", tmp_path / "feed.xml", "--source", "lab", "--now", LATER)
    (batch,) = home.json(*poison)["batches"]
    assert (batch["revised"], title(home)) == (1, "Cheap watches, click here")
    done = {"paper_id": 1, "was": title(home), "title": "A Study of Owls", "source": "own"}
    tried = home.json("undo-source", "lab", "--dry-run", "--now", LATER)
    assert tried == {"source": "lab", "dry_run": True, "undone": [done], "only": []}
    assert title(home) == "Cheap watches, click here"
    assert home.digest("undo-source", "lab", "no such paper").code == 2
    output = home.digest("undo-source", "lab", "arxiv:2605.01234", "--now", LATER).out
    assert output.splitlines() == [
        "paper 1: A Study of Owls, from own; the title was: Cheap watches, click here",
        "Undid what lab contributed to 1 paper.",
    ]
    assert title(home) == "A Study of Owls"
    assert home.json("undo-source", "lab")["undone"] == []
