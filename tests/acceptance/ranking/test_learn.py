"""`digest learn`: a background table of the operator's own papers."""

import json
from pathlib import Path

import pytest
from support.homes import DigestHome

PROFILE = """\
email = "ada@example.org"
language = "{language}"
min_match = 1

[[topics]]
name = "Bees"
keywords = ["{keyword}"]
"""
SUBJECTS = (
    ("honey bee colonies", "beehive and queen and pollen of a colony"),
    ("medieval law", "court and charter and judge of a kingdom"),
    ("coral reefs", "reef and algae and bleaching of an ocean"),
    ("steam engines", "boiler and piston and valve of a locomotive"),
)


def papers(path: Path, rows: list[tuple[str, str]]) -> Path:
    lines = (json.dumps({"title": title, "abstract": abstract}) for title, abstract in rows)
    path.write_text("\n".join(lines), "utf-8")
    return path


def english(count: int) -> list[tuple[str, str]]:
    rows = []
    for number in range(count):
        subject, words = SUBJECTS[number % len(SUBJECTS)]
        rows.append((f"On {subject}, part {number}", f"We study {subject}: the {words}."))
    return rows


GERMAN = [
    (
        f"Bienen und Felder, Teil {number}",
        f"Die Bienen der Felder Nummer {number} und große Sprachmodelle (GSM) der Gärten.",
    )
    for number in range(120)
]


def scores(digest_home: DigestHome, profile: Path, file: Path) -> list[float]:
    ranked = digest_home.json("rank", "--profile", profile, "--papers", file, "--all")["ranked"]
    return [item["score"] for item in ranked]


def test_it_learns_from_a_file_and_says_how_to_use_the_table(
    digest_home: DigestHome, tmp_path: Path
) -> None:
    file = papers(tmp_path / "papers.jsonl", english(120))
    made = digest_home.digest("learn", "--papers", file)
    assert (made.code, made.err) == (0, "")
    folder = digest_home.path / "background"
    assert f"{folder}: 120 papers, " in made.out
    assert "There is no feedback to compare with." in made.out
    assert (
        f"To use it, write DIGEST_BACKGROUND=background in {digest_home.path / '.env'}" in made.out
    )
    assert json.loads((folder / "about.json").read_text("utf-8"))["source"] == "papers.jsonl"


def test_it_learns_from_the_stored_papers(digest_home: DigestHome, tmp_path: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", english(110))
    assert digest_home.digest("collect", "--file", file).code == 0
    assert digest_home.json("learn", "--out", tmp_path / "table")["papers"] == 110


def test_the_tables_are_compared_by_the_feedback_of_readers(
    digest_home: DigestHome, tmp_path: Path
) -> None:
    file = papers(tmp_path / "papers.jsonl", english(120))
    digest_home.profile("ada", PROFILE.format(language="english", keyword="beehive"))
    assert digest_home.digest("collect", "--file", file).code == 0
    assert digest_home.digest("publish").code == 0
    liked = [f"On honey bee colonies, part {number}" for number in range(0, 20, 4)]
    assert digest_home.digest("feedback", "ada@example.org", "more", *liked).code == 0
    compared = digest_home.json("learn")["comparison"]
    assert (compared["profiles"], compared["liked"]) == (1, 5)
    assert compared["verdict"] in ("better", "worse", "equal")
    assert "5 liked papers of 1 profile" in digest_home.digest("learn").out


def test_the_table_counts_only_when_the_setting_names_it(
    digest_home: DigestHome, tmp_path: Path
) -> None:
    file = papers(tmp_path / "papers.jsonl", english(120))
    profile = digest_home.profile("ada", PROFILE.format(language="english", keyword="beehive"))
    before = scores(digest_home, profile, file)
    digest_home.json("learn", "--papers", file)
    assert scores(digest_home, profile, file) == before
    digest_home.environ["DIGEST_BACKGROUND"] = "background"
    assert scores(digest_home, profile, file) != before
    doctor = digest_home.digest("doctor")
    assert f"the table {digest_home.path / 'background'}: 120 papers, english" in doctor.out


def test_a_table_of_another_language_leaves_english_profiles_alone(
    digest_home: DigestHome, tmp_path: Path
) -> None:
    file = papers(tmp_path / "papers.jsonl", GERMAN)
    bees = papers(tmp_path / "bees.jsonl", english(4))
    in_english = digest_home.profile("ada", PROFILE.format(language="english", keyword="colonies"))
    in_german = digest_home.profile("bo", PROFILE.format(language="german", keyword="biene"))
    before = scores(digest_home, in_english, bees), scores(digest_home, in_german, file)
    digest_home.json("learn", "--papers", file, "--language", "german")
    digest_home.environ["DIGEST_BACKGROUND"] = "background"
    after = scores(digest_home, in_english, bees), scores(digest_home, in_german, file)
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_an_abbreviation_of_the_table_is_found_in_its_language(
    digest_home: DigestHome, tmp_path: Path
) -> None:
    file = papers(tmp_path / "papers.jsonl", GERMAN)
    digest_home.json("learn", "--papers", file, "--language", "german")
    digest_home.environ["DIGEST_BACKGROUND"] = "background"
    short = papers(tmp_path / "short.jsonl", [("GSM", "Nur die kurze Form."), ("Anderes", "Ohne.")])
    profile = digest_home.profile(
        "bo", PROFILE.format(language="german", keyword="große Sprachmodelle")
    )
    ranked = digest_home.json("rank", "--profile", profile, "--papers", short)["ranked"]
    assert [item["title"] for item in ranked] == ["GSM"]


def test_too_few_papers_are_refused_with_what_to_do(
    digest_home: DigestHome, tmp_path: Path
) -> None:
    file = papers(tmp_path / "papers.jsonl", english(99))
    refused = digest_home.digest("learn", "--papers", file)
    assert refused.code == 2
    assert "99 papers; a table needs at least 100; collect more papers, or give" in refused.err
    assert not (digest_home.path / "background").exists()


def test_a_folder_with_other_files_is_not_replaced(digest_home: DigestHome, tmp_path: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", english(120))
    refused = digest_home.digest(
        "learn", "--papers", file, "--out", digest_home.path / "profiles" / ".."
    )
    assert refused.code == 2
    assert "name a new folder with --out" in refused.err


@pytest.mark.parametrize("damage", ["missing", "no JSON", '{"format": 0}'])
def test_a_damaged_table_is_named_with_what_to_do(digest_home: DigestHome, damage: str) -> None:
    digest_home.environ["DIGEST_BACKGROUND"] = "background"
    if damage != "missing":
        (digest_home.path / "background").mkdir()
        (digest_home.path / "background" / "about.json").write_text(damage, "utf-8")
    doctor = digest_home.digest("doctor")
    assert doctor.code == 2
    assert f"DIGEST_BACKGROUND: {digest_home.path / 'background' / 'about.json'}: " in doctor.out
    assert "digest learn" in doctor.out
    assert "or unset DIGEST_BACKGROUND" in doctor.out
