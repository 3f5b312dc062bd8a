import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import candidate, paper

from digest.core.editions.reasons import GOOD
from digest.core.keywords.paper_index import TokenizedPaper, tokenize_paper
from digest.core.keywords.parser import parse_all
from digest.core.models.editions import RankedPaper
from digest.core.models.papers import Paper, PaperLink
from digest.core.models.profiles import Boosts, Profile, Topic
from digest.core.ranking.corpus import Corpus, build_corpus
from digest.core.ranking.related_terms import related_strength
from digest.core.ranking.scoring import compile_profile, rank
from digest.knowledge import background_files

INFERENCE = [
    paper(f"Serving study {n}", "KV cache and speculative decoding cut latency of throughput.")
    for n in range(40)
]
GARDENS = [
    paper(f"Garden study {n}", "Roses and compost in the soil of a garden.") for n in range(60)
]
SEEN = [*INFERENCE, *GARDENS]
KEYWORDS = ("KV cache", "speculative decoding")
SIMILAR = paper("Faster serving", "We cut latency and raise throughput of serving.")
UNRELATED = paper("On roses", "Compost feeds a garden.")
WORDS = "cache decoding latency garden rose soil agent tree search KV speculative".split()  # noqa: SIM905 - as written


def ready(*papers: Paper, first: int = 1) -> list[TokenizedPaper]:
    return [tokenize_paper(candidate(item, number)) for number, item in enumerate(papers, first)]


def profile(*keywords: str, related: bool = True, boosts: Boosts | None = None) -> Profile:
    included, excluded = parse_all(keywords)
    topic = Topic(name="Topic", keywords=included, excluded=excluded)
    return Profile(topics=(topic,), related=related, boosts=boosts or Boosts())


def ranked(item: Paper, wanted: Profile, seen: Corpus) -> RankedPaper:
    return rank(ready(item, first=1000), compile_profile(wanted, seen), keep_all=True)[0]


@pytest.fixture(scope="module")
def seen() -> Corpus:
    return build_corpus(ready(*SEEN))


def test_a_paper_with_only_related_terms_is_found_and_explained(seen: Corpus) -> None:
    found = ranked(SIMILAR, profile(*KEYWORDS), seen)
    with_keywords = paper("Faster serving", "We cut latency: KV cache, speculative decoding.")
    assert 0.0 < found.score < ranked(with_keywords, profile(*KEYWORDS), seen).score
    assert {match.field for match in found.matches} == {"related"}
    assert {match.keyword for match in found.matches} == set(KEYWORDS)
    assert sum(match.contribution for match in found.matches) == pytest.approx(found.score)


def test_related_terms_alone_make_no_good_match_however_many_there_are(seen: Corpus) -> None:
    text = "We cut latency of throughput, latency, throughput: cut cut throughput latency."
    found = ranked(paper("Serving serving latency throughput", text), profile(*KEYWORDS), seen)
    assert 20 < found.score < GOOD


def test_a_paper_about_something_else_is_not_found(seen: Corpus) -> None:
    assert ranked(UNRELATED, profile(*KEYWORDS), seen).score == 0.0


def test_related_terms_can_be_turned_off(seen: Corpus) -> None:
    assert ranked(SIMILAR, profile(*KEYWORDS, related=False), seen).score == 0.0


def test_related_terms_lift_a_paper_that_holds_a_keyword(seen: Corpus) -> None:
    lone = paper("Faster serving", "We cut latency and raise throughput of serving. KV cache.")
    plain = ranked(lone, profile(*KEYWORDS, related=False), seen)
    lifted = ranked(lone, profile(*KEYWORDS), seen)
    assert lifted.score > plain.score > 0.0
    assert {match.field for match in lifted.matches} == {"abstract", "related"}


def test_a_topic_of_one_keyword_has_no_related_terms(seen: Corpus) -> None:
    assert ranked(SIMILAR, profile("KV cache"), seen).score == 0.0


def test_where_the_background_table_knows_the_keywords_no_related_terms_are_learned() -> None:
    known = build_corpus(ready(*SEEN), background_files.load())
    (topic,) = compile_profile(profile(*KEYWORDS), known).topics
    assert topic.topical is not None
    assert topic.related is None


def test_where_it_does_not_know_them_related_terms_are_learned_beside_it() -> None:
    xyzzy = [paper(f"Xyzzy {n}", "Xyzzyq and plughq cut latency.") for n in range(40)]
    known = build_corpus(ready(*xyzzy, *GARDENS), background_files.load())
    (topic,) = compile_profile(profile("xyzzyq", "plughq"), known).topics
    assert topic.topical is None
    assert topic.related is not None


def test_the_less_the_table_knows_the_more_related_terms_count() -> None:
    strengths = [
        related_strength(known / 10, keywords=4, papers=1000) for known in range(10, -1, -1)
    ]
    assert strengths == sorted(strengths)
    assert strengths[0] == 0.0 < strengths[-1]
    assert related_strength(0.0, keywords=1, papers=1000) == 0.0
    assert related_strength(0.0, keywords=4, papers=0) == 0.0


def test_with_few_papers_seen_there_are_no_related_terms() -> None:
    assert ranked(SIMILAR, profile(*KEYWORDS), build_corpus(ready(*INFERENCE[:9]))).score == 0.0
    assert ranked(SIMILAR, profile(*KEYWORDS), build_corpus([])).score == 0.0


def test_related_terms_grow_stronger_as_papers_are_seen(seen: Corpus) -> None:
    lone = paper("Serving", "Latency, throughput, KV cache.")
    fewer = build_corpus(ready(*INFERENCE[:16], *GARDENS[:34]))
    some = ranked(lone, profile(*KEYWORDS), fewer)
    many = ranked(lone, profile(*KEYWORDS), seen)

    def related_points(found: RankedPaper) -> float:
        return sum(match.contribution for match in found.matches if match.field == "related")

    assert 0.0 < related_points(some) < related_points(many)


def test_one_paper_alone_teaches_nothing_about_itself() -> None:
    lone = paper("Digital ink", "A coordinate stream of pens, KV cache, tokens of strokes.")
    once = build_corpus(ready(*GARDENS, lone))
    wanted = profile(*KEYWORDS)
    plain = ranked(lone, profile(*KEYWORDS, related=False), once)
    assert ranked(lone, wanted, once).score == plain.score > 0.0
    twice = build_corpus(ready(*GARDENS, lone, paper("Ink", "Pens, KV cache, strokes.")))
    assert ranked(lone, wanted, twice).score > plain.score


def test_nothing_is_learned_from_excluded_papers_and_they_are_not_found(seen: Corpus) -> None:
    assert ranked(SIMILAR, profile(*KEYWORDS, "-serving"), seen).score == 0.0
    assert ranked(SIMILAR, profile(*KEYWORDS, "-latency"), seen).score == 0.0
    assert compile_profile(profile(*KEYWORDS, "-latency"), seen).topics[0].related is None


def test_an_explanation_names_few_of_many_keywords() -> None:
    many = [f"word{number}" for number in range(10)]
    seen = build_corpus(
        ready(*(paper("Study", " ".join([*many, "latency"])) for _ in range(60)), *GARDENS)
    )
    found = ranked(paper("On latency", "Latency."), profile(*many), seen)
    assert 0 < len(found.matches) <= 3


def test_what_is_learned_does_not_depend_on_the_order_of_the_papers_seen() -> None:
    items = ready(*SEEN)
    random.Random(4).shuffle(items)
    first = compile_profile(profile(*KEYWORDS), build_corpus(ready(*SEEN))).topics[0].related
    second = compile_profile(profile(*KEYWORDS), build_corpus(items)).topics[0].related
    assert first == second


def test_boosts_are_off_until_they_are_turned_on_and_lift_only_what_matches(seen: Corpus) -> None:
    code = (PaperLink(rel="code", url="https://example.org/code"),)
    item = paper("KV cache", "KV cache.", votes=40, links=code, authors=("T. Dao",))
    plain = ranked(item, profile("KV cache"), seen)
    assert {match.field for match in plain.matches} == {"title"}
    boosts = Boosts(votes=True, code=True, authors=("Tri Dao", "Someone Else"))
    lifted = ranked(item, profile("KV cache", boosts=boosts), seen)
    assert {(match.keyword, match.field) for match in lifted.matches} == {
        ("KV cache", "title"),
        ("votes", "votes"),
        ("code", "code"),
        ("Tri Dao", "followed"),
    }
    assert plain.score < lifted.score < plain.score + 25.0
    assert sum(match.contribution for match in lifted.matches) == pytest.approx(lifted.score)
    unmatched = paper("On roses", "Roses.", votes=40, links=code, authors=("Tri Dao",))
    assert ranked(unmatched, profile("KV cache", boosts=boosts), seen).score == 0.0


def test_an_author_without_a_readable_name_is_no_followed_author(seen: Corpus) -> None:
    boosts = Boosts(authors=("Tri Dao",))
    item = paper("KV cache", "KV cache.", authors=("...", "T. Dao"))
    lifted = ranked(item, profile("KV cache", boosts=boosts), seen)
    assert "Tri Dao" in {match.keyword for match in lifted.matches}


TEXT = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
PAPERS = st.lists(TEXT.map(lambda text: Paper(title=text)), min_size=20, max_size=40)
SOME = st.lists(
    st.sampled_from(["KV cache", "decoding^3", "tree search", "rose^0.2", "title:soil", "agen*"]),
    max_size=5,
)


@settings(max_examples=50)
@given(PAPERS, SOME, TEXT)
def test_scores_stay_within_bounds_and_equal_the_sum_of_contributions(
    papers: list[Paper], keywords: list[str], text: str
) -> None:
    corpus = build_corpus(ready(*papers))
    found = ranked(Paper(title=text), profile(*keywords), corpus)
    plain = ranked(Paper(title=text), profile(*keywords, related=False), corpus)
    assert plain.score <= found.score <= 100.0
    assert abs(sum(match.contribution for match in found.matches) - found.score) <= 1e-6
    if plain.score == 0.0:
        assert all(match.field == "related" for match in found.matches)
