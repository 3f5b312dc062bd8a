"""What a form says: keywords, topics, schedule, and the end of a pause."""

from datetime import UTC, datetime

import pytest

from digest.core.signup.choices import (
    MAX_TOPICS,
    TopicChoice,
    end_of_pause,
    read_schedule,
    read_topics,
    split_keywords,
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
