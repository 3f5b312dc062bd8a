import random

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from support.samples.small_background import SUBJECTS

from digest.core.background.learning import DEFINED_PAPERS, MIN_PAPERS, learn
from digest.core.background.singular_vectors import right_singular_vectors
from digest.core.background.table import BackgroundArrays, BackgroundTable
from digest.knowledge import background_files


def papers(count: int = 120, definition: str = "") -> list[tuple[str, str]]:
    chance = random.Random(2)
    subjects = [subject.split() for subject in SUBJECTS]
    return [
        (
            f"Study {number}",
            f"{' '.join(chance.choices(subjects[number % 3], k=30))}. {definition}",
        )
        for number in range(count)
    ]


def contents(arrays: BackgroundArrays) -> list[object]:
    numbers = (arrays.frequencies, arrays.vectors, arrays.scales, arrays.sample)
    return [
        arrays.papers,
        tuple(arrays.terms),
        tuple(arrays.abbreviations),
        *(array.tobytes() for array in numbers),
    ]


def test_the_same_papers_in_any_order_give_the_same_table() -> None:
    items = papers()
    shuffled = random.Random(3).sample(items, len(items))
    assert contents(learn(shuffled)) == contents(learn(items)) == contents(learn(iter(items)))


def test_a_repeated_paper_counts_once() -> None:
    items = papers()
    assert contents(learn(items + items[:50])) == contents(learn(items))


def test_too_few_papers_are_refused() -> None:
    with pytest.raises(ValueError, match=f"99 papers; a table needs at least {MIN_PAPERS}"):
        learn(papers(99))
    assert learn(papers(MIN_PAPERS)).papers == MIN_PAPERS


def test_papers_without_common_words_are_refused() -> None:
    with pytest.raises(ValueError, match="no words in common"):
        learn([(f"word{number}", "") for number in range(150)])


def test_the_terms_are_counted_once_a_paper_the_most_frequent_first() -> None:
    arrays = learn(papers())
    frequencies = arrays.frequencies.tolist()
    assert frequencies == sorted(frequencies, reverse=True)
    assert arrays.terms[0] == "study"
    assert frequencies[0] == 120
    assert BackgroundTable(arrays).frequency("rose") <= 40


def test_frequent_terms_have_vectors_and_rare_ones_do_not() -> None:
    rare = ("Otter", "A single otter sings about roses.")
    table = BackgroundTable(learn([*papers(), rare]))
    assert table.has_vector("rose")
    assert not table.has_vector("otter")


def test_the_rows_of_the_vectors_are_stored_one_after_the_other() -> None:
    assert learn(papers()).vectors.flags.c_contiguous
    assert np.load(background_files.PACKAGED / "vectors.npy", mmap_mode="r").flags.c_contiguous


def test_words_of_one_subject_have_similar_vectors() -> None:
    table = BackgroundTable(learn(papers()))
    rose, soil, hive = table.vectors([["rose"], ["soil"], ["hive"]])
    assert rose @ soil > rose @ hive


def test_an_abbreviation_that_enough_papers_define_alike_is_kept() -> None:
    definition = "We use a large language model (LLM)."
    some = papers(DEFINED_PAPERS, definition)
    assert learn([*papers(200)[100:], *some]).abbreviations == [("llm", "large language model")]
    few = papers(DEFINED_PAPERS - 1, definition)
    assert learn([*papers(200)[100:], *few]).abbreviations == []


def test_an_abbreviation_with_two_meanings_is_not_kept() -> None:
    rest = papers(200)[100:]
    one = papers(10, "We use a large language model (LLM).")
    other = [(f"{title} b", f"{text} a lunar landing module (LLM)") for title, text in papers(10)]
    assert learn([*rest, *one, *other]).abbreviations == []


def test_an_abbreviation_of_one_word_is_not_kept() -> None:
    some = papers(10, "The method of transformers (TRFM) is old.")
    assert learn([*papers(200)[100:], *some]).abbreviations == []


def test_in_another_language_words_have_its_stems() -> None:
    items = [(f"Studie {number}", "Die Bienen tanzen im Garten.") for number in range(110)]
    assert "bien" in learn(items, language="german").terms


def test_singular_vectors_are_those_of_the_exact_decomposition() -> None:
    dense = np.random.default_rng(7).standard_normal((60, 40)).astype(np.float32)
    dense[:, :5] *= 8.0  # a clear gap after the first five
    found = right_singular_vectors(csr_matrix(dense), 4)
    exact = np.linalg.svd(dense, full_matrices=False)[2][:4]
    assert np.abs(np.sum(found.T * exact, axis=1)) == pytest.approx(np.ones(4), abs=0.01)
    assert (found[np.abs(found).argmax(axis=0), range(4)] > 0.0).all()
