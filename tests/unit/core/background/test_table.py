"""The background table, on tables that are made by hand or learned in a moment."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples.small_background import SUBJECTS, small_arrays, small_background

from digest.core.background.table import (
    MAX_OTHER_FORMS,
    VECTOR_UNIT,
    BackgroundArrays,
    BackgroundTable,
    empty_table,
    unit,
)
from digest.core.text.tokens import BREAK, lemma, tokenise

FREQUENCIES = {
    "model": 400,
    "language": 200,
    "language model": 150,
    "large": 100,
    "large language": 90,
    "vision": 50,
    "vision language": 30,
    "quantization": 20,
    "quantum": 12,
}


def table(
    abbreviations: Sequence[tuple[str, str]] = (("llm", "large language model"),),
    vectors: int = 4,
) -> BackgroundTable:
    """Returns a table of 1,000 papers; the first terms have the unit vectors."""
    return BackgroundTable(
        BackgroundArrays(
            papers=1000,
            terms=tuple(FREQUENCIES),
            frequencies=np.array(list(FREQUENCIES.values()), dtype=np.uint32),
            vectors=(np.eye(vectors) * 127).astype(np.int8),
            scales=np.full(vectors, 1 / 127, dtype=np.float32),
            sample=(np.eye(vectors) * 127).astype(np.int8),
            abbreviations=abbreviations,
        )
    )


def test_the_frequency_of_a_term_is_the_number_of_papers_with_it() -> None:
    assert table().frequency("model") == 400
    assert table().frequency("language model") == 150
    assert table().frequency("otter") == 0


def test_a_term_that_is_not_in_the_table_is_rarer_than_every_other() -> None:
    assert table().idf("otter") > table().idf("quantum") > table().idf("model") > 0.0


def test_only_the_frequent_terms_have_vectors() -> None:
    assert table().has_vector("large")
    assert not table().has_vector("vision")
    assert not table().has_vector("otter")


def test_the_vector_of_a_word_is_its_own_and_that_of_a_text_lies_between() -> None:
    model, language = table().vector(["model"]), table().vector(["language"])
    assert model.tolist() == [1.0, 0.0, 0.0, 0.0]
    both = table().vector(["model", BREAK, "language"])
    assert 0.0 < both @ model < both @ language  # the rarer word weighs more


def test_a_text_without_known_words_has_the_zero_vector() -> None:
    assert not table().vector(["otter"]).any()
    assert not table().vector([]).any()
    assert table().vectors([]).shape == (0, 4)


def test_more_of_a_word_moves_the_vector_towards_it() -> None:
    once = table().vector(["model", BREAK, "language"])
    often = table().vector(["model", BREAK] * 5 + ["language"])
    assert often[0] > once[0]


def test_the_share_of_a_longer_phrase_is_that_of_the_papers_with_the_word() -> None:
    assert table().longer_phrase_share("language", "large", before=True) == 90 / 200
    assert table().longer_phrase_share("large", "language", before=False) == 90 / 100
    assert table().longer_phrase_share("language", "otter", before=True) == 0.0
    assert table().longer_phrase_share("otter", "language", before=True) == 0.0


def test_an_abbreviation_is_written_out_and_a_long_form_abbreviated() -> None:
    assert table().other_forms(("llm",)) == (("large", "language", "model"),)
    assert table().other_forms(("large", "language", "model")) == (("llm",),)
    assert table().other_forms(("medical", "llm")) == (("medical", "large", "language", "model"),)
    assert table().other_forms(("large", "language", "model", "serving")) == (("llm", "serving"),)
    assert table().other_forms(("model",)) == ()


def test_of_many_abbreviations_the_first_few_are_used() -> None:
    many = [(f"m{number}", "language model") for number in range(9)]
    assert len(table(many).other_forms(("language", "model"))) == MAX_OTHER_FORMS


def test_a_phrase_is_at_most_as_frequent_as_its_rarest_pair_or_word_without_a_neighbour() -> None:
    assert table().phrase_frequency(("large", "language", "model")) == 90
    assert table().phrase_frequency(("model",)) == 400
    assert table().phrase_frequency(("of",)) == 0
    assert table().phrase_frequency(("model", "of", "language")) == 200
    assert table().phrase_frequency(("language", "model", "as", "a", "quantum")) == 12
    assert table().phrase_frequency(("otter", "model")) == 0
    assert table().phrase_frequency(("the", "of")) == 0


def test_a_phrase_is_known_if_all_its_content_words_are() -> None:
    assert table().knows(("model", "of", "vision"))
    assert not table().knows(("model", "otter"))
    assert not table().knows(("the", "of"))


def test_words_with_a_prefix_are_the_frequent_ones() -> None:
    assert table().words_with_prefix("la") == ("language", "large")
    assert table().words_with_prefix("quant") == ()  # they have no vectors


def test_an_empty_table_knows_nothing() -> None:
    nothing = empty_table()
    assert nothing.frequency("model") == 0
    assert not nothing.knows(("model",))
    assert not nothing.has_vector("model")
    assert not nothing.vector(["model"]).any()
    assert nothing.vectors([["model"], []]).shape == (2, 1)
    assert nothing.other_forms(("llm",)) == ()
    assert nothing.words_with_prefix("m") == ()
    assert nothing.longer_phrase_share("large", "language", before=True) == 0.0
    assert not nothing.mean.any()


def test_what_the_terms_of_a_text_add_is_its_product_with_another_vector() -> None:
    background = small_background()
    text = [lemma(word) for word in tokenise("bees swarm around the hive. Roses and prompts")]
    others = background.vectors([["bee"], ["rose", "soil"], ["token"]])
    terms, amounts = background.term_shares(text, others)
    assert "bee swarm" in terms or "bee" in terms
    assert amounts.shape == (len(terms), 3)
    expected = background.vector(text) @ others.T
    assert amounts.sum(axis=0) == pytest.approx(expected, abs=0.01)


def test_texts_about_the_same_subject_are_nearer_than_others() -> None:
    background = small_background()
    bees, more_bees, roses = background.vectors(
        [["bee", "hive", "honey"], ["wasp", "nest", "sting"], ["rose", "soil", "compost"]]
    )
    assert bees @ more_bees > 3 * abs(bees @ roses)


def test_the_mean_of_the_sample_is_rounded_so_that_products_are_exact() -> None:
    mean = small_background().mean
    assert (mean * 2**20 == np.rint(mean * 2**20)).all()
    assert mean == pytest.approx(small_background().sample.mean(axis=0), abs=1e-5)


WORDS = sorted({lemma(word) for subject in SUBJECTS for word in subject.split()} | {"otter", "the"})
TEXT = st.lists(st.sampled_from([*WORDS, BREAK]), max_size=40)


@given(TEXT)
def test_a_vector_has_length_1_and_whole_multiples_of_the_unit(text: list[str]) -> None:
    vector = small_background().vector(text)
    assert (vector / VECTOR_UNIT == np.rint(vector / VECTOR_UNIT)).all()
    length = float(np.sqrt(vector @ vector))
    assert length == 0.0 or length == pytest.approx(1.0, abs=0.05)


@given(TEXT, st.randoms(use_true_random=False))
def test_the_order_of_the_sentences_changes_no_bit_of_a_vector(
    text: list[str], chance: random.Random
) -> None:
    sentences = [[*sentence.split(), BREAK] for sentence in " ".join(text).split("  ")]
    shuffled = chance.sample(sentences, len(sentences))
    first, second = (
        small_background().vector([word for sentence in some for word in sentence])
        for some in (sentences, shuffled)
    )
    assert first.tobytes() == second.tobytes()


@given(st.lists(TEXT, max_size=6))
def test_the_vector_of_a_keyword_does_not_depend_on_the_others(texts: list[list[str]]) -> None:
    together = small_background().keyword_vectors(texts)
    alone = [small_background().keyword_vectors([text])[0] for text in texts]
    assert together.shape == (len(texts), small_background().dimensions)
    assert (together == np.array(alone).reshape(together.shape)).all()


@given(st.lists(TEXT, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_products_of_vectors_do_not_depend_on_the_order_of_their_entries(
    texts: list[list[str]], chance: random.Random
) -> None:
    rows = small_background().vectors(texts)
    order = chance.sample(range(rows.shape[1]), rows.shape[1])
    products = rows @ rows.T
    permuted = np.ascontiguousarray(rows[:, order])
    assert (permuted @ permuted.T == products).all()
    one_by_one = np.array([[float(np.sum(one * other)) for other in rows] for one in rows])
    assert (one_by_one == products).all()


def test_products_with_the_sample_do_not_depend_on_the_order_of_their_entries() -> None:
    background = small_background()
    rows = background.vectors([[word] for word in WORDS])
    order = random.Random(1).sample(range(rows.shape[1]), rows.shape[1])
    assert (rows[:, order] @ background.sample[:, order].T == rows @ background.sample.T).all()


def test_a_vector_of_zeros_stays() -> None:
    assert not unit(np.zeros(3)).any()
    assert unit(np.array([3.0, 4.0])).tolist() == pytest.approx([0.6, 0.8], abs=VECTOR_UNIT)


def test_the_same_contents_give_the_same_answers() -> None:
    again = BackgroundTable(small_arrays())
    text = ["bee", "hive", "language", "model"]
    assert again.vector(text).tobytes() == small_background().vector(text).tobytes()
