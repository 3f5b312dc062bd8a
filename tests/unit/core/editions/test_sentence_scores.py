"""How much a sentence of an abstract says."""

import pytest

from digest.core.editions import sentence_scores
from digest.core.editions.sentence_scores import Cue

CUES = [value for value in vars(sentence_scores).values() if isinstance(value, Cue)]

SENTENCES = (
    "We propose a cache that forgets.",
    "THIS WORK THUS INTRODUCES TWO BENCHMARKS.",
    "A new loss is presented.",
    "To bridge this gap, agents ask other agents.",
    "We carefully study how models forget.",
    "It outperforms the state-of-the-art by 3.5 points, at 2x the speed.",
    "Our results suggest that SOTA models are wasteful.",
    "Attention has become the usual choice, and many have shown why.",
    "Code and data are publicly available.",
    "The page is https://example.org/cache.",
    "© 2026 The authors. All rights reserved.",
    "Accepted at the Workshop on Caches.",
    "Le modèle a été proposé; we propoſe it again.",  # "ſ" is an "s" for a pattern
    "Nothing is said here",
    "",
)


@pytest.mark.parametrize("cue", CUES)
def test_a_cue_is_found_wherever_its_pattern_is(cue: Cue) -> None:
    forms = [form for text in SENTENCES for form in (text, text.upper(), text.lower())]

    found = [cue.is_in(form) for form in forms]

    assert found == [cue.pattern.search(form) is not None for form in forms]
    assert True in found
    assert False in found
