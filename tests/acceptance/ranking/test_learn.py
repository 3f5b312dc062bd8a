"""`digest learn`: a background table of the operator's own papers."""

import json
from pathlib import Path

import pytest
from support.homes import House

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


def scores(house: House, profile: Path, file: Path) -> list[float]:
    ranked = house.json("rank", "--profile", profile, "--papers", file, "--all")["ranked"]
    return [item["score"] for item in ranked]


def test_it_learns_from_a_file_and_says_how_to_use_the_table(house: House, tmp_path: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", english(120))
    made = house.digest("learn", "--papers", file)
    assert (made.code, made.err) == (0, "")
    folder = house.path / "background"
    assert f"{folder}: 120 papers, " in made.out
    assert "There is no feedback to compare with." in made.out
    assert f"To use it, write DIGEST_BACKGROUND=background in {house.path / '.env'}" in made.out
    assert json.loads((folder / "about.json").read_text("utf-8"))["source"] == "papers.jsonl"


def test_it_learns_from_the_stored_papers(house: House, tmp_path: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", english(110))
    assert house.digest("collect", "--file", file).code == 0
    assert house.json("learn", "--out", tmp_path / "table")["papers"] == 110


def test_the_tables_are_compared_by_the_feedback_of_readers(house: House, tmp_path: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", english(120))
    house.profile("ada", PROFILE.format(language="english", keyword="beehive"))
    assert house.digest("collect", "--file", file).code == 0
    assert house.digest("publish").code == 0
    liked = [f"On honey bee colonies, part {number}" for number in range(0, 20, 4)]
    assert house.digest("feedback", "ada@example.org", "more", *liked).code == 0
    compared = house.json("learn")["comparison"]
    assert (compared["profiles"], compared["liked"]) == (1, 5)
    assert compared["verdict"] in ("better", "worse", "equal")
    assert "5 liked papers of 1 profile" in house.digest("learn").out


def test_the_table_counts_only_when_the_setting_names_it(house: House, tmp_path: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", english(120))
    profile = house.profile("ada", PROFILE.format(language="english", keyword="beehive"))
    before = scores(house, profile, file)
    house.json("learn", "--papers", file)
    assert scores(house, profile, file) == before
    house.environ["DIGEST_BACKGROUND"] = "background"
    assert scores(house, profile, file) != before
    doctor = house.digest("doctor")
    assert f"the table {house.path / 'background'}: 120 papers, english" in doctor.out


def test_a_table_of_another_language_leaves_english_profiles_alone(
    house: House, tmp_path: Path
) -> None:
    file = papers(tmp_path / "papers.jsonl", GERMAN)
    bees = papers(tmp_path / "bees.jsonl", english(4))
    in_english = house.profile("ada", PROFILE.format(language="english", keyword="colonies"))
    in_german = house.profile("bo", PROFILE.format(language="german", keyword="biene"))
    before = scores(house, in_english, bees), scores(house, in_german, file)
    house.json("learn", "--papers", file, "--language", "german")
    house.environ["DIGEST_BACKGROUND"] = "background"
    after = scores(house, in_english, bees), scores(house, in_german, file)
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_an_abbreviation_of_the_table_is_found_in_its_language(
    house: House, tmp_path: Path
) -> None:
    file = papers(tmp_path / "papers.jsonl", GERMAN)
    house.json("learn", "--papers", file, "--language", "german")
    house.environ["DIGEST_BACKGROUND"] = "background"
    short = papers(tmp_path / "short.jsonl", [("GSM", "Nur die kurze Form."), ("Anderes", "Ohne.")])
    profile = house.profile("bo", PROFILE.format(language="german", keyword="große Sprachmodelle"))
    ranked = house.json("rank", "--profile", profile, "--papers", short)["ranked"]
    assert [item["title"] for item in ranked] == ["GSM"]


def test_too_few_papers_are_refused_with_what_to_do(house: House, tmp_path: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", english(99))
    refused = house.digest("learn", "--papers", file)
    assert refused.code == 2
    assert "99 papers; a table needs at least 100; collect more papers, or give" in refused.err
    assert not (house.path / "background").exists()


def test_a_folder_with_other_files_is_not_replaced(house: House, tmp_path: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", english(120))
    refused = house.digest("learn", "--papers", file, "--out", house.path / "profiles" / "..")
    assert refused.code == 2
    assert "name a new folder with --out" in refused.err


@pytest.mark.parametrize("damage", ["missing", "no JSON", '{"format": 0}'])
def test_a_damaged_table_is_named_with_what_to_do(house: House, damage: str) -> None:
    house.environ["DIGEST_BACKGROUND"] = "background"
    if damage != "missing":
        (house.path / "background").mkdir()
        (house.path / "background" / "about.json").write_text(damage, "utf-8")
    doctor = house.digest("doctor")
    assert doctor.code == 2
    assert f"DIGEST_BACKGROUND: {house.path / 'background' / 'about.json'}: " in doctor.out
    assert "digest learn" in doctor.out
    assert "or unset DIGEST_BACKGROUND" in doctor.out
