"""Which papers of a message are picked out, which are cards and which are lines."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.builders import TODAY, candidate

from digest.core.editions.hierarchy import CARDS, CARDS_BESIDE_SURPLUS, PICKS, WEEKLY_PICKS, lay_out
from digest.core.editions.shown import ShownEdition, ShownEntry, shown_entry
from digest.core.models.editions import EditionEntry
from digest.core.models.profiles import Detail


def entry(number: int, score: float | None) -> ShownEntry:
    return shown_entry(EditionEntry(candidate=candidate(f"Paper {number}", number), score=score))


def edition(*topics: tuple[str, list[float]]) -> ShownEdition:
    number = iter(range(1, 1000))
    return ShownEdition(
        local_date=TODAY,
        sections=[
            (name, [entry(next(number), score) for score in scores]) for name, scores in topics
        ],
        trending=[],
        considered=0,
        left_out=0,
    )


def test_few_papers_are_all_cards_in_their_topics() -> None:
    layout = lay_out(edition(("A", [90.0, 30.0]), ("B", [95.0])))
    assert layout.picks == []
    assert [(section.topic, len(section.cards)) for section in layout.sections] == [
        ("B", 1),
        ("A", 2),
    ]


def test_each_topic_with_further_papers_has_a_card_before_the_others_get_more() -> None:
    layout = lay_out(edition(("A", [99.0 - n for n in range(12)]), ("B", [30.0, 29.0])))
    assert len(layout.picks) == PICKS
    first, second = layout.sections
    assert (len(first.cards), len(second.cards)) == (CARDS - 1, 1)
    assert (len(first.lines), len(second.lines)) == (5, 1)
    assert (first.total, second.total) == (12, 2)


def test_beside_a_surplus_there_are_fewer_cards_and_its_papers_are_lines() -> None:
    given_edition = replace(
        edition(("A", [99.0 - n for n in range(12)])),
        surplus=[entry(number, None) for number in (21, 22)],
    )
    layout = lay_out(given_edition)
    assert len(layout.sections[0].cards) == CARDS_BESIDE_SURPLUS < CARDS
    assert layout.surplus is not None
    assert [item.revision_id for item in layout.surplus.lines] == [21, 22]
    assert not layout.surplus.cards


scores = st.lists(st.floats(20, 100), max_size=20)


@given(
    topics=st.lists(scores, max_size=4),
    weekly=st.booleans(),
    detail=st.sampled_from([Detail.TITLES, Detail.SHORT, Detail.FULL]),
)
def test_every_paper_is_shown_once_whatever_the_reader_wants(
    topics: list[list[float]], *, weekly: bool, detail: Detail
) -> None:
    given_edition = edition(*((str(name), items) for name, items in enumerate(topics)))
    layout = lay_out(given_edition, weekly=weekly, detail=detail)
    shown = [item.revision_id for _, item in layout.picks]
    for section in layout.sections:
        shown += [item.revision_id for item in (*section.cards, *section.lines)]
    assert sorted(shown) == list(range(1, sum(map(len, topics)) + 1))
    assert len(layout.picks) <= (WEEKLY_PICKS if weekly else PICKS)
    picked = [item.score or 0.0 for _, item in layout.picks]
    assert picked == sorted(picked, reverse=True)
    if detail is Detail.TITLES:
        assert not layout.picks
        assert not any(section.cards for section in layout.sections)
    if detail is Detail.FULL:
        assert not any(section.lines for section in layout.sections)
