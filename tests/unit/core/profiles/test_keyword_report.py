"""What the writer of a profile is shown: forms, papers, near misses, suggestions."""

import pytest
from support.builders import candidate, paper

from digest.core.keywords.aliases import attach
from digest.core.keywords.paper_index import tokenize_paper
from digest.core.keywords.parser import parse
from digest.core.models.papers import Paper
from digest.core.models.profiles import Keyword, Profile, Topic
from digest.core.profiles.keyword_forms import MAX_OTHER_FORMS, FoundForms, found_forms
from digest.core.profiles.keyword_report import NEAR_MISS, ProfileReport, report
from digest.core.ranking.corpus import Corpus, build_corpus
from digest.knowledge import background_files


@pytest.fixture(scope="module")
def known() -> Corpus:
    """An empty store with the background table."""
    return build_corpus([], background_files.load())


def forms(text: str, corpus: Corpus, *aliases: str) -> FoundForms:
    (keyword,) = attach([parse(text)], [(text, aliases)] if aliases else [])
    return found_forms(keyword, corpus)


def profile(*texts: str, min_match: float = 20.0, name: str = "Caches") -> Profile:
    keywords: tuple[Keyword, ...] = tuple(parse(text) for text in texts)
    return Profile(topics=(Topic(name=name, keywords=keywords),), min_match=min_match)


def tried(wanted: Profile, corpus: Corpus, *papers: Paper) -> ProfileReport:
    ready = [tokenize_paper(candidate(item, number)) for number, item in enumerate(papers, 1)]
    return report(wanted, ready, corpus)


def test_the_forms_of_a_keyword_are_its_lemma_other_forms_and_abbreviations(known: Corpus) -> None:
    assert forms("pruning", known) == FoundForms(
        lemmas=("pruning",), other_forms=("prune", "pruned")
    )
    assert forms("LLMs", known).abbreviations == ("large language model",)
    experts = forms("mixtures of experts", known)
    assert experts.lemmas == ("mixture of expert",)
    assert experts.abbreviations == ("MOE",)
    assert experts.near


def test_a_quoted_keyword_and_a_prefix_find_only_what_they_say(known: Corpus) -> None:
    exact = forms('"Mixture of Experts"', known)
    assert exact == FoundForms(lemmas=("Mixture of Experts",))
    assert forms("quantiz*", known) == FoundForms(lemmas=("quantiz…",))


def test_an_alias_is_a_form_of_its_keyword(known: Corpus) -> None:
    assert forms("KV cache", known, "attention cache").lemmas == ("kv cache", "attention cache")


def test_authors_and_categories_have_no_forms(known: Corpus) -> None:
    assert forms("author:Hinton", known) == forms("category:cs.LG", known) == FoundForms()


def test_phrases_that_occur_nowhere_are_not_listed(known: Corpus) -> None:
    assert "computational vision" not in forms("computer vision", known).other_forms
    stored = tokenize_paper(candidate(paper(abstract="On computational vision.")))
    corpus = build_corpus([stored], background_files.load())
    assert "computational vision" in forms("computer vision", corpus).other_forms
    assert len(forms("generation", corpus).other_forms) <= MAX_OTHER_FORMS


def test_each_keyword_says_in_how_many_papers_it_is_and_how_many_of_them_match(
    known: Corpus,
) -> None:
    strong = paper("KV cache eviction", "We evict from the KV cache. The KV cache is small.")
    passing = paper(
        "Robots that grasp",
        "We train a policy for robotic manipulation with reinforcement learning in simulation."
        " Grasping of unknown objects works in cluttered scenes. A cache, here a KV store, holds"
        " the demonstrations of people. The policy transfers to real robots without more training.",
    )
    wanted = profile("KV cache", "speculative decoding", min_match=50.0)
    found = tried(wanted, known, strong, passing)
    assert (found.papers, found.matched) == (2, 1)
    cache, decoding = found.keywords
    assert (cache.keyword, cache.papers, cache.matched) == ("KV cache", 2, 1)
    assert (decoding.papers, decoding.matched) == (0, 0)


def test_papers_just_below_min_match_are_near_misses_best_first(known: Corpus) -> None:
    papers = [
        paper(f"Paper {number}", "KV cache. " * number + "Filler of bees. " * 60)
        for number in range(8)
    ]
    everything = tried(profile("KV cache", "bees dance", min_match=1.0), known, *papers)
    assert everything.near_misses == ()
    found = tried(profile("KV cache", "bees dance", min_match=50.0), known, *papers)
    scores = [item.score for item in found.near_misses]
    assert scores == sorted(scores, reverse=True)
    assert all(50.0 - NEAR_MISS <= score < 50.0 for score in scores)


def test_words_that_the_best_papers_share_are_suggested_unless_a_keyword_has_them(
    known: Corpus,
) -> None:
    papers = [
        paper(
            f"Post-training quantization {number}",
            "Quantization of weights and activations to low precision with calibration data."
            " Outliers in the activations make the quantization of a large language model hard."
            " Code is at https://github.com/example.",
        )
        for number in range(4)
    ]
    found = tried(profile("quantization", "low-bit weights"), known, *papers)
    suggested = [item.keyword.lower() for item in found.suggestions]
    assert suggested
    assert all(item.papers == 4 and item.topic == "Caches" for item in found.suggestions)
    assert not any("quantization" in text or "github" in text for text in suggested)
    again = tried(profile("quantization", "low-bit weights", *suggested), known, *papers)
    assert not {item.keyword.lower() for item in again.suggestions} & set(suggested)


def test_without_papers_the_report_has_the_forms_alone(known: Corpus) -> None:
    found = tried(profile("pruning"), known)
    assert (found.papers, found.matched, found.near_misses, found.suggestions) == (0, 0, (), ())
    assert found.keywords[0].forms.other_forms


def test_a_topic_that_the_table_does_not_know_gets_no_suggestions() -> None:
    papers = [paper(f"Xyzzyq {number}", "xyzzyq plugh " * 30) for number in range(4)]
    found = tried(profile("xyzzyq"), build_corpus([]), *papers)
    assert found.matched == 4
    assert found.suggestions == ()
