"""What a new operator meets: an empty home, one profile, many profiles."""

from pathlib import Path

import pytest
from support.homes import DigestHome

from digest.config.profiles.loader import parse

NOW = "2026-05-11T06:00:00Z"
EMPTY = "no papers are stored yet; to read the sources: digest collect"


def test_the_only_profile_of_a_home_need_not_be_named(
    digest_home: DigestHome, samples: list[Path], tmp_path: Path
) -> None:
    profile = digest_home.profile("ada")
    digest_home.dump(samples[0])
    digest_home.json("collect", "--now", NOW)
    for command in (("rank",), ("explain", "1"), ("profile", "volume")):
        option = [profile] if command[0] == "profile" else ["--profile", profile]
        assert digest_home.json(*command, "--now", NOW) == digest_home.json(
            *command, *option, "--now", NOW
        )
    result = digest_home.json("preview", "--out", tmp_path / "out", "--no-pictures", "--now", NOW)
    assert result["papers"] > 0
    assert digest_home.json("send", "--to", "me@example.org", "--now", NOW)["outcome"] == "sent"


def test_several_profiles_are_listed_and_one_must_be_named(digest_home: DigestHome) -> None:
    for name in ("ada", "bob"):
        digest_home.profile(name)
    answer = digest_home.digest("rank")
    assert answer.code == 2
    assert "there are 2 profiles (ada.toml, bob.toml); name one, such as " in answer.err


def test_without_profiles_the_command_that_writes_one_is_named(digest_home: DigestHome) -> None:
    answer = digest_home.digest("rank")
    assert answer.code == 2
    assert "no profiles; write one with: digest profile new --out" in answer.err


@pytest.mark.parametrize(
    "command", [("preview",), ("send", "--to", "me@example.org"), ("explain", "caches")]
)
def test_a_home_without_papers_is_not_shown_as_an_empty_digest(
    digest_home: DigestHome, command: tuple[str, ...], tmp_path: Path
) -> None:
    digest_home.profile("ada")
    out = ("--out", tmp_path / "out") if command == ("preview",) else ()
    answer = digest_home.digest(*command, *out)
    assert (answer.code, answer.err) == (2, f"digest: {EMPTY}\n")
    assert not (tmp_path / "out").exists()


def test_rank_says_that_no_papers_are_stored(digest_home: DigestHome) -> None:
    digest_home.profile("ada")
    answer = digest_home.digest("rank")
    assert (answer.code, answer.out) == (0, f"{EMPTY}\n")


def test_doctor_warns_about_an_untouched_example_and_an_empty_folder(bare_home: DigestHome) -> None:
    home = bare_home.path.parent / "new"
    bare_home.digest("init", home)
    result = bare_home.digest("--json", "doctor", "--home", home).result
    checks = {item["name"]: item for item in result["checks"]}
    assert checks["sources"]["level"] == checks["profiles"]["level"] == "warning"
    assert "dumps has no files, so it brings no papers" in checks["sources"]["findings"][1]["text"]
    assert "still has the topics of the example" in checks["profiles"]["findings"][1]["text"]


def test_a_profile_that_was_appended_to_the_example_is_explained(bare_home: DigestHome) -> None:
    home = bare_home.path.parent / "new"
    bare_home.digest("init", home, "--email", "ada@example.org")
    profile = home / "profiles" / "you.toml"
    with profile.open("a", encoding="utf-8") as file:
        file.write('email = "ada@example.org"\n[[topics]]\nname = "Bees"\nkeywords = ["bees"]\n')
    answer = bare_home.digest("profile", "check", profile)
    assert answer.code == 2
    assert '"email" is already set at the top of the file' in answer.err
    assert "if you added a new text below the old one, delete the old one" in answer.err


def test_settings_explains_every_setting_and_needs_no_home(bare_home: DigestHome) -> None:
    example = (Path(__file__).parents[3] / ".env.example").read_text("utf-8")
    answer = bare_home.digest("settings", "--home", bare_home.path / "none")
    assert (answer.code, answer.out) == (0, example)
    names = {item["name"] for item in bare_home.json("settings")["settings"]}
    assert {"DIGEST_SMTP_HOST", "DIGEST_KEEP_DAYS"} < names


@pytest.mark.parametrize("group", [(), ("subscribers",), ("profile",), ("db",), ("dkim",)])
def test_the_help_of_a_group_has_whole_sentences(
    bare_home: DigestHome, group: tuple[str, ...]
) -> None:
    lines = bare_home.digest(*group, "--help").out.split("Commands:\n")[1].splitlines()
    assert all(len(line) <= 80 for line in lines)
    summaries: list[str] = []
    for line in lines:
        if not line.strip():
            break
        if line[2] != " ":  # the name of a command
            summaries.append(line)
        else:
            summaries[-1] += line
    assert summaries
    for summary in summaries:
        assert summary.endswith("."), summary
        assert "..." not in summary, summary


@pytest.mark.parametrize(
    "words, keywords",
    [
        (["computer", "vision"], ["computer vision"]),
        (["computer", "vision,", "object", "detection"], ["computer vision", "object detection"]),
        (["Bees:", "waggle", "dance"], ["waggle dance"]),
        (["KV cache", "speculative decoding"], ["KV cache", "speculative decoding"]),
        (["KV cache", "RAG", "KV cache reuse"], ["KV cache", "RAG", "KV cache reuse"]),
        (["deep", "learning^2", "robots"], ["deep learning^2", "robots"]),
        (["title:survey", "author:Tri", "Dao"], ["title:survey", "author:Tri Dao"]),
    ],
)
def test_profile_new_takes_words_without_quotes_as_a_phrase(
    bare_home: DigestHome, words: list[str], keywords: list[str]
) -> None:
    made = bare_home.digest("profile", "new", *words, "--email", "a@example.org")
    topics = parse(made.out, file="printed").profile.topics
    assert [word.text for topic in topics for word in topic.keywords] == keywords
    joined = len(words) > len(keywords)
    assert made.err.startswith("understood topic") is joined
    if joined:
        assert made.err.endswith("; commas separate keywords\n")
        assert all(repr(keyword) in made.err for keyword in keywords)


def test_why_no_mail_knows_a_profile_that_no_run_has_read_yet(digest_home: DigestHome) -> None:
    digest_home.profile("ada", email="Ada@example.org")
    answer = digest_home.digest("why-no-mail", "ada@example.org")
    assert answer.code == 2
    assert "ada.toml yet; read it, and make what is due: digest run" in answer.err
    assert "no such subscriber" in digest_home.digest("why-no-mail", "bob@example.org").err


def test_profile_check_without_files_checks_all_of_the_home(digest_home: DigestHome) -> None:
    for name in ("ada", "bob"):
        digest_home.profile(name)
    assert digest_home.digest("profile", "check").out.count(": good") == 2
    digest_home.profile("eve", "max_papers = 1\n")
    answer = digest_home.digest("profile", "check")
    assert answer.code == 2
    assert "eve.toml" in answer.err
