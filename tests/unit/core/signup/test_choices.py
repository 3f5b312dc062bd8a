"""What a form says: keywords, topics, schedule, and the end of a pause."""

from datetime import UTC, datetime

import pytest

from digest.core.models.profiles import Citations, Detail, Presentation
from digest.core.signup.choices import (
    MAX_NAME,
    MAX_TOPICS,
    TopicChoice,
    check_digest_name,
    check_likes,
    end_of_pause,
    read_presentation,
    read_schedule,
    read_topics,
    split_authors,
    split_keywords,
    split_likes,
)

NOW = datetime(2026, 5, 11, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text, keywords",
    [
        ("KV cache\r\n speculative  decoding^2 \n\n", ("KV cache", "speculative decoding^2")),
        ("one, two; three", ("one", "two", "three")),
        ('"a, b", c', ('"a, b"', "c")),
        ('5" disk, tape', ('5" disk', "tape")),
        ("twice\ntwice", ("twice",)),
        (" , ;\n", ()),
    ],
)
def test_keywords_stand_on_lines_or_between_commas(text: str, keywords: tuple[str, ...]) -> None:
    assert split_keywords(text) == keywords


def test_a_topic_without_keywords_is_left_out() -> None:
    fields = {
        "name0": "", "keywords0": "attention", "exclude0": "survey", "weight0": "2.0",
        "name1": "Removed", "keywords1": " ",
        "name2": "", "keywords2": '"exact phrase"', "weight2": "many",
        f"name{MAX_TOPICS}": "Too many", f"keywords{MAX_TOPICS}": "x",
    }  # fmt: skip
    assert read_topics(fields) == (
        TopicChoice(name="Your topics", keywords=("attention",), excluded=("survey",), weight=2.0),
        TopicChoice(name="exact phrase", keywords=('"exact phrase"',)),
    )


def test_no_chosen_day_means_every_day() -> None:
    assert read_schedule({}, ()).days == (0, 1, 2, 3, 4, 5, 6)
    chosen = read_schedule(
        {"hour": "07:00", "zone": "Europe/Paris", "length": "25"}, ("4", "0", "9", "x")
    )
    assert (chosen.days, chosen.send_at, chosen.timezone, chosen.max_papers) == (
        (0, 4),
        "07:00",
        "Europe/Paris",
        25,
    )


@pytest.mark.parametrize(
    "fields, problem",
    [
        ({"hour": "25:00"}, "hour"),
        ({"zone": "Europe"}, "time zone"),
        ({"zone": "../etc/passwd"}, "time zone"),
        ({"length": "900"}, "200 papers"),
    ],
)
def test_a_value_that_no_form_offers_is_refused(fields: dict[str, str], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_schedule(fields, ())


def test_a_pause_ends_when_the_day_begins_for_the_reader() -> None:
    # It is the 12th in Tokyo already.
    end = end_of_pause("2026-05-13", timezone="Asia/Tokyo", now=NOW)
    assert end == datetime(2026, 5, 12, 15, 0, tzinfo=UTC)
    assert end_of_pause(" ", timezone="UTC", now=NOW) is None


@pytest.mark.parametrize("text", ["2026-05-12", "2020-01-01", "2028-01-01", "tomorrow"])
def test_a_pause_ends_on_a_later_day_within_a_year(text: str) -> None:
    with pytest.raises(ValueError, match="day"):
        end_of_pause(text, timezone="Asia/Tokyo", now=NOW)


def test_liked_papers_are_identifiers_and_then_bibtex() -> None:
    text = "https://arxiv.org/abs/2401.00001v2\n doi:10.1000/X \nmine.bib\n\n@article{a,\n title={T}}\n"
    entries, pasted = split_likes(text)
    assert entries == ("2401.00001", "10.1000/x", "mine.bib")
    assert pasted == "@article{a,\n title={T}}"
    check_likes(entries, ["mine.bib"])
    with pytest.raises(ValueError, match="no arXiv id and no DOI"):
        check_likes(entries, [])
    assert split_likes("") == ((), "")


def test_a_topic_may_have_liked_papers_alone() -> None:
    fields = {"keywords0": "bees", "avoid0": "wasps", "likes1": "2401.00001"}
    assert read_topics(fields) == (
        TopicChoice(name="Your topics", keywords=("bees",), avoided=("wasps",)),
        TopicChoice(name="Your topics 2", keywords=(), likes=("2401.00001",)),
    )


def test_a_comma_belongs_to_the_name_of_an_author() -> None:
    assert split_authors("Dao, Tri\n\n Ada  King \nAda King") == ("Dao, Tri", "Ada King")


def test_what_the_form_does_not_show_of_the_message_stays() -> None:
    before = Presentation(
        detail=Detail.FULL, attach=Citations.RIS, pictures=False, mail_language="de"
    )
    assert read_presentation({}, before, language="de") == before
    changed = read_presentation(
        {"detail": "titles", "has_pictures": "yes", "pictures": "yes"}, before, language=""
    )
    assert changed == Presentation(detail=Detail.TITLES, attach=Citations.RIS, pictures=True)
    assert not read_presentation({"has_pictures": "yes"}, Presentation(), language="").pictures
    with pytest.raises(ValueError, match="huge"):
        read_presentation({"detail": "huge"}, before, language="")


@pytest.mark.parametrize("name", ["", "  ", "a" * (MAX_NAME + 1), "a\x07b"])
def test_a_digest_needs_a_short_printable_name(name: str) -> None:
    assert check_digest_name("  My   digest ") == "My digest"
    with pytest.raises(ValueError, match="a name"):
        check_digest_name(name)
