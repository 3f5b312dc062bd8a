"""Stored papers of a field that the background table hardly knows say what is average in it."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.builders import candidate, paper
from support.samples.foreign_words import NAMES, foreign_paper
from support.samples.real_words import real_paper

from digest.core.background.table import FOREIGN_WORDS
from digest.core.keywords.paper_index import PaperIndex, TokenizedPaper, tokenize_paper
from digest.core.keywords.parser import parse_all
from digest.core.models.profiles import Profile, Topic
from digest.core.ranking.corpus import FOREIGN_PAPERS, Corpus, build_corpus
from digest.core.ranking.related_terms import RelatedTerms
from digest.core.ranking.scoring import compile_profile, rank, totals
from digest.core.ranking.topical_topic import TopicalTopic
from digest.core.text.word_positions import word_positions
from digest.knowledge import background_files

TABLE = background_files.load()
KEYWORDS = ("protein design", "enzyme engineering", "protein language model")
UNKNOWN = ("cxyz1", "dxyz2", "protein design")


def profile(*keywords: str) -> Profile:
    return Profile(topics=(Topic(name="", keywords=parse_all(keywords)[0]),))


def foreign(count: int) -> list[TokenizedPaper]:
    chance = random.Random(1)
    return [foreign_paper(chance, number) for number in range(count)]


@pytest.fixture(scope="module")
def seen() -> Corpus:
    return build_corpus(foreign(FOREIGN_PAPERS), TABLE)


def test_a_word_that_is_rare_in_the_table_is_not_if_many_papers_of_other_fields_contain_it(
    seen: Corpus,
) -> None:
    empty = build_corpus([], TABLE)
    assert empty.is_rare("gene")
    assert not seen.is_rare("gene")
    assert seen.is_rare("music")


def topical(corpus: Corpus, *keywords: str) -> TopicalTopic:
    found = compile_profile(profile(*keywords), corpus).topics[0].topical
    assert found is not None
    return found


def test_a_paper_that_is_only_of_the_same_field_gets_less_than_with_an_empty_store(
    seen: Corpus,
) -> None:
    chance = random.Random(2)
    others = PaperIndex([foreign_paper(chance, number) for number in range(50)])
    before = totals(
        others, compile_profile(profile("protein design", "cells"), build_corpus([], TABLE))
    )
    after = totals(others, compile_profile(profile("protein design", "cells"), seen))
    assert np.mean(after) < 0.8 * np.mean(before)


def test_a_paper_that_contains_the_keywords_stands_above_all_papers_that_do_not(
    seen: Corpus,
) -> None:
    text = "We do protein design and enzyme engineering. Protein design works."
    wanted = tokenize_paper(candidate(paper("On proteins", text), 1000))
    chance = random.Random(3)
    others = [foreign_paper(chance, number) for number in range(30)]
    found = rank([*others, wanted], compile_profile(profile("protein design"), seen))
    assert found[0].candidate.paper_id == 1000
    assert found[0].score > 40


@pytest.mark.parametrize("count, known", [(0, 0), (FOREIGN_PAPERS - 1, 0), (150, 100)])
def test_too_few_papers_of_another_field_change_nothing(count: int, known: int) -> None:
    chance = random.Random(9)
    others = [real_paper(chance, number) for number in range(1000, 1000 + known)]
    corpus = build_corpus([*foreign(count), *others], TABLE)
    alone = topical(build_corpus([], TABLE), *KEYWORDS)
    found = topical(corpus, *KEYWORDS)
    assert corpus.foreign == ()
    assert corpus.mean_vector == {}
    assert (found.keywords.means == alone.keywords.means).all()
    assert found.shares.tolist() == alone.shares.tolist()


def test_papers_of_the_field_of_the_table_change_nothing() -> None:
    chance = random.Random(4)
    known = [real_paper(chance, number) for number in range(FOREIGN_PAPERS + 50)]
    assert build_corpus(known, TABLE).foreign == ()


def test_beside_papers_of_the_field_of_the_table_the_others_count_alone(seen: Corpus) -> None:
    chance = random.Random(5)
    known = [real_paper(chance, number) for number in range(1000, 1100)]
    mixed = topical(build_corpus([*known, *seen.index.papers], TABLE), *KEYWORDS)
    alone = topical(seen, *KEYWORDS)
    assert (mixed.keywords.means == alone.keywords.means).all()
    assert mixed.shares.tolist() == alone.shares.tolist()


def test_the_level_and_what_the_table_knows_stay_those_of_the_table(seen: Corpus) -> None:
    common = ("protein", "molecular", "language model")
    found, alone = topical(seen, *common), topical(build_corpus([], TABLE), *common)
    assert (found.level, found.known, found.factor) == (alone.level, alone.known, alone.factor)
    assert (found.keywords.means >= alone.keywords.means).all()
    assert (found.shares <= alone.shares).all()
    assert found.shares.tolist() != alone.shares.tolist()


def test_the_order_of_stored_papers_changes_nothing(seen: Corpus) -> None:
    shuffled = list(seen.index.papers)
    random.Random(6).shuffle(shuffled)
    other = build_corpus(shuffled, TABLE)
    chance = random.Random(7)
    papers = PaperIndex([foreign_paper(chance, number) for number in range(20)])
    for keywords in (KEYWORDS, UNKNOWN):
        one, again = (compile_profile(profile(*keywords), corpus) for corpus in (seen, other))
        assert totals(papers, one) == totals(papers, again)


def is_foreign(lemmas: Sequence[str]) -> bool:
    """Whether the table says so, also of a text that is among others."""
    alone, among = TABLE.foreign(word_positions([lemmas])), [["model"], lemmas, ["https"]]
    assert TABLE.foreign(word_positions(among)).tolist() == [number + 1 for number in alone]
    return bool(len(alone))


def test_a_short_text_does_not_say_from_which_field_it_is() -> None:
    assert not is_foreign(NAMES[: FOREIGN_WORDS - 1])
    assert is_foreign([NAMES[n % 9] for n in range(FOREIGN_WORDS)])


def test_stop_words_breaks_and_addresses_do_not_count_as_unknown() -> None:
    known = ["model", "learning", "network"] * FOREIGN_WORDS
    assert not is_foreign([*known, *["the", ""] * 500])
    assert not is_foreign([*known, *["https", "bxyz1", "bxyz2", ""] * 100])


def test_a_text_is_foreign_if_more_than_15_percent_of_its_words_are_unknown() -> None:
    assert not is_foreign(["model"] * 85 + ["bxyz1"] * 15)
    assert is_foreign(["model"] * 84 + ["bxyz1"] * 16)


def test_related_terms_know_how_similar_the_papers_of_the_field_are_on_average() -> None:
    chance = random.Random(8)
    texts = [" ".join(chance.choices(NAMES[n % 6 * 8 :][:8], k=60)) for n in range(FOREIGN_PAPERS)]
    corpus = build_corpus(
        [tokenize_paper(candidate(paper("", text), n)) for n, text in enumerate(texts)], TABLE
    )
    related = compile_profile(profile(*NAMES[:3]), corpus).topics[0].related
    assert related is not None
    similarities = [
        sum(weight * related.terms.get(lemma, 0.0) for lemma, weight in corpus.vector(n).items())
        for n in range(corpus.papers)
    ]
    assert 0.0 < related.average == pytest.approx(np.mean(similarities), abs=1e-3)


def test_what_all_papers_of_a_field_have_in_common_adds_nothing_without_a_keyword() -> None:
    terms = RelatedTerms(terms={"a": 1.0}, weight=1.0, strength=3.0, average=0.2, shares=())
    before = replace(terms, average=0.0)
    assert terms.amount({"a": 0.2}, 0.0) == 0.0 < before.amount({"a": 0.2}, 0.0)
    assert 0.0 < terms.amount({"a": 0.4}, 0.0) < before.amount({"a": 0.4}, 0.0)
    # Beside a keyword they count as before.
    assert terms.amount({"a": 0.2}, 0.5) == before.amount({"a": 0.2}, 0.5) > 0.0


@given(
    st.floats(0.0, 0.5),
    st.floats(0.0, 2.0),
    st.floats(0.0, 2.0),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
)
def test_related_terms_never_add_less_for_more(
    average: float, one: float, other: float, direct: float, more: float
) -> None:
    terms = RelatedTerms(terms={"a": 1.0}, weight=1.0, strength=3.0, average=average, shares=())
    low, high = sorted((one, other))
    assert terms.amount({"a": low}, direct) <= terms.amount({"a": high}, direct)
    assert terms.amount({"a": low}, direct) <= terms.amount({"a": low}, direct + more)
    assert terms.amount({"a": high}, 0.0) <= 0.5
