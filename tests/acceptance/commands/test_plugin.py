"""A source kind that another package registers."""

from pathlib import Path

import pytest
from support.homes import DigestHome

MODULE = '''\
"""A source with one invented paper."""

from digest.core.models.batches import Batch, SourceRead
from digest.core.models.papers import Paper
from digest.core.schedule.announcement_days import NO_CALENDAR


class Oracle:
    calendar = NO_CALENDAR

    def __init__(self, name, title):
        self.name = name
        self._title = title

    def fetch(self, cursor, *, now):
        paper = Paper(title=self._title, abstract="An oracle speaks.")
        batch = Batch(source=self.name, origin="oracle", papers=(paper,))
        cursor = {"asked": now.isoformat()}
        yield SourceRead(origin="oracle", batch=batch, problem=None, cursor=cursor)


class Broken(Oracle):
    def fetch(self, cursor, *, now):
        raise RuntimeError("the oracle is silent")
        yield


def make(*, name, options, context):
    if "title" not in options:
        raise ValueError('it needs "title"')
    return Oracle(name, options["title"])


def make_broken(*, name, options, context):
    return Broken(name, "")
'''


@pytest.fixture
def plugin_home(bare_home: DigestHome, tmp_path: Path) -> DigestHome:
    """A home, with a package on the path that registers two source kinds."""
    package = tmp_path / "site"
    info = package / "oracle_papers-1.0.dist-info"
    info.mkdir(parents=True)
    (package / "oracle_papers.py").write_text(MODULE, "utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: oracle-papers\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[paper_digest.sources]\n"
        "oracle = oracle_papers:make\n"
        "broken-oracle = oracle_papers:make_broken\n"
    )
    bare_home.environ["PYTHONPATH"] = str(package)
    return bare_home


def configure(digest_home: DigestHome, text: str) -> None:
    (digest_home.path / "sources.toml").write_text(text, "utf-8")


def test_a_source_of_another_package_is_collected(plugin_home: DigestHome) -> None:
    configure(plugin_home, '[[sources]]\nname = "o"\nkind = "oracle"\ntitle = "On Fate"\n')
    assert [batch["new"] for batch in plugin_home.json("collect")["batches"]] == [1]
    assert [batch["new"] for batch in plugin_home.json("collect")["batches"]] == [0]


def test_an_option_that_the_package_rejects_is_a_configuration_error(
    plugin_home: DigestHome,
) -> None:
    configure(plugin_home, '[[sources]]\nname = "o"\nkind = "oracle"\n')
    answer = plugin_home.digest("collect")
    assert answer.code == 2
    assert "source 'o' of kind 'oracle' (oracle_papers:make): it needs \"title\"" in answer.err


def test_a_source_with_a_bug_is_reported_and_the_others_are_read(plugin_home: DigestHome) -> None:
    configure(
        plugin_home,
        '[[sources]]\nname = "b"\nkind = "broken-oracle"\n'
        '[[sources]]\nname = "o"\nkind = "oracle"\ntitle = "On Fate"\n',
    )
    answer = plugin_home.digest("--json", "collect")
    assert answer.code == 1
    assert [batch["verdict"] for batch in answer.result["batches"]] == ["failed", "fresh"]
    assert "RuntimeError: the oracle is silent" in answer.err


def test_a_kind_that_nobody_registers_is_refused_with_a_suggestion(plugin_home: DigestHome) -> None:
    configure(plugin_home, '[[sources]]\nname = "o"\nkind = "oracel"\n')
    answer = plugin_home.digest("collect")
    assert answer.code == 2
    assert (
        'sources.toml:3:8: "oracel" is not a kind of source; did you mean "oracle"?' in answer.err
    )
