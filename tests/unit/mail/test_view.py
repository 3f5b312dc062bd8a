"""Excerpts, cuts and the words around papers."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import DigestError, SettingsError
from digest.mail import templates
from digest.mail.excerpt import excerpt
from digest.mail.safe import clean, clip
from digest.mail.templates import Wording, template_folder


def test_an_abstract_that_fits_is_whole() -> None:
    assert excerpt("One. Two. Three. Four. Five.", 400) == "One. Two. Three. Four. Five."


def test_an_excerpt_ends_with_a_sentence() -> None:
    assert excerpt("A first one here. A second one. " + "Word " * 40, 50) == (
        "A first one here. A second one."
    )


def test_an_excerpt_has_three_sentences_at_most() -> None:
    assert excerpt("This is it. " * 40, 100) == "This is it. This is it. This is it."


@pytest.mark.parametrize(
    "text",
    [
        "We follow Smith et al. Here and there",
        "Many tasks, e.g. Translation and more",
        "The values of Fig. 3 and others",
        "It gains 3.5 points over the",
        "Work of J. Doe and of others",
        "What we call vs. What they call",
    ],
)
def test_a_sentence_does_not_end_at_an_abbreviation_or_a_number(text: str) -> None:
    whole = f"{text} goes on to its end. Next one {'x' * 60}."
    assert excerpt(whole, 80) == f"{text} goes on to its end."


def test_a_quoted_end_belongs_to_its_sentence() -> None:
    assert excerpt(f"They ask: “Is this enough?” We say no {'x ' * 40}", 60) == (
        "They ask: “Is this enough?”"
    )


def test_sentences_end_in_other_scripts_too() -> None:
    assert excerpt("我们研究记忆。" + "很长" * 30, 12) == "我们研究记忆。"
    assert excerpt("هل تكفي أربع؟ " + "نعم " * 30, 20) == "هل تكفي أربع؟"


def test_one_overlong_sentence_is_cut_between_words() -> None:
    assert excerpt("word " * 100, 22) == "word word word word…"


@given(st.text(max_size=600), st.integers(min_value=10, max_value=400))
def test_an_excerpt_is_within_its_limit_and_begins_as_the_abstract_does(
    text: str, limit: int
) -> None:
    cut = excerpt(text, limit)
    assert len(cut) <= limit
    assert clean(text).startswith(cut.removesuffix("…") if cut != clean(text) else cut)


@given(st.text(max_size=100), st.integers(min_value=5, max_value=60))
def test_a_cut_text_is_within_its_limit_and_says_that_it_is_cut(text: str, limit: int) -> None:
    cut = clip(text, limit)
    assert len(cut) <= limit
    assert cut == text or cut.endswith("…")


@given(st.text())
def test_clean_text_can_be_encoded_and_is_clean(text: str) -> None:
    once = clean(text)
    once.encode()
    assert clean(once) == once
    assert len(once.splitlines()) <= 1


def test_templates_inside_an_installed_package_come_before_those_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "__file__", str(tmp_path / "digest" / "mail" / "templates.py"))
    with pytest.raises(DigestError, match="install paper-digest again"):
        template_folder()
    for folder in (tmp_path / "templates", tmp_path / "digest" / "_templates"):
        (folder / "mail").mkdir(parents=True)
        (folder / "mail" / "text.toml").write_text("")
        assert template_folder() == folder


def test_dates_and_plurals_come_from_the_words_and_not_from_the_locale() -> None:
    words = Wording.read([template_folder()])
    assert words.full(date(2026, 5, 11)) == "Monday, 11 May 2026"
    assert (words("papers", n=1), words("papers", n=2)) == ("1 paper", "2 papers")


@pytest.mark.parametrize(
    "text, problem",
    [
        ("[phrase\n", "line 1"),
        ("phrase = 1\n", "must be a table"),
        ('[phrase]\npapers = "$m papers"\n', r"phrase\.papers .* \$n"),
        ('[phrase]\npapers = "$"\n', r"phrase\.papers"),
        ("[phrase]\npapers = 3\n", r"phrase\.papers"),
    ],
)
def test_wrong_words_are_refused_with_their_file(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "mail").mkdir()
    file = tmp_path / "mail" / "text.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=problem) as caught:
        Wording.read([tmp_path, template_folder()])("papers", n=2)
    assert str(caught.value).startswith(str(file))


def test_a_missing_phrase_is_named() -> None:
    with pytest.raises(SettingsError, match=r"phrase\.nothing"):
        Wording.read([template_folder()])("nothing")


def test_the_names_of_days_must_be_complete() -> None:
    words = Wording(phrases={}, dates={"weekdays": ["Mo"], "full": "$weekday"}, file="text.toml")
    with pytest.raises(SettingsError, match=r"text\.toml: date\.weekdays"):
        words.full(date(2026, 5, 12))
