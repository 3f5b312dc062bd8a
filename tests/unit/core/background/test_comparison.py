"""Two background tables are compared by the papers that readers liked."""

import pytest
from support.builders import candidate, paper

from digest.core.background.comparison import MIN_LIKED, LabelledPapers, compare_tables
from digest.core.background.learning import learn
from digest.core.background.table import BackgroundTable, empty_table
from digest.core.keywords.parser import parse
from digest.core.models.profiles import Profile, Topic

# "apiary" is beside "bee" in the table's papers, and in no liked paper does "bee" itself.
TEXTS = [
    (f"The bee and the apiary {number}", "A bee in the apiary makes honey.")
    for number in range(100)
] + [
    (f"The court and the judge {number}", "A judge of the court writes law.")
    for number in range(100)
]
TABLE = BackgroundTable(learn(TEXTS))
PROFILE = Profile(topics=(Topic(name="Bees", keywords=(parse("bee"), parse("queen bee"))),))


def labelled(liked: int) -> LabelledPapers:
    return LabelledPapers(
        profile=PROFILE,
        liked=[
            candidate(
                paper(f"An apiary {number}", "The apiary and its honey."), paper_id=100 + number
            )
            for number in range(liked)
        ],
    )


OTHERS = [
    candidate(paper(f"Judge {number}", "The court of the judge."), paper_id=number + 1)
    for number in range(20)
]


def test_a_table_that_knows_the_words_of_the_liked_papers_is_better() -> None:
    compared = compare_tables([labelled(5)], OTHERS, new=TABLE, current=empty_table())
    assert compared.verdict == "better"
    assert compared.new == 1.0
    assert (compared.profiles, compared.liked) == (1, 5)
    back = compare_tables([labelled(5)], OTHERS, new=empty_table(), current=TABLE)
    assert back.verdict == "worse"
    assert (back.new, back.current) == (compared.current, compared.new)


def test_the_same_table_is_equal() -> None:
    assert compare_tables([labelled(5)], OTHERS, new=TABLE, current=TABLE).verdict == "equal"


@pytest.mark.parametrize("liked", range(MIN_LIKED))
def test_a_few_liked_papers_decide_nothing(liked: int) -> None:
    compared = compare_tables([labelled(liked)], OTHERS, new=TABLE, current=empty_table())
    assert compared.verdict == "unknown"
