"""`digest feedback` and `digest profile show`, as an operator uses them."""

import pytest
from support.homes import SAMPLES, DigestHome

DAYS = ("2026-05-11T06:00:00Z", "2026-05-12T06:00:00Z")
PROFILE = """\
email = "ada@example.org"
min_match = 20

[[topics]]
name = "Serving"
keywords = ["KV cache", "LLM serving"]
"""


@pytest.fixture
def home(bare_home: DigestHome) -> DigestHome:
    bare_home.profile("ada", PROFILE)
    bare_home.dump(min(SAMPLES.iterdir()))
    bare_home.json("collect", "--now", DAYS[0])
    bare_home.json("publish", "--now", DAYS[0])
    return bare_home


def scores(digest_home: DigestHome) -> dict[str, float]:
    ranked = digest_home.json("rank", "--all", "--now", DAYS[0])["ranked"]
    return {item["title"]: item["score"] for item in ranked}


def test_feedback_changes_scores_until_it_is_reset(home: DigestHome) -> None:
    before = scores(home)
    title = min(before, key=lambda title: before[title])
    given = home.json("feedback", "ada@example.org", "more", title, "--now", DAYS[0])
    assert [(item["title"], item["kind"]) for item in given["papers"]] == [(title, "more")]
    assert scores(home)[title] > before[title]
    explained = home.digest("explain", title, "--now", DAYS[0])
    assert f"{title}  is like it, with feedback of the reader" in explained.out
    shown = home.digest("profile", "show", "ada@example.org")
    assert f"#   you liked {title}: +" in shown.out
    assert 'keywords = ["KV cache", "LLM serving"]' in shown.out
    assert home.json("feedback", "ada@example.org", "--reset")["papers"] == []
    assert scores(home) == before


def test_the_next_digest_follows_feedback(home: DigestHome) -> None:
    home.dump(sorted(SAMPLES.iterdir())[1])
    home.json("collect", "--now", DAYS[1])
    ranked = home.json("rank", "--all", "--now", DAYS[1])["ranked"]
    low = ranked[-1]["title"]
    home.json("feedback", "ada@example.org", "more", low, "--now", DAYS[1])
    home.json("publish", "--now", DAYS[1])
    kept = home.json("subscribers", "export", "ada@example.org")["kept"]
    entries = [
        entry
        for edition in kept["edition"]
        for _, section in edition["content"]["sections"]
        for entry in section
    ]
    named = {keyword: field for entry in entries for keyword, field, *_ in entry[6]}
    assert named[low] == "feedback"


def test_an_author_is_muted_and_forgotten(home: DigestHome) -> None:
    muted = home.json("feedback", "ada@example.org", "mute", "Tri Dao", "--now", DAYS[0])
    assert [(item["author"], item["choice"]) for item in muted["authors"]] == [("Tri Dao", "mute")]
    assert "you muted Tri Dao: not shown" in home.digest("profile", "show", "ada@example.org").out
    listed = home.digest("feedback", "ada@example.org", "--list").out
    assert "mute    Tri Dao" in listed
    assert home.json("feedback", "ada@example.org", "forget", "Tri Dao")["authors"] == []


@pytest.mark.parametrize(
    "arguments, problem",
    [
        (("ada@example.org",), "write one of more, less"),
        (("ada@example.org", "more"), "name papers"),
        (("ada@example.org", "more", "no such paper"), "no paper matches"),
        (("ada@example.org", "mute", "Dao"), "not a full name"),
        (("bob@example.org", "--list"), "no such subscriber"),
        (("ada@example.org", "--list", "--subscription", "x"), "no subscription 'x'; it has ada"),
    ],
)
def test_wrong_usage_says_what_to_do(
    home: DigestHome, arguments: tuple[str, ...], problem: str
) -> None:
    answer = home.digest("feedback", *arguments)
    assert answer.code == 2
    assert problem in answer.err
