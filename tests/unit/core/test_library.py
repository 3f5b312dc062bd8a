"""Deriving keywords from a reading list."""

from hypothesis import given
from hypothesis import strategies as st

from digest.core.corpus import analyse, learn
from digest.core.keywords import parse
from digest.core.library import derive
from digest.core.model import Candidate, Kind, Paper

BEES = [
    Paper(title="Honey bees dance", abstract="The dance of a honey bee tells others where."),
    Paper(title="Bees and wasps", abstract="Bees dance; wasps do not, in 2024."),
]


def seen(*titles: str) -> list[Candidate]:
    return [
        Candidate(
            paper_id=n, revision_id=n, seq=n, kind=Kind.NEW, source="s", paper=Paper(title=title)
        )
        for n, title in enumerate(titles)
    ]


def test_what_the_papers_speak_of_comes_first_in_its_usual_form() -> None:
    found = derive(BEES, learn([]), keywords=4)
    assert len(found) == 4
    assert {word.term for word in found[:2]} == {"bees", "dance"} or found[0].term == "Bees"
    assert found[0].weight == 1.0
    assert [word.weight for word in found] == sorted((w.weight for w in found), reverse=True)


def test_what_the_seen_papers_all_hold_counts_less() -> None:
    corpus = learn([analyse(item) for item in seen(*["On dance"] * 3000)])
    assert "dance" not in {word.term for word in derive(BEES, corpus, keywords=2)}


def test_stop_words_and_numbers_are_no_keywords() -> None:
    terms = {word.term for word in derive(BEES, learn([]))}
    assert not terms & {"the", "of", "a", "2024", "and"}


def test_no_words_give_no_keywords() -> None:
    assert derive([], learn([])) == ()
    assert derive([Paper(title="!?")], learn([])) == ()


@given(
    st.lists(
        st.builds(Paper, title=st.text(max_size=40), abstract=st.text(max_size=60)), max_size=4
    ),
    st.integers(0, 9),
)
def test_whatever_is_read_gives_readable_keywords_in_any_order(
    papers: list[Paper], most: int
) -> None:
    found = derive(papers, learn([]), keywords=most)
    assert len(found) <= most
    assert all(parse(word.text) == word for word in found)
    assert derive(papers[::-1], learn([]), keywords=most) == found
