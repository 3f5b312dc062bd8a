"""What a language model is asked about papers, and what is taken from its answer."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.knowledge.grading import (
    MAX_ABSTRACT,
    AnswerError,
    GradedPaper,
    messages,
    read_grades,
)


def completion(text: str) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", "content": text}}]}


def test_the_question_names_the_interests_and_numbers_the_papers() -> None:
    papers = [
        GradedPaper(title='A "quoted" title', abstract="x" * 5000),
        GradedPaper(title="Another", abstract=""),
    ]
    system, user = messages(["Serving: KV cache, LLM serving"], papers)
    assert system["role"] == "system"
    assert "Serving: KV cache, LLM serving" in user["content"]
    shown = json.loads(user["content"].split("Papers:\n", 1)[1])
    assert [item["number"] for item in shown] == [1, 2]
    assert shown[0]["title"] == 'A "quoted" title'
    assert len(shown[0]["abstract"]) == MAX_ABSTRACT


@pytest.mark.parametrize(
    "text",
    [
        '{"grades": [10, 0, 5]}',
        'Here they are:\n```json\n{"grades": [10, 0, 5]}\n```',
        '{"grades": [10.0, 0, 5.0], "note": "done"}',
    ],
)
def test_grades_are_read_from_plain_json_and_from_json_in_a_sentence(text: str) -> None:
    assert read_grades(completion(text), papers=3) == (1.0, 0.0, 0.5)


@pytest.mark.parametrize(
    "answer, problem",
    [
        ({"error": "no"}, "no chat completion"),
        ({"choices": []}, "no chat completion"),
        (completion("I cannot"), "grades"),
        (completion('{"grades": "10 0 5"}'), "grades"),
        (completion('{"grades": [10, 0]}'), "2 grades for 3 papers"),
        (completion('{"grades": [10, 0, 11]}'), "from 0 to 10"),
        (completion('{"grades": [10, 0, -1]}'), "from 0 to 10"),
        (completion('{"grades": [10, 0, NaN]}'), "from 0 to 10"),
        (completion('{"grades": [10, 0, true]}'), "number"),
        (completion('{"grades": [10, 0, "5"]}'), "number"),
        (completion("[" * 100_000), "grades"),
        ({"choices": [{"message": {"content": None}}]}, "no text"),
    ],
)
def test_an_answer_without_one_grade_for_each_paper_is_refused(answer: Any, problem: str) -> None:
    with pytest.raises(AnswerError, match=problem):
        read_grades(answer, papers=3)


@given(st.text(), st.integers(min_value=0, max_value=3))
def test_whatever_the_model_writes_the_result_is_grades_or_a_reason(text: str, papers: int) -> None:
    try:
        grades = read_grades(completion(text), papers=papers)
    except AnswerError:
        return
    assert len(grades) == papers
