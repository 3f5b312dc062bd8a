"""How far each source is believed, by its table in sources.toml."""

from pathlib import Path

import pytest

from digest.app.source_building.building import build_timed, load_config
from digest.config.source_trust import OWNERS, trust_in
from digest.config.sources import load
from digest.core.models.papers import Identifier
from digest.core.models.trust import FULL_TRUST, SourceTrust, TrustLevel
from digest.errors import SettingsError
from digest.pipeline.collect import TimedSource
from digest.sources.kinds.common import HttpClient

ARXIV_ID = Identifier(scheme="arxiv", value="2605.00001")
NATURE_DOI = Identifier(scheme="doi", value="10.1038/x")
OTHER_DOI = Identifier(scheme="doi", value="10.10381/x")
PREPRINT_DOI = Identifier(scheme="doi", value="10.64898/2026.01.02.3")
EVERY = (ARXIV_ID, NATURE_DOI, OTHER_DOI, PREPRINT_DOI)


def trust(home: Path, *lines: str) -> SourceTrust:
    (home / "sources.toml").write_text("\n".join(['[[sources]]\nname = "it"', *lines]))
    (item,) = load(home, plugins=lambda: ["oracle"])
    return trust_in(item, file=home / "sources.toml")


def feed(url: str) -> tuple[str, str]:
    return 'kind = "feed"', f'url = "{url}"'


@pytest.mark.parametrize(
    "lines, level, owned",
    [
        (('kind = "dump"', 'path = "dumps"'), "owner", EVERY),
        (('kind = "jsonl"', 'path = "dumps"'), "owner", EVERY),
        (('kind = "jsonl"', 'path = "dumps"', 'trust = "mention"'), "mention", ()),
        (('kind = "jsonl"', 'path = "x"', 'trust = "owner"', 'owns = ["doi:10.1038/"]'),
         "owner", (NATURE_DOI,)),
        (('kind = "arxiv"', 'categories = ["cs.CL"]'), "owner", (ARXIV_ID,)),
        (('kind = "arxiv-api"', 'query = "x"'), "owner", (ARXIV_ID,)),
        (('kind = "arxiv-api"', 'query = "x"', 'base_url = "https://mirror.example"'),
         "owner", (ARXIV_ID,)),
        (('kind = "arxiv-api"', 'query = "x"', 'base_url = "http://mirror.example"'),
         "mention", ()),
        (('kind = "arxiv-api"', 'query = "x"', 'base_url = "http://10.0.0.1"', "trusted = true"),
         "owner", (ARXIV_ID,)),
        (('kind = "huggingface"',), "aggregator", ()),
        (('kind = "crossref"', 'issns = ["1476-4687"]'), "aggregator", ()),
        (('kind = "medrxiv"',), "owner", (PREPRINT_DOI,)),
        (('kind = "huggingface"', 'base_url = "http://huggingface.co"'), "mention", ()),
        (feed("https://export.arxiv.org/api/query?x"), "owner", (ARXIV_ID,)),
        (feed("http://export.arxiv.org/api/query?x"), "mention", ()),
        (feed("https://arxiv.org.evil.example/rss"), "mention", ()),
        (feed("https://notarxiv.org/rss"), "mention", ()),
        (feed("https://evil.example/arxiv.org/rss"), "mention", ()),
        (feed("https://www.nature.com/nature.rss"), "owner", (NATURE_DOI,)),
        (feed("https://lab.example/feed.xml"), "mention", ()),
        ((*feed("https://lab.example/feed.xml"), 'trust = "aggregator"'), "aggregator", ()),
        ((*feed("https://www.nature.com/nature.rss"), 'trust = "mention"'), "mention", ()),
        ((*feed("https://x.example"), 'trust = "owner"', 'owns = ["arxiv"]'),
         "owner", (ARXIV_ID,)),
        (('kind = "oracle"',), "mention", ()),
        (('kind = "oracle"', 'trust = "owner"', 'owns = ["arxiv"]'), "owner", (ARXIV_ID,)),
    ],
)  # fmt: skip
def test_trust_follows_from_the_table(
    tmp_path: Path, lines: tuple[str, ...], level: str, owned: tuple[Identifier, ...]
) -> None:
    found = trust(tmp_path, *lines)
    assert found.level == level
    assert tuple(filter(found.is_owner_of, EVERY)) == owned


@pytest.mark.parametrize(
    "lines, reason",
    [
        ((*feed("https://x.example"), 'owns = ["arxiv"]'), 'owns needs trust = "owner"'),
        ((*feed("https://x.example"), 'trust = "owner"'), 'trust = "owner" needs owns'),
        (('kind = "oracle"', 'trust = "owner"'), 'trust = "owner" needs owns'),
        ((*feed("http://x.example"), 'trust = "owner"', 'owns = ["arxiv"]'),
         "needs an https address"),
        ((*feed("https://x.example"), 'owns = ["doi:10.1038"]'), "is not a kind of identifier"),
        ((*feed("https://x.example"), 'owns = ["*"]'), "is not a kind of identifier"),
        ((*feed("https://x.example"), 'owns = ["doi"]'), "is not a kind of identifier"),
        ((*feed("https://x.example"), 'trust = "full"'), "trust"),
    ],
)  # fmt: skip
def test_trust_that_does_not_fit_is_a_mistake_in_the_file(
    tmp_path: Path, lines: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(SettingsError, match=r"sources\.toml.*" + reason.replace("*", r"\*")):
        trust(tmp_path, *lines)


def test_every_host_owns_something_in_the_form_of_the_setting(tmp_path: Path) -> None:
    for domain, owns in OWNERS.items():
        lines = feed(f"https://{domain}/x"), f"owns = {list(owns)!r}".replace("'", '"')
        assert trust(tmp_path, *lines[0], 'trust = "owner"', lines[1]).owns == owns


@pytest.mark.parametrize(
    "addresses, level",
    [
        ((), "owner"),
        (("https://export.arxiv.org/x",), "owner"),
        (("https://arxiv.org/x", "https://rss.arxiv.org/y"), "owner"),
        (("http://export.arxiv.org/x",), "mention"),
        (("https://evil.example/x",), "mention"),
        (("https://arxiv.org/x", "https://evil.example/arxiv.org"), "mention"),
        (("https://evilarxiv.org/x",), "mention"),
    ],
)
def test_an_answer_from_another_host_is_only_a_mention(
    tmp_path: Path, addresses: tuple[str, ...], level: str
) -> None:
    owner = trust(tmp_path, *feed("https://export.arxiv.org/rss"))
    believed = owner.at(addresses)
    assert believed.level == level
    assert believed.holder("it") == ("it" if level == "owner" else "")


def test_a_source_inside_the_network_is_believed_over_http_on_its_own_host(tmp_path: Path) -> None:
    lines = ('kind = "huggingface"', 'base_url = "http://10.0.0.1"', "trusted = true")
    inside = trust(tmp_path, *lines)
    assert inside.level is TrustLevel.AGGREGATOR
    assert inside.at(["http://10.0.0.1/x"]) == inside
    assert inside.at(["http://10.0.0.2/x"]).level is TrustLevel.MENTION


def no_client() -> HttpClient:
    raise AssertionError("nothing is fetched")


def test_the_trust_of_the_table_reaches_the_source(tmp_path: Path) -> None:
    text = '[[sources]]\nname = "it"\nkind = "feed"\nurl = "https://lab.example/feed.xml"\n'
    (tmp_path / "sources.toml").write_text(text)
    (item,) = load_config(tmp_path)
    source = build_timed(item, home=tmp_path, client=no_client)
    assert isinstance(source, TimedSource)
    assert source.trust.level is TrustLevel.MENTION
    assert source.trust != FULL_TRUST
