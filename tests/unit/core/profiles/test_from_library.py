import random

from hypothesis import given
from hypothesis import strategies as st
from support.builders import candidate, paper

from digest.core.keywords.paper_index import TokenizedPaper, tokenize_paper
from digest.core.keywords.parser import parse
from digest.core.models.papers import Paper
from digest.core.models.profiles import Profile, Topic
from digest.core.profiles.from_library import derive
from digest.core.ranking.corpus import build_corpus
from digest.core.ranking.scoring import compile_profile, rank

LIBRARY = [
    paper("Auction design", "Auctions for truthful bidders. An auction allocates goods."),
    paper("Truthful auctions", "Bidders report values in an auction."),
    paper("Voting", "Voters elect; auctions aside."),
]
OTHERS = [paper(f"Report {n}", "We report a study of goods and values.") for n in range(50)]


def ready(*papers: Paper) -> list[TokenizedPaper]:
    return [tokenize_paper(candidate(item, number)) for number, item in enumerate(papers, 1)]


SEEN = build_corpus(ready(*OTHERS))


def test_the_keyword_that_sets_the_library_apart_comes_first_in_its_usual_form() -> None:
    found = derive(ready(*LIBRARY), SEEN)
    assert found[0].term == "auction"
    assert [word.weight for word in found] == sorted((w.weight for w in found), reverse=True)


def test_there_are_at_most_as_many_keywords_as_asked_for() -> None:
    assert len(derive(ready(*LIBRARY), SEEN, keywords=3)) == 3
    assert derive(ready(*LIBRARY), SEEN, keywords=3) != ()


def test_common_words_numbers_and_single_letters_do_not_become_keywords() -> None:
    found = derive(ready(paper("The 2019 x", "The of and 42 otter, x 2019.")), SEEN)
    assert [word.term for word in found] == ["otter"]


def test_every_keyword_reads_as_it_is_printed() -> None:
    for word in derive(ready(*LIBRARY), SEEN):
        assert parse(word.text) == word


def test_a_library_without_words_gives_no_keywords() -> None:
    assert derive([], SEEN) == ()
    assert derive(ready(paper("...", "???")), SEEN) == ()


def test_an_empty_store_is_enough() -> None:
    assert derive(ready(*LIBRARY), build_corpus([]))


def test_the_librarys_papers_are_strong_matches_by_their_words_alone() -> None:
    topic = Topic(name="Library", keywords=derive(ready(*LIBRARY), SEEN))
    items = ready(*LIBRARY)
    found = rank(items, compile_profile(Profile(topics=(topic,), related=False), SEEN))
    assert 60.0 < sum(one.score for one in found) / len(items) < 85.0


@given(st.lists(st.text(max_size=60), max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_the_library_does_not_matter(texts: list[str], chance: random.Random) -> None:
    items = ready(*(Paper(title=text) for text in texts))
    found = derive(items, SEEN)
    assert derive(chance.sample(items, len(items)), SEEN) == found
    for word in found:
        assert parse(word.text) == word
        assert 0.0 < word.weight <= 100.0
