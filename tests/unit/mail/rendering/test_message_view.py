"""Excerpts, shortened texts, phrases and dates."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.models.editions import KeywordMatch
from digest.core.models.papers import AnnouncementKind, Paper
from digest.errors import DigestError, SettingsError
from digest.mail.rendering.cards.excerpt import chosen_places, excerpt_of
from digest.mail.rendering.paper_view import build_paper_view
from digest.mail.rendering.sanitize import clean, clip
from digest.mail.rendering.wording import Wording
from digest.mail.theming import template_files
from digest.mail.theming.template_files import template_folder


def test_a_card_shows_the_sentence_that_says_what_the_paper_does() -> None:
    sentences = ("Caches are large in many systems.", "To address this, we propose to halve them.")
    assert excerpt_of(sentences) == "We propose to halve them."
    assert excerpt_of(()) == ""


def test_a_summary_by_the_source_stands_in_place_of_that_sentence() -> None:
    sentences = ("We propose to halve caches of all kinds.", "Their keys are kept in memory.")
    assert excerpt_of(sentences, summary="It halves caches.") == "It halves caches."


def test_a_detailed_card_adds_sentences_that_can_be_understood() -> None:
    sentences = (
        "We propose to halve the caches of models.",
        "It is simple to use for everybody.",
        "Accuracy stays the same on four tasks.",
        "They are all public on the web now.",
    )
    # "It" follows what it refers to; "They" would not.
    shown = excerpt_of(sentences, (0, 1), limit=400, detailed=True)
    assert shown == f"{sentences[0]} {sentences[1]} {sentences[2]}"
    shown = excerpt_of(sentences, (0, 3), limit=400, detailed=True)
    assert "They" not in shown


def test_the_sentence_with_the_keyword_is_preferred_wherever_it_is() -> None:
    filler = ("Some words go here that say nothing much at all.",) * 12
    match = KeywordMatch(keyword="KV cache^2", field="abstract", contribution=9.0)
    sentences = (*filler, "All KV caches are halved by the method.", *filler)
    assert 12 in chosen_places(sentences, [match], "")


def test_matches_without_keywords_select_some_sentence() -> None:
    votes = KeywordMatch(keyword="votes", field="votes", contribution=9.0)
    broken = KeywordMatch(keyword='"', field="title", contribution=9.0)
    assert chosen_places(("A first one here.", "A second one."), [votes, broken], "")


def test_a_sentence_over_the_limit_is_cut_between_words() -> None:
    assert excerpt_of((" ".join(["word"] * 100),), limit=22) == "word word word word…"


@given(st.lists(st.text(max_size=200).map(clean)), st.integers(min_value=10, max_value=400))
def test_an_excerpt_is_within_its_limit(sentences: list[str], limit: int) -> None:
    for detailed in (False, True):
        shown = excerpt_of(sentences, range(9), limit=limit, detailed=detailed)
        assert len(shown) <= limit + 2  # the spaces between three sentences


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
        template_files, "__file__", str(tmp_path / "digest" / "mail" / "theming" / "file.py")
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


def test_a_phrase_that_is_not_remembered_is_the_same() -> None:
    words = Wording.read([template_folder()])
    for n in (1, 2, 1234):
        assert words.once("papers", n=n) == words("papers", n=n) == words("papers", n=n)


@pytest.mark.parametrize(
    "given, shown",
    [
        (("cs.CV", "68T07, 68T45", "cs.AI", "I.4.6", "cs.LG"), "cs.CV, cs.AI, cs.LG"),
        (("cs.CL", "I.2.7; H.3.3"), "cs.CL"),
        (("68T45 (Primary), 68T07 (Secondary)", "68Wxx", "65-XX", "68", "H.5.m"), ""),
        (("Computing methodologies~Ontology engineering", "math.CO"), "math.CO"),
        (("3D vision", "cell biology", "a.b", "K-theory"), "3D vision, cell biology, a.b\u00a0+1"),
    ],
)
def test_classes_of_the_msc_and_the_acm_are_not_shown_as_categories(
    given: tuple[str, ...], shown: str
) -> None:
    paper, words = Paper(title="Cats", categories=given), Wording.read([template_folder()])
    view = build_paper_view(paper, AnnouncementKind.NEW, words, today=date(2026, 5, 11))
    assert view.facts == shown


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
