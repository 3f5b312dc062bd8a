"""Profile files: what they say, and what is said about their mistakes."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config.profiles import loader as profile_loader
from digest.config.profiles.loader import AuthoredProfile, load_all, parse, problems, read
from digest.config.profiles.schema import ProfileTables, TopicTable, json_schema
from digest.config.tables.keys import keys_of
from digest.config.tables.readers import reader_of
from digest.config.tables.toml_values import TOML
from digest.core.keywords.parser import KeywordError, parse_all
from digest.core.models.papers import AnnouncementKind
from digest.core.models.profiles import Boosts, Profile
from digest.errors import ProfileError

FULL = r"""#:schema profile.schema.json
email = "reader@example.org"
name = "Reader"
timezone = "Europe/Paris"
send_at = "07:30"
days = ["fri", "mon"]
max_papers = 7
min_match = 35
when_empty = "send"
trending = 0
kinds = ["new", "revised"]
sources = ["hf-dumps", "arxiv-cs"]

[[topics]]
name = "Efficient inference"
keywords = ["KV cache", "speculative decoding^2", "\"mixture of experts\"", "-benchmark"]
exclude = ["federated learning"]
authors = ["Tri Dao"]
categories = ["cs.LG"]
weight = 2

[[topics]]
name = "Second"
authors = ["Ada Lovelace"]
"""
SHORT = """\
email = "ada@example.org"
[[topics]]
name = "Caches"
keywords = ["KV cache"]
"""


def with_line(line: str) -> str:
    """A good profile with one more line, its first."""
    return f"{line}\n{SHORT}"


def only_problem(text: str) -> str:
    found = problems(text, "ada.toml")
    assert len(found) == 1, found
    return str(found[0])


def test_every_key_of_a_profile_is_loaded() -> None:
    authored = parse(FULL, file="reader.toml")
    profile = authored.profile
    assert (authored.email, authored.name) == ("reader@example.org", "Reader")
    assert (profile.name, profile.timezone, profile.send_at) == ("Reader", "Europe/Paris", "07:30")
    assert profile.days == (0, 4)
    assert (profile.max_papers, profile.min_match, profile.trending) == (7, 35.0, 0)
    assert profile.when_empty == "send"
    assert profile.kinds == (AnnouncementKind.NEW, AnnouncementKind.REVISED)
    assert profile.sources == ("hf-dumps", "arxiv-cs")
    assert [(topic.name, topic.weight) for topic in profile.topics] == [
        ("Efficient inference", 2.0),
        ("Second", 1.0),
    ]


def test_authors_and_categories_become_keywords_of_their_fields() -> None:
    topic = parse(FULL, file="reader.toml").profile.topics[0]
    assert [(word.text, word.field) for word in topic.keywords] == [
        ("KV cache", "text"),
        ("speculative decoding^2", "text"),
        ('"mixture of experts"', "text"),
        ("author:Tri Dao", "author"),
        ("category:cs.LG", "category"),
    ]
    assert [word.term for word in topic.excluded] == ["benchmark", "federated learning"]


ALIASES = """\
email = "ada@example.org"
aliases = { LLM = ["large language model"], MoE = ["mixture of experts"] }
[[topics]]
name = "One"
keywords = ["LLM^2", "MoE"]
exclude = ["LLMs"]
[[topics]]
name = "Two"
keywords = ["LLM", "MoE"]
[topics.aliases]
LLMs = ["chatbot"]
MoE = []
"""


def test_aliases_of_a_topic_override_those_of_the_profile() -> None:
    one, two = parse(ALIASES, file="a").profile.topics
    assert [[form.text for form in word.forms] for word in one.keywords] == [
        ["large language model"],
        ["mixture of experts"],
    ]
    assert [form.text for form in one.excluded[0].forms] == ["large language model"]
    assert [[form.text for form in word.forms] for word in two.keywords] == [["chatbot"], []]


@pytest.mark.parametrize(
    "aliases, message",
    [
        ('"LLM^2" = ["x"]', 'ada.toml:4:5: keyword "LLM^2": the name of an alias has no weight'),
        ("a-b = []\nof = []", 'ada.toml:5:1: keyword "of": only words that are in every text'),
        ('LLM = ["ok", "a  x^2"]', 'ada.toml:4:19: keyword "a  x^2": an alias has no weight'),
        ('LLM = ["title:x"]', 'ada.toml:4:9: keyword "title:x": an alias has no field'),
        ('LLM = "chatbot"', 'ada.toml:4:7: "LLM" must be a list in [brackets], not "chatbot"'),
        ("name = [1]", 'ada.toml:4:9: an item of "name" must be text in quotes, not 1'),
        (f"LLM = {['x'] * 21}", 'ada.toml:4:7: "LLM" must have at most 20 items, not a list'),
    ],
)
def test_a_mistake_in_an_alias_is_reported_with_its_place(aliases: str, message: str) -> None:
    head, topics = SHORT.split("[[topics]]")
    assert only_problem(f"{head}\n[aliases]\n{aliases}\n[[topics]]{topics}").startswith(message)
    if "name" not in aliases:
        below = only_problem(f"{SHORT}[topics.aliases]\n{aliases}\n")
        assert below.partition(": ")[2].startswith(message.partition(": ")[2])


def test_missing_keys_have_the_defaults_of_the_model() -> None:
    profile = parse(SHORT, file="ada.toml").profile
    assert profile == Profile(topics=profile.topics)


def test_related_terms_and_boosts_are_loaded() -> None:
    lines = 'related = false\nboosts = { votes = true, authors = ["Tri Dao"] }\n'
    profile = parse(lines + SHORT, file="ada.toml").profile
    assert not profile.related
    assert profile.boosts == Boosts(votes=True, code=False, authors=("Tri Dao",))


def test_an_absent_time_means_the_first_run_and_absent_sources_mean_all() -> None:
    profile = parse(SHORT, file="ada.toml").profile
    assert profile.send_at is None
    assert profile.sources is None


@pytest.mark.parametrize(
    "line, message",
    [
        ("max_paper = 3", 'ada.toml:1:1: unknown key "max_paper"; did you mean "max_papers"?'),
        ('"new\\nline" = 3', r'ada.toml:1:1: unknown key "new\nline"'),
        ("max_papers = 0", 'ada.toml:1:14: "max_papers" must be at least 1, not 0'),
        ("max_papers = 201", 'ada.toml:1:14: "max_papers" must be at most 200, not 201'),
        ('max_papers = "5"', 'ada.toml:1:14: "max_papers" must be a whole number, not "5"'),
        ("max_papers = true", 'ada.toml:1:14: "max_papers" must be a whole number, not true'),
        ("min_match = -1", 'ada.toml:1:13: "min_match" must be at least 0, not -1'),
        ("min_match = 100.5", 'ada.toml:1:13: "min_match" must be at most 100, not 100.5'),
        ("min_match = nan", 'ada.toml:1:13: "min_match" must be a number, not nan'),
        ("trending = 21", 'ada.toml:1:12: "trending" must be at most 20, not 21'),
        ("trending = -1", 'ada.toml:1:12: "trending" must be at least 0, not -1'),
        (
            'when_empty = "never"',
            'ada.toml:1:14: "when_empty" must be one of "skip" or "send", not "never"',
        ),
        (
            'timezone = "Europe/Pari"',
            'ada.toml:1:12: "Europe/Pari" is not a time zone; did you mean "Europe/Paris"?',
        ),
        (
            'timezone = "../../etc/passwd"',
            'ada.toml:1:12: "../../etc/passwd" is not a time zone; write one such as "Europe/Paris"',
        ),
        (
            'send_at = "7:30"',
            'ada.toml:1:11: "send_at" must be a time from "00:00" to "23:59", not "7:30"',
        ),
        (
            'send_at = "24:00"',
            'ada.toml:1:11: "send_at" must be a time from "00:00" to "23:59", not "24:00"',
        ),
        ("send_at = 07:30:00", 'ada.toml:1:11: "send_at" must be text in quotes, not 07:30:00'),
        (
            'days = ["mon", "Tuesday"]',
            'ada.toml:1:16: "Tuesday" is not a day; did you mean "tue"?',
        ),
        ("days = []", 'ada.toml:1:8: "days" must have at least 1 item, not an empty list'),
        ('days = "mon"', 'ada.toml:1:8: "days" must be a list in [brackets], not "mon"'),
        (
            'kinds = ["news"]',
            'ada.toml:1:10: "news" is not a kind of announcement; did you mean "new"?',
        ),
        (
            'language = "germn"',
            'ada.toml:1:12: "germn" is not a supported language; did you mean "german"?',
        ),
        ("sources = [1]", 'ada.toml:1:12: an item of "sources" must be text in quotes, not 1'),
        (
            'name = "a\\u0000b"',
            'ada.toml:1:8: "name" contains control characters; write plain text on one line, not "a\\u0000b"',
        ),
    ],
)
def test_a_mistake_is_reported_with_its_place_and_correction(line: str, message: str) -> None:
    assert only_problem(with_line(line)) == message


@pytest.mark.parametrize("zone", ["localtime", "posixrules", "right/Europe/Paris", "Europe", ""])
def test_a_text_that_only_looks_like_a_time_zone_is_refused(zone: str) -> None:
    assert "is not a time zone" in only_problem(with_line(f'timezone = "{zone}"'))


@pytest.mark.parametrize("zone", ["UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "EST5EDT"])
def test_every_zone_of_the_iana_list_is_accepted(zone: str) -> None:
    assert parse(with_line(f'timezone = "{zone}"'), file="a").profile.timezone == zone


def test_a_misspelt_key_in_a_topic_is_reported_with_its_line() -> None:
    text = SHORT.replace("keywords", "keyword")
    with pytest.raises(ProfileError) as caught:
        parse(text, file=Path("profiles/ada.toml"))
    assert (
        str(caught.value)
        == 'profiles/ada.toml:4:1: unknown key "keyword"; did you mean "keywords"?'
    )
    assert (caught.value.file, caught.value.line) == ("profiles/ada.toml", 4)


def test_a_misspelt_required_key_is_reported_before_the_missing_one() -> None:
    found = [str(problem) for problem in problems(SHORT.replace("email", "emial"), "a")]
    assert found == [
        'a:1:1: unknown key "emial"; did you mean "email"?',
        'a:1:1: "email" is missing; write email = "ada@example.org"',
    ]


def test_a_profile_key_below_a_topic_must_move_to_the_top() -> None:
    assert only_problem(f"{SHORT}max_papers = 5\n") == (
        'ada.toml:5:1: "max_papers" does not belong in this table; move it above the first [table]'
    )


def test_keywords_outside_of_a_topic_must_move_into_one() -> None:
    assert only_problem(with_line('keywords = ["a"]')) == (
        'ada.toml:1:1: "keywords" belongs in its own table; write [[topics]] on a line above it'
    )


def test_a_topic_in_single_brackets_needs_double_brackets() -> None:
    text = 'email = "ada@example.org"\n[topics]\nname = "x"\n'
    assert only_problem(text) == (
        "ada.toml:2:1: write [[topics]] on a line, and name = ... below it"
    )


def test_a_profile_without_topics_is_refused() -> None:
    assert "[[topics]]" in only_problem('email = "ada@example.org"')
    assert "at least 1 item" in only_problem('email = "ada@example.org"\ntopics = []')


@pytest.mark.parametrize("topic", ["", 'keywords = ["-pruning"]', 'exclude = ["pruning"]'])
def test_a_topic_that_looks_for_nothing_is_refused_at_its_header(topic: str) -> None:
    text = f'email = "ada@example.org"\n\n[[topics]]\nname = "x"\n{topic}\n'
    message = only_problem(text)
    assert message.startswith("ada.toml:3:1: a topic needs something to look for; write")


def test_a_topic_without_a_name_is_reported_at_its_header() -> None:
    text = 'email = "ada@example.org"\n[[topics]]\nkeywords = ["KV cache"]\n'
    assert only_problem(text) == (
        'ada.toml:2:1: "name" is missing; write name = "Efficient inference"'
    )


@pytest.mark.parametrize("name", ["", "  ", "\\n", "x" * 101])
def test_a_topic_name_that_cannot_be_a_heading_is_refused(name: str) -> None:
    assert only_problem(SHORT.replace("Caches", name)).startswith('ada.toml:3:8: "name" ')


def test_two_topics_of_one_name_are_refused_at_the_second() -> None:
    text = f'{SHORT}[[topics]]\nname = "Caches"\nkeywords = ["another"]\n'
    assert only_problem(text) == (
        'ada.toml:6:8: topic "Caches" is defined twice; give each topic its own name'
    )


@pytest.mark.parametrize("weight", ["0", "-1", "nan", "inf", "101"])
def test_a_weight_must_be_a_positive_number(weight: str) -> None:
    assert only_problem(f"{SHORT}weight = {weight}\n").startswith('ada.toml:5:10: "weight" must')


def test_a_bad_keyword_is_reported_at_the_very_character() -> None:
    text = SHORT.replace(
        '["KV cache"]', '[\n  "KV cache",  # fine, "quoted"\n  "\\"mixture\\" of"\n]'
    )
    found = problems(text, "a")[0]
    with pytest.raises(KeywordError) as caught:
        parse_all(['"mixture" of'])
    assert found.line == 6
    assert found.column is not None
    written, meant = text.splitlines()[5], '"mixture" of'
    assert written[found.column - 1 :].rstrip('"') == meant[caught.value.column - 1 :]
    assert found.problem == rf'keyword "\"mixture\" of": {caught.value.problem}'


@pytest.mark.parametrize(
    "line, text",
    [
        ('exclude = ["fine", "x^2"]', "x^2"),
        ('authors = ["Ada", "Tri*"]', "Tri*"),
        ('categories = ["cs.LG", "cs LG"]', "cs LG"),
    ],
)
def test_a_bad_exclusion_author_or_category_is_reported_at_its_place(line: str, text: str) -> None:
    found = problems(f"{SHORT}{line}\n", "a")[0]
    start = line.index(text)
    assert found.line == 5
    assert found.column is not None
    assert start < found.column <= start + len(text) + 1
    assert found.problem.startswith(f'keyword "{text}": ')


def test_all_problems_are_listed_from_top_to_bottom() -> None:
    text = (
        'trending = 99\nemail = "x"\ndays = ["m"]\n[[topics]]\nname = 1\nkeywords = [""]\nx = 1\n'
    )
    assert [problem.line for problem in problems(text, "a")] == [1, 2, 3, 5, 6, 7]


def test_a_good_profile_has_no_problems() -> None:
    assert problems(FULL, "reader.toml") == []


@pytest.mark.parametrize(
    "text, place, words",
    [
        ("send_at = 07:30", "a:1:12", "write text and times in quotes"),
        ("email = ada@example.org", "a:1:9", "text must be in quotes"),
        ("days = [\n'mon'\n'tue'\n]", "a:3:1", "commas between its items"),
        ("a = 'x\nb = 1", "a:2", "closing quote is missing"),
        ('a = "x', "a:1", "closing quote is missing"),
        ('a = """x\n\n', "a:1", "closing quote is missing"),
        ("a = 1\na = 2\n", "a:2", "already set above"),
        ("email\n", "a:1:6", 'followed by "="'),
        ('a = "C:\\home"', "a:1", "backslash"),
        ("[[topics]\n", "a:1", "[[topics]]"),
        ("a = [1", "a:1", "list"),
        ("!", "a:1:1", "expected key = value"),
        ("a = 2026-02-31", "a:1:5", "not a valid date"),
        (f"a = {'9' * 5000}", "a: ", "number is too long"),
        ("a = " + "[" * 50_000, "a: ", "nested too deeply"),
    ],
)
def test_broken_toml_is_reported_in_plain_words(text: str, place: str, words: str) -> None:
    with pytest.raises(ProfileError) as caught:
        parse(text, file="a")
    assert str(caught.value).startswith(place)
    assert words in str(caught.value)


def test_a_key_of_very_many_parts_is_refused_quickly() -> None:
    assert only_problem("\n" + "a." * 100_000 + "b = 1") == (
        "ada.toml:2: a key of more than 32 parts"
    )


def test_a_text_with_many_dots_is_accepted() -> None:
    dotted = "a. b. " * 15
    assert problems(SHORT.replace("Caches", dotted), "a") == []


def test_a_profile_over_one_megabyte_is_refused() -> None:
    assert "over 1 MB" in only_problem(SHORT + "#" * 1_000_000)


def test_more_than_ten_thousand_keywords_are_refused() -> None:
    words = ", ".join(['"word"'] * 10_001)
    assert only_problem(SHORT.replace('"KV cache"', words)) == (
        "ada.toml: 10,001 keywords; a profile may have at most 10,000"
    )


def test_forms_of_aliases_count_as_keywords() -> None:
    names = (f'k{number} = ["a b", "c d"]' for number in range(4000))
    assert only_problem(f"{SHORT}[topics.aliases]\n" + "\n".join(names)) == (
        "ada.toml: 12,001 keywords; a profile may have at most 10,000"
    )


def test_windows_line_ends_do_not_shift_lines() -> None:
    text = SHORT.replace("KV cache", "KV^cache").replace("\n", "\r\n")
    assert only_problem(text).startswith("ada.toml:4:16: ")


def test_a_file_that_is_not_utf8_is_refused_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "ada.toml"
    file.write_bytes(b'email = "ada@example.org"\nname = "Ren\xe9"\n')
    with pytest.raises(ProfileError, match=r"ada\.toml:2: not UTF-8"):
        read(file)


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    file = tmp_path / "ada.toml"
    file.write_text(SHORT, encoding="utf-8-sig")
    assert read(file) == SHORT


def test_a_missing_file_is_reported_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"ada\.toml: cannot be read: No such file"):
        read(tmp_path / "ada.toml")


def test_a_broken_file_does_not_affect_the_others(tmp_path: Path) -> None:
    (tmp_path / "ada.toml").write_text(SHORT)
    (tmp_path / "bob.toml").write_text("email = ")
    (tmp_path / "carl.toml").write_text(FULL)
    (tmp_path / "dora.toml").mkdir()
    (tmp_path / ".#ada.toml").write_text("an editor's lock")
    (tmp_path / "notes.txt").write_text("no profile")
    found = load_all(tmp_path)
    assert [file.name for file in found.files] == ["ada", "carl"]
    assert found.files[0].text == SHORT
    assert found.files[0].path == tmp_path / "ada.toml"
    assert found.files[1].authored.email == "reader@example.org"
    assert found.broken == {"bob", "dora"}
    assert [error.file for error in found.errors] == [
        str(tmp_path / "bob.toml"),
        str(tmp_path / "dora.toml"),
    ]


def test_a_named_pipe_among_the_profiles_is_an_error_and_nobody_waits_for_it(
    tmp_path: Path,
) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    loaded = load_all(tmp_path)
    assert [str(error) for error in loaded.errors] == [
        f"{tmp_path}/pipe.toml: is a named pipe, not a file; remove it"
    ]
    assert loaded.broken == {"pipe"}


def test_a_missing_folder_has_no_profiles(tmp_path: Path) -> None:
    found = load_all(tmp_path / "profiles")
    assert (found.files, found.errors, found.broken) == ((), (), frozenset())


def test_the_schema_knows_every_key_and_no_others() -> None:
    schema = json_schema()
    topic = schema["$defs"]["TopicTable"]
    assert set(schema["properties"]) == set(keys_of(ProfileTables))
    assert set(topic["properties"]) == set(keys_of(TopicTable))
    assert schema["additionalProperties"] is topic["additionalProperties"] is False
    assert schema["required"] == ["email", "topics"]
    for described in (*schema["properties"].values(), *topic["properties"].values()):
        assert described["description"]
        assert described["examples"]
    json.dumps(schema)


def test_the_examples_in_the_schema_are_valid() -> None:
    def first_examples(properties: dict[str, Any]) -> dict[str, Any]:
        return {name: described["examples"][0] for name, described in properties.items()}

    schema = json_schema()
    topic = first_examples(schema["$defs"]["TopicTable"]["properties"])
    profile = {**first_examples(schema["properties"]), "topics": [topic]}
    assert reader_of(ProfileTables, TOML).read(profile).topics[0].weight == 1.0


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_an_unreadable_file_is_reported_not_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ada.toml").write_text(SHORT)

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert str(load_all(tmp_path).errors[0]).endswith("ada.toml: cannot be read: Permission denied")


anything = st.text(st.characters(exclude_categories=[]), max_size=60)
pieces = st.sampled_from([*FULL.splitlines(keepends=True), '"', "[", "]", "\\", "\n", " = ", "#"])


@given(anything | st.lists(pieces, max_size=25).map("".join))
def test_any_text_is_a_profile_or_has_a_problem_on_one_line(text: str) -> None:
    found = problems(text, "any.toml")
    outcome: AuthoredProfile | str
    try:
        outcome = parse(text, file="any.toml")
    except ProfileError as error:
        outcome = str(error)
    assert outcome == str(found[0]) if found else isinstance(outcome, AuthoredProfile)
    for problem in found:
        assert str(problem).isprintable()
        assert problem.line is None or 1 <= problem.line <= text.count("\n") + 1


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_text_as_a_value_is_accepted_or_refused_at_its_place(value: str) -> None:
    quoted = json.dumps(value, ensure_ascii=True).replace("\x7f", "\\u007f")
    if any(ord(character) > 0xFFFF for character in value):
        quoted = '"' + "".join(f"\\U{ord(character):08x}" for character in value) + '"'
    text = (
        f"name = {quoted}\nemail = {quoted}\ntimezone = {quoted}\n"
        f'[[topics]]\nname = {quoted}\nkeywords = [{quoted}, "KV cache"]\nauthors = [{quoted}]\n'
    )
    for problem in problems(text, "any.toml"):
        assert problem.line in (1, 2, 3, 5, 6, 7)
        assert problem.column is not None
        assert str(problem).isprintable()


def test_a_file_is_read_again_only_when_its_text_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "reader.toml"
    text = 'email = "a@example.org"\n[[topics]]\nname = "T"\nkeywords = ["bee"]\n'
    path.write_text(text, "utf-8")
    first = load_all(tmp_path)
    checked: list[str] = []
    check = profile_loader._validate

    def counted(content: str) -> object:
        checked.append(content)
        return check(content)

    monkeypatch.setattr(profile_loader, "_validate", counted)
    assert load_all(tmp_path) == first
    assert checked == []
    path.write_text(text.replace("bee", "wasp"), "utf-8")
    (changed,) = load_all(tmp_path).files
    assert changed.authored.profile.topics[0].keywords[0].text == "wasp"
    assert len(checked) == 1
