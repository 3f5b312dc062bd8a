"""What was learned is said in the words of the papers."""

from datetime import date

from digest.core.examples.learned_words import LearnedSubject, learned_subjects
from digest.core.models.profiles import ExamplePaper, FeedbackKind, GivenFeedback
from digest.knowledge import background_files

TABLE = background_files.load_for("english")
ABSTRACTS = (
    "We propose a method for KV cache eviction in long contexts.",
    "KV cache eviction saves memory. Our method reads attention.",
    "A model of KV cache eviction policies for serving.",
)


def feedback(kind: FeedbackKind, *papers: tuple[str, str]) -> list[GivenFeedback]:
    return [
        GivenFeedback(
            paper=ExamplePaper(title=title, abstract=abstract), kind=kind, on=date(2026, 5, 4)
        )
        for title, abstract in papers
    ]


def subjects(*given: GivenFeedback) -> list[tuple[FeedbackKind, str, int, str]]:
    found: tuple[LearnedSubject, ...] = learned_subjects(
        given, language="english", background=TABLE
    )
    return [(item.kind, item.about, item.papers, item.sign) for item in found]


def test_papers_about_the_same_are_named_by_their_common_phrase() -> None:
    liked = feedback(FeedbackKind.MORE, *((f"Paper {n}", text) for n, text in enumerate(ABSTRACTS)))
    assert subjects(*liked) == [(FeedbackKind.MORE, "KV cache eviction", 3, "+")]


def test_a_paper_with_nothing_in_common_is_named_by_its_title() -> None:
    liked = feedback(FeedbackKind.SAVED, ("White storks", "They migrate."))
    disliked = feedback(FeedbackKind.LESS, ("Proofs in Lean", "A tactic language."))
    assert subjects(*liked, *disliked) == [
        (FeedbackKind.MORE, "White storks", 1, "+"),
        (FeedbackKind.LESS, "Proofs in Lean", 1, "-"),
    ]


def test_without_feedback_nothing_was_learned() -> None:
    assert subjects() == []
