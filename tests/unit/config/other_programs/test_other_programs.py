"""The settings of other programs as profiles."""

import pickle
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config.other_programs import drafted_profile, zotero_arxiv_daily
from digest.config.other_programs.yaml_subset import read_yaml
from digest.config.profiles import loader
from digest.config.sources import check_text
from digest.errors import InputError
from digest.sources.library.arxiv_sanity import read_tags

# The form of `config/base.yaml` and `config/custom.yaml` of zotero-arxiv-daily, with other values.
CUSTOM = """\
zotero:
  user_id: ${oc.env:ZOTERO_ID} # User ID of your Zotero account.
  api_key: ${oc.env:ZOTERO_KEY}
  include_path: null

email:
  sender: ???
  receiver: ${oc.env:RECEIVER,nobody@example.org}
  smtp_port: 465

source:
  arxiv:
    category: ["cs.AI",'cs.CL', cs.LG]
    include_cross_list: false # Set to true
  biorxiv:
    category:
      - neuroscience
      - "cell biology"

executor:
  debug: ${oc.env:DEBUG,null}
  send_empty: true
  max_paper_num: 300
"""


def settings(text: str = CUSTOM, **variables: str) -> zotero_arxiv_daily.ZoteroArxivDaily:
    values = read_yaml(text, file="custom.yaml")
    assert zotero_arxiv_daily.is_yaml(values)
    return zotero_arxiv_daily.from_yaml(values, variables)


def test_the_yaml_of_zotero_arxiv_daily() -> None:
    found = settings(ZOTERO_ID="12345", RECEIVER="ada@example.org")
    assert found == zotero_arxiv_daily.ZoteroArxivDaily(
        receiver="ada@example.org",
        arxiv=("cs.AI", "cs.CL", "cs.LG"),
        biorxiv=("neuroscience", "cell biology"),
        max_papers=300,
        send_empty=True,
        zotero_id="12345",
    )
    assert settings().receiver == "nobody@example.org", "the default of the variable"


def test_its_profile_and_its_sources_are_valid() -> None:
    found = settings(ZOTERO_ID="12345", RECEIVER="ada@example.org")
    text = drafted_profile.from_zotero_arxiv_daily(
        found, email=found.receiver, timezone="Europe/Paris"
    )
    profile = loader.parse(text, file="ada.toml").profile
    assert profile.topics[0].likes_from == ("library.bib",)
    assert (profile.max_papers, profile.when_empty) == (200, "send")
    assert check_text(drafted_profile.sources_of(found)) == ""
    assert "# categories = [" in text, "the profile says what to add to sources.toml"


def test_the_variables_of_its_earlier_versions() -> None:
    found = zotero_arxiv_daily.from_variables(
        {"ARXIV_QUERY": "cs.AI+cs.CV+no.SUCH", "ZOTERO_ID": "7", "MAX_PAPER_NUM": "-1"}
    )
    assert found is not None
    assert (found.arxiv, found.max_papers, found.zotero_id) == (("cs.AI", "cs.CV"), None, "7")
    assert zotero_arxiv_daily.from_variables({"PATH": "x"}) is None


@pytest.mark.parametrize(
    "text, line",
    [("a:\n  b: |\n    long\n", 2), ("&anchor a: 1\n", 1), ("a: 1\n- [x\n", None), ("words\n", 1)],
)
def test_yaml_that_is_not_simple_is_refused_with_its_line(text: str, line: int | None) -> None:
    if line is None:
        assert read_yaml(text, file="f") == {"a": ["1", "[x"]}
        return
    with pytest.raises(InputError) as caught:
        read_yaml(text, file="f.yaml")
    assert caught.value.line == line


@given(st.text(alphabet=st.sampled_from("ab: -\n#\"'[],${}|>&*!\t"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        values = read_yaml(text, file="f.yaml")
    except InputError:
        return
    zotero_arxiv_daily.from_yaml(values, {})


def dict_db(path: Path, users: dict[str, Any]) -> Path:
    """A `dict.db` as sqlitedict writes it for arxiv-sanity-lite."""
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("CREATE TABLE tags (key TEXT PRIMARY KEY, value BLOB)")
        for user, value in users.items():
            data = zlib.compress(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
            opened.execute("INSERT INTO tags VALUES (?, ?)", (user, data))
        opened.commit()
    return path


def test_the_tags_of_arxiv_sanity_lite_become_topics(tmp_path: Path) -> None:
    file = dict_db(
        tmp_path / "dict.db",
        {"root": {"caches": {"2401.00002", "2312.00001v2"}, "empty": set(), "odd": {"not an id"}}},
    )
    users = read_tags(file)
    assert users["root"]["caches"] == ("2312.00001", "2401.00002")
    text, left_out = drafted_profile.from_tags(
        users["root"], email="ada@example.org", timezone="UTC"
    )
    (topic,) = loader.parse(text, file="ada.toml").profile.topics
    assert (topic.name, topic.likes_from) == ("caches", ("2312.00001", "2401.00002"))
    assert len(left_out) == 2


def test_many_papers_of_a_tag_are_cut_to_the_newest() -> None:
    ids = tuple(f"24{month:02}.{number:05}" for month in range(1, 13) for number in range(10))
    text, left_out = drafted_profile.from_tags({"a": ids}, email="a@example.org", timezone="UTC")
    (topic,) = loader.parse(text, file="ada.toml").profile.topics
    assert topic.likes_from == ids[-100:]
    assert left_out == ["20 older papers of the tag 'a'"]


class _Runs:
    def __reduce__(self) -> tuple[Any, ...]:
        return eval, ("1 + 1",)


@pytest.mark.parametrize("value", [_Runs(), ["a list"], {"a": 1}, Path()])
def test_a_pickle_with_code_or_another_value_is_refused(tmp_path: Path, value: object) -> None:
    with pytest.raises(InputError):
        read_tags(dict_db(tmp_path / "dict.db", {"root": value}))


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="bytes"):
        read_tags(dict_db(tmp_path / "dict.db", {"root": "x" * 20_000_001}))
