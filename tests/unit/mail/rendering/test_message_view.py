"""Excerpts, shortened texts, phrases and dates."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.models.editions import KeywordMatch
from digest.errors import DigestError, SettingsError
from digest.mail.rendering import wording
from digest.mail.rendering.excerpt import excerpt
from digest.mail.rendering.sanitize import clean, clip
from digest.mail.rendering.wording import Wording, template_folder


def test_an_abstract_within_the_limit_is_unchanged() -> None:
    assert excerpt("One. Two. Three. Four. Five.", 400) == "One. Two. Three. Four. Five."


def test_the_sentence_with_the_keyword_is_shown_wherever_it_is() -> None:
    filler = "Some words go here that say nothing much at all. " * 12
    match = KeywordMatch(keyword="KV cache^2", field="abstract", contribution=9.0)
    shown = excerpt(f"{filler}KV caches are halved by it. {filler}", 120, [match])
    assert "KV caches are halved by it." in shown


def test_matches_without_keywords_select_no_sentence() -> None:
    votes = KeywordMatch(keyword="votes", field="votes", contribution=9.0)
    broken = KeywordMatch(keyword='"', field="title", contribution=9.0)
    assert excerpt("A first one here. A second one.", 400, [votes, broken])


def test_a_sentence_over_the_limit_is_cut_between_words() -> None:
    assert excerpt(" ".join(["word"] * 100), 22) == "word word word word…"


@given(st.text(max_size=600).map(clean), st.integers(min_value=10, max_value=400))
def test_an_excerpt_is_within_its_limit(text: str, limit: int) -> None:
    assert len(excerpt(text, limit)) <= limit
    if len(text) <= limit:
        assert excerpt(text, limit).replace(" ", "") == text.replace(" ", "")


@given(st.text(max_size=100), st.integers(min_value=5, max_value=60))
def test_a_shortened_text_is_within_its_limit_and_ends_with_an_ellipsis(
    text: str, limit: int
) -> None:
    cut = clip(text, limit)
    assert len(cut) <= limit
    assert cut == text or cut.endswith("…")


@given(st.text())
def test_cleaning_a_text_twice_changes_nothing_more(text: str) -> None:
    once = clean(text)
    once.encode()
    assert clean(once) == once
    assert len(once.splitlines()) <= 1


def test_templates_inside_the_package_are_used_before_those_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        wording, "__file__", str(tmp_path / "digest" / "mail" / "rendering" / "wording.py")
    )
    with pytest.raises(DigestError, match="install paper-digest again"):
        template_folder()
    for folder in (tmp_path / "templates", tmp_path / "digest" / "_templates"):
        (folder / "mail").mkdir(parents=True)
        (folder / "mail" / "text.toml").write_text("")
        assert template_folder() == folder


def test_dates_and_plurals_come_from_the_wording_and_not_from_the_locale() -> None:
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
def test_the_error_for_wrong_wording_names_its_file(
    tmp_path: Path, text: str, problem: str
) -> None:
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
