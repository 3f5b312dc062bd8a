"""The `digest profile` commands: new, check, volume and from-library."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from support.homes import DigestHome

from digest.config.profiles.loader import parse
from digest.core.models.profiles import Profile

NOW = "2026-05-12T06:00:00Z"
WARNED = """\
email = "ada@example.org"

[[topics]]
name = "Bees"
keywords = ["bees", "bee", "KV cache"]
exclude = ["caches"]
"""

FOUND = """\
email = "ada@example.org"

[[topics]]
name = "Caches"
keywords = ["KV cache^2", "pruning", "waggle dance"]
"""


def profile_of(text: str) -> Profile:
    return parse(text, file="printed").profile


def test_new_prints_a_profile_about_the_words_given_and_asks_nothing(bare_home: DigestHome) -> None:
    made = bare_home.digest("profile", "new", "KV cache", "quantiz*^2", "--email", "a@example.org")
    assert (made.code, made.err) == (0, "")
    profile = profile_of(made.out)
    assert [topic.name for topic in profile.topics] == ["KV cache"]
    assert [word.text for word in profile.topics[0].keywords] == ["KV cache", "quantiz*^2"]
    assert profile.max_papers == 15


def test_new_takes_phrases_without_quotes(bare_home: DigestHome) -> None:
    words = ("computer", "vision,", "3d", "reconstruction")
    made = bare_home.digest("profile", "new", *words, "--email", "a@example.org")
    (topic,) = profile_of(made.out).topics
    assert [word.term for word in topic.keywords] == ["computer vision", "3d reconstruction"]
    assert "commas separate keywords" in made.err


def test_new_starts_a_topic_at_each_name(bare_home: DigestHome) -> None:
    words = ("KV cache", "Agents: tool use", "agentic", "title: survey")
    made = bare_home.digest("profile", "new", *words, "--email", "a@example.org")
    topics = profile_of(made.out).topics
    assert [(topic.name, [word.term for word in topic.keywords]) for topic in topics] == [
        ("KV cache", ["KV cache"]),
        ("Agents", ["tool use", "agentic", "survey"]),
    ]


def test_new_takes_named_topics_exclusions_and_quotes_and_writes_a_file(
    bare_home: DigestHome,
) -> None:
    file = bare_home.path / "profiles" / "ada.toml"
    words = 'Bees: "honey, bee", -wasps; title:survey, RAG'
    answer = bare_home.json("profile", "new", words, "--max-papers", "5", "--out", file)
    assert answer["profile"] == file.read_text("utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    profile = profile_of(answer["profile"])
    assert [(topic.name, len(topic.keywords)) for topic in profile.topics] == [
        ("Bees", 1),
        ("survey", 2),
    ]
    assert [word.term for word in profile.topics[0].excluded] == ["wasps"]
    assert profile.max_papers == 5
    assert bare_home.digest("profile", "check", file).code == 0
    again = bare_home.digest("profile", "new", "bees", "--out", file)
    assert again.code == 2
    assert "nothing is overwritten" in again.err
    assert file.read_text("utf-8") == answer["profile"]


@pytest.mark.parametrize(
    "arguments, says",
    [
        ([], "no keywords; give some, as in: digest profile new"),
        ([" , ;"], "no keywords; write some with commas"),
        (["qu*nt"], "keyword 'qu*nt': a \"*\" that does not end the keyword"),
        (["Bees: -wasps"], "contains nothing to look for"),
        (["bees", "--email", "nobody"], "'nobody' is not an e-mail address"),
        (["bees, Wasps: nests"], "write a semicolon before it"),
        (["bees; bees"], 'topic "bees" is defined twice'),
        (["bees", "--from", "nlp"], "keywords and --from exclude each other"),
        (["--from", "robot"], 'did you mean "robotics"? The names are: ai-safety, '),
        (["--from", "nlp", "--email", "nobody"], "'nobody' is not an e-mail address"),
    ],
)
def test_new_rejects_wrong_input_in_one_line(
    bare_home: DigestHome, arguments: list[str], says: str
) -> None:
    answer = bare_home.digest("profile", "new", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert len(answer.err.splitlines()) == 1


def test_new_asks_three_questions_on_a_terminal_and_again_after_a_mistake(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "digest", "profile", "new"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        text=True,
    )
    os.write(ours, b"nobody\nada@example.org\nBees: waggle dance, honey*\n7\n")
    out, err = process.communicate(timeout=120)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0, err
    assert "'nobody' is not an e-mail address" in err
    questions = ("Which address", "What do you want", "How many papers")
    assert [err.count(question) for question in questions] == [2, 1, 1]
    assert 'email = "ada@example.org"' in out
    profile = profile_of(out)
    assert (profile.topics[0].name, profile.max_papers) == ("Bees", 7)


def test_new_asks_for_the_address_alone_where_a_starter_profile_is_given(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "digest", "profile", "new", "--from", "robotics"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        text=True,
    )
    os.write(ours, b"ada@example.org\n")
    out, err = process.communicate(timeout=120)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0, err
    assert [err.count(question) for question in ("Which address", "What do you", "How many")] == [
        1,
        0,
        0,
    ]
    assert 'email = "ada@example.org"' in out
    assert profile_of(out).topics[0].name == "Manipulation and learning"


def test_new_lists_the_starter_profiles_with_a_description_of_each(bare_home: DigestHome) -> None:
    starters = bare_home.json("profile", "new", "--list")["starter_profiles"]
    lines = bare_home.digest("profile", "new", "--list").out.splitlines()
    assert [line.split()[0] for line in lines] == [starter["name"] for starter in starters]
    assert all(
        line.endswith(starter["description"]) for line, starter in zip(lines, starters, strict=True)
    )
    assert "astrophysics" in {starter["name"] for starter in starters}


def test_new_copies_a_starter_profile_with_the_address_given(bare_home: DigestHome) -> None:
    file = bare_home.path / "profiles" / "ada.toml"
    made = bare_home.digest(
        "profile", "new", "--from", "climate", "--email", "a@example.org", "--out", file
    )
    assert (made.code, made.err) == (0, "")
    text = file.read_text("utf-8")
    assert 'email = "a@example.org"' in text
    assert profile_of(text).topics[0].name == "Models and projections"
    assert bare_home.digest("profile", "check", file).out.startswith(f"{file}: good\n")


def test_new_warns_of_the_placeholder_in_a_copy_without_an_address(bare_home: DigestHome) -> None:
    made = bare_home.digest("profile", "new", "--from", "climate")
    assert made.code == 0
    assert 'email = "you@example.org"' in made.out
    assert "the address is a placeholder" in made.err


def test_check_warns_with_file_line_and_column_and_succeeds(bare_home: DigestHome) -> None:
    file = bare_home.profile("ada", WARNED)
    answer = bare_home.digest("profile", "check", file)
    assert answer.code == 0
    first_line, report = answer.out.split("\n", 1)
    assert first_line == f"{file}: good, with 2 warnings"
    assert "no papers are stored from the last 30 days, so these are the forms alone" in report
    assert "found in" not in report
    first, second = answer.err.splitlines()
    assert first.startswith(f'warning: {file}:5:22: matches the same as "bees" above')
    assert second.startswith(f"warning: {file}:5:29: never finds a paper: the exclusion")
    (checked,) = bare_home.json("profile", "check", file)["profiles"]
    assert (checked["ok"], checked["problems"]) == (True, [])
    assert [(item["line"], item["column"]) for item in checked["warnings"]] == [(5, 22), (5, 29)]
    assert not (bare_home.path / "digest.db").exists(), "checking makes no database"


def test_check_tries_keywords_on_the_stored_papers(
    bare_home: DigestHome, samples: list[Path]
) -> None:
    for path in samples:
        bare_home.json("collect", "--file", path, "--now", NOW)
    file = bare_home.profile("ada", WARNED.replace("KV cache", "an*"))
    answer = bare_home.digest("profile", "check", file)
    assert answer.code == 0
    assert ":5:29: matches 2" in answer.err
    assert "of the 26 stored papers; write a narrower keyword" in answer.err


def test_check_shows_what_each_keyword_finds_and_brought(
    bare_home: DigestHome, samples: list[Path]
) -> None:
    for path in samples:
        bare_home.json("collect", "--file", path, "--now", NOW)
    file = bare_home.profile("ada", FOUND)
    (checked,) = bare_home.json("profile", "check", file, "--now", NOW)["profiles"]
    report = checked["report"]
    assert (report["days"], report["papers"], report["min_match"]) == (30, 26, 20)
    cache, pruning, none = report["keywords"]
    assert (cache["topic"], cache["keyword"], cache["near"]) == ("Caches", "KV cache^2", True)
    assert cache["papers"] >= cache["matched"] > 0
    assert pruning["other_forms"] == ["prune", "pruned"]
    assert (none["papers"], none["matched"]) == (0, 0)
    assert all(15 <= item["score"] < 20 for item in report["near_misses"])
    answer = bare_home.digest("profile", "check", file, "--now", NOW)
    assert (
        f"  26 papers in the last 30 days, {report['matched']} match (min_match 20)\n" in answer.out
    )
    assert "A phrase also finds its words near each other" in answer.out
    assert "prune, pruned" in answer.out


def test_check_reports_on_older_papers_that_there_are_none(
    bare_home: DigestHome, samples: list[Path]
) -> None:
    bare_home.json("collect", "--file", samples[0], "--now", NOW)
    file = bare_home.profile("ada", FOUND)
    later = bare_home.digest("profile", "check", file, "--now", "2026-07-12T06:00:00Z")
    assert "no papers are stored from the last 30 days" in later.out


def test_check_reports_on_a_single_profile_and_only_checks_several(bare_home: DigestHome) -> None:
    file = bare_home.profile("ada", FOUND)
    assert bare_home.json("profile", "check")["profiles"][0]["report"]
    bare_home.profile("bob", FOUND.replace("ada@", "bob@"))
    checked = bare_home.json("profile", "check")["profiles"]
    assert [item["report"] for item in checked] == [None, None]
    checked = bare_home.json("profile", "check", *(bare_home.path / "profiles").glob("*.toml"))
    assert [item["report"] for item in checked["profiles"]] == [None, None]
    assert bare_home.json("profile", "check", file)["profiles"][0]["report"]


def test_check_works_without_a_database_that_cannot_be_used(bare_home: DigestHome) -> None:
    (bare_home.path / "digest.db").write_bytes(b"no database at all" * 100)
    answer = bare_home.digest("profile", "check", bare_home.profile("ada"))
    assert answer.code == 0
    assert answer.err.count("warning: done without the stored papers: ") == 1


def test_volume_replays_the_stored_days_and_changes_nothing(
    bare_home: DigestHome, samples: list[Path]
) -> None:
    for path in samples:
        bare_home.json("collect", "--file", path, "--now", NOW)
    file = bare_home.path / "tried.toml"
    keywords = '["qu*", "co*", "in*", "xyzzyq"]'
    file.write_text(
        f'email = "a@example.org"\nmin_match = 1\nmax_papers = 4\n[[topics]]\nname = "T"\nkeywords = {keywords}\n',
        "utf-8",
    )
    result = bare_home.json("profile", "volume", file)
    assert [(day["date"], day["considered"]) for day in result["days"]] == [
        ("2026-05-11", 16),
        ("2026-05-12", 10),
    ]
    for day in result["days"]:
        assert day["papers"] + day["left_out"] == day["matched"]
        assert 0 < len(day["top"]) <= 3
        scores = [paper["score"] for paper in day["top"]]
        assert scores == sorted(scores, reverse=True)
    assert result["papers_a_day"] == sum(day["papers"] for day in result["days"]) / 2
    assert [use["papers"] > 0 for use in result["keywords"]] == [True, True, True, False]
    assert [
        day["date"] for day in bare_home.json("profile", "volume", file, "--days", "1")["days"]
    ] == ["2026-05-12"]
    curve = [(point["min_match"], point["papers_a_day"]) for point in result["curve"]]
    assert [least for least, _ in curve] == [10, 20, 30, 40, 50, 60, 70, 80]
    assert [papers for _, papers in curve] == sorted((papers for _, papers in curve), reverse=True)
    output = bare_home.digest("profile", "volume", file).out
    assert "With another min_match (now 1), and before max_papers:\n  10  " in output
    assert "Found nothing: xyzzyq" in output
    assert "papers a day over 2 days" in output
    assert bare_home.json("status")["editions"] == {}
    weekly = file.read_text("utf-8").replace("[[topics]]", 'days = ["fri"]\n[[topics]]', 1)
    file.write_text(weekly, "utf-8")
    (week,) = bare_home.json("profile", "volume", file)["days"]
    assert (week["date"], week["considered"]) == ("2026-05-15", 26)


def test_volume_gives_the_same_numbers_as_the_digest(
    digest_home: DigestHome, samples: list[Path]
) -> None:
    digest_home.dump(samples[0])
    file = digest_home.profile("ada")
    sent = digest_home.json("run", "--now", "2026-05-11T06:00:00Z")["published"][0]
    (day,) = digest_home.json("profile", "volume", file)["days"]
    assert (day["papers"], day["considered"]) == (sent["papers"], sent["considered"])


def test_volume_without_stored_papers_says_what_to_do(bare_home: DigestHome) -> None:
    answer = bare_home.digest("profile", "volume", bare_home.profile("ada"))
    assert answer.code == 0
    assert "digest collect" in answer.out


LIBRARY = {
    "list.jsonl": '{"title": "Bees dance", "abstract": "Honey bees dance for nectar."}\n'
    '{"title": "More bees", "abstract": "Nectar and honey.", "authors": ["Ada Lovelace"]}\n',
    "list.bib": "@article{a, title={{Bees} dance}, abstract={Honey bees dance for nectar.},"
    " author={Lovelace, Ada}}\n@article{b, title={More bees}, author={Lovelace, Ada}}\n",
    "list.ris": "TY  - JOUR\nTI  - Bees dance\nAB  - Honey bees dance for nectar.\nER  - \n",
    "list.json": json.dumps([{"title": "Bees dance", "abstract": "Honey bees dance for nectar."}]),
}


@pytest.mark.parametrize("name", LIBRARY)
def test_from_library_prints_a_complete_profile(
    bare_home: DigestHome, tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    file.write_text(LIBRARY[name], "utf-8")
    answer = bare_home.digest("profile", "from-library", file, "--keywords", "3")
    assert answer.code == 0
    assert "the address is a placeholder" in answer.err
    topic = profile_of(answer.out).topics[0]
    assert (topic.keywords, topic.likes_from) == ((), (name,))
    assert "# keywords = [" in answer.out
    if name == "list.bib":
        assert '# authors = ["Ada Lovelace"]' in answer.out
    saved = bare_home.profile("ada", answer.out)
    without = bare_home.digest("profile", "check", saved)
    assert without.code == 2
    assert f"{name}: no such file" in without.err
    file.rename(saved.parent / name)
    file = saved.parent / name
    assert bare_home.digest("profile", "check", saved).code == 0
    result = bare_home.json(
        "profile", "from-library", file, "--keywords", "3", "--email", "a@example.org"
    )
    keywords = [item["keyword"].lower() for item in result["keywords"]]
    assert len(keywords) == 3
    assert any(word.startswith("bees") for word in keywords)
    assert 'email = "a@example.org"' in result["profile"]


def test_from_library_uses_the_readable_entries_and_reports_the_others(
    bare_home: DigestHome, tmp_path: Path
) -> None:
    file = tmp_path / "list.bib"
    file.write_text("@misc{a, title={Bees}}\n@misc{b, year=2024}\n", "utf-8")
    answer = bare_home.digest("profile", "from-library", file)
    assert answer.code == 1
    assert profile_of(answer.out).topics
    assert f"digest: {file}:2: an entry without a title" in answer.err


@pytest.mark.parametrize(
    "content, code, says",
    [
        ("", 1, "the file is empty"),
        ("Dear reader", 1, "not a reading list"),
        (None, 2, "no such file"),
    ],
)
def test_from_library_rejects_a_file_that_is_no_reading_list(
    bare_home: DigestHome, tmp_path: Path, content: str | None, code: int, says: str
) -> None:
    file = tmp_path / "list.bib"
    if content is not None:
        file.write_text(content, "utf-8")
    answer = bare_home.digest("profile", "from-library", file)
    assert (answer.code, answer.out) == (code, "")
    assert says in answer.err
    assert len(answer.err.splitlines()) == 1


def test_titles_are_shown_without_their_markup(bare_home: DigestHome, tmp_path: Path) -> None:
    papers = tmp_path / "papers.jsonl"
    papers.write_text(json.dumps({"title": "Caches -- a \\emph{KV} cache"}), encoding="utf-8")
    file = bare_home.profile("ada")
    shown = bare_home.digest("rank", "--profile", file, "--papers", papers, "--all").out
    assert "Caches – a KV cache" in shown
