"""Which sentences a reader sees."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.editions.excerpts import find_evidence, join_sentences, select_sentences
from digest.core.keywords.parser import parse
from digest.core.models.editions import KeywordMatch
from digest.core.text.sentences import split

ABSTRACT = split(
    "Recent years have seen great progress in the caching of attention for transformers."
    " However, existing methods need far more memory than most of their users have at home."
    " We propose Tern, a cache that forgets what no later token will ever ask for again."
    " Its eviction policy is learned with reinforcement from traces of real conversations."
    " We also describe how quantization of keys and of values interacts with forgetting them."
    " On three benchmarks, Tern reduces memory by 61% at the same accuracy as before."
    " Code is available at https://tern.example/code."
)
TITLE = "Tern: A Cache that Forgets"


def match(keyword: str, field: str = "abstract", *, points: float = 9.0) -> KeywordMatch:
    return KeywordMatch(keyword=keyword, field=field, contribution=points)


def held(sentences: Sequence[str], *matches: KeywordMatch) -> tuple[frozenset[str], ...]:
    keywords = {item.keyword: parse(item.keyword) for item in matches}
    return find_evidence(sentences, matches, keywords).held


def text(places: tuple[int, ...], sentences: tuple[str, ...] = ABSTRACT, budget: int = 320) -> str:
    return "".join(join_sentences(sentences, places, budget=budget))


def test_without_keywords_the_contribution_and_the_result_are_shown() -> None:
    places = select_sentences(ABSTRACT, title=TITLE)
    assert {2, 5} <= set(places)
    assert not {1, 6} & set(places)


def test_a_sentence_that_only_says_where_more_is_found_is_not_shown() -> None:
    for pointer in (
        "We provide videos and many more examples of caches in our project website.",
        "The videos of what the cache forgets are provided at this https URL.",
    ):
        places = select_sentences((*ABSTRACT[:6], pointer), title=TITLE)
        assert {2, 5} <= set(places)
        assert 6 not in places


def test_the_sentences_that_hold_the_readers_keywords_come_first() -> None:
    for keyword, place in (("quantization", 4), ("reinforcement", 3), ("transformer", 0)):
        found = held(ABSTRACT, match(keyword))
        assert [at for at, words in enumerate(found) if words] == [place]
        assert place in select_sentences(ABSTRACT, title=TITLE, held=found)


def test_a_keyword_is_found_as_the_ranking_finds_it() -> None:
    sentences = ("We quantize the KV-caches.", "The title: says nothing.", "Caching KV.")
    found = held(sentences, match("KV cache"), match("title:nothing", "title"), match("author:KV"))
    assert found == (frozenset({"KV cache"}), frozenset({"title:nothing"}), frozenset())


def test_each_keyword_is_shown_once_before_one_is_shown_twice() -> None:
    room = (
        "Bees are what this sentence here is all about, and about bees it is again.",
        "Bees and more bees are what we propose and introduce in this paper on bees.",
        "Wasps are a thing that this sentence mentions only in passing, of all things.",
        "Neither of them has any part in this sentence, which is about birds instead.",
    )
    found = held(room, match("bees"), match("wasps"))
    assert select_sentences(room, held=found, budget=160) == (1, 2)


def test_the_words_of_a_keyword_are_found_near_each_other_if_that_was_the_match() -> None:
    sentences = ("The cache of keys.", "Keys and values are in a cache.", "A cache of values.")
    assert held(sentences, match("KV value cache", "near"))[1] == frozenset()
    near = held(sentences, match("value cache", "near"))
    assert near == (frozenset(), frozenset({"value cache"}), frozenset({"value cache"}))
    assert not any(held(sentences, match("value cache")))


def test_the_words_that_carried_a_keyword_count_with_their_share_of_its_points() -> None:
    sentences = ("Notes of patients.", "Nothing here.", "Patients in hospitals.")
    related = KeywordMatch(
        keyword="clinical notes",
        field="related",
        contribution=12.0,
        words=("patients", "hospital"),
    )
    found = find_evidence(sentences, [related], {"clinical notes": parse("clinical notes")})
    patients, hospital = "clinical notes: patients", "clinical notes: hospital"
    assert found.held == (frozenset({patients}), frozenset(), frozenset({patients, hospital}))
    assert found.weights[patients] == found.weights[hospital] == 6.0


def test_a_keyword_that_brought_less_than_a_point_selects_no_sentence() -> None:
    assert held(ABSTRACT, match("quantization", points=0.99)) == ()
    assert held(ABSTRACT, match("quantization", points=1.0))[4]


def test_the_heavier_keyword_comes_first() -> None:
    room = tuple(f"This sentence is about {word} and it is as long as the other." for word in "ab")
    kept = (frozenset({"a"}), frozenset({"b"}))
    for heavy, place in (("a", 0), ("b", 1)):
        chosen = select_sentences(
            room, held=kept, weights={"a": 1.0, "b": 1.0} | {heavy: 9.0}, budget=80
        )
        assert chosen == (place,)


def test_an_abstract_that_fits_is_shown_whole() -> None:
    short = ABSTRACT[:3]
    assert select_sentences(short) == (0, 1, 2)
    assert text((0, 1, 2)) == " ".join(short)


def test_dots_appear_only_where_a_sentence_is_left_out() -> None:
    assert text((2, 3)) == f"{ABSTRACT[2]} {ABSTRACT[3]}"
    assert text((2, 5)) == f"{ABSTRACT[2]} … {ABSTRACT[5]}"
    assert text((5, 6)) == f"{ABSTRACT[5]} {ABSTRACT[6]}"


def test_one_sentence_that_is_too_long_is_cut_between_words() -> None:
    endless = "We propose " + "one and another thing and " * 40
    assert select_sentences(split(endless)) == (0,)
    cut = text((0,), split(endless))
    assert cut.endswith("…")
    assert 300 < len(cut) <= 320
    assert endless.startswith(cut[:-1] + " ")


def test_a_cut_keeps_a_word_that_ends_where_the_space_ends() -> None:
    assert text((0,), ("one two three four five",), budget=19) == "one two three four…"
    assert text((0,), ("one two three fourfold",), budget=19) == "one two three…"


def test_a_word_that_is_longer_than_the_space_is_cut_within() -> None:
    assert text((0,), ("x" * 100,), budget=50) == "x" * 49 + "…"


def test_positions_that_do_not_exist_are_ignored() -> None:
    assert text((0, 99)) == ABSTRACT[0]
    assert join_sentences((), (0, 1)) == ()
    assert select_sentences(()) == ()


def test_headings_and_links_are_not_chosen_to_fill_the_space() -> None:
    structured = ("Methods.", *ABSTRACT, "© 2020 Publisher. All rights reserved by somebody here.")
    assert not {0, 7, 8} & set(select_sentences(structured))


def test_chinese_sentences_are_joined_without_a_space() -> None:
    sentences = split("提案する。結果は良い。終わり。")
    assert text((0, 1, 2), sentences) == "提案する。結果は良い。終わり。"
    assert text((0, 2), sentences) == "提案する。 … 終わり。"


sentence = st.text("abc XY.,", min_size=1, max_size=200).map(lambda s: " ".join(s.split()) or "x")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(sentence | st.sampled_from(ABSTRACT), max_size=12),
    st.lists(st.frozensets(st.sampled_from("kq")), min_size=12, max_size=12),
    st.integers(20, 400),
    st.integers(1, 4),
)
def test_what_is_chosen_is_in_order_and_within_the_budget(
    sentences: list[str], found: list[frozenset[str]], budget: int, most: int
) -> None:
    found = found[: len(sentences)]
    places = select_sentences(sentences, title="c b", held=found, budget=budget, most=most)
    assert list(places) == sorted(set(places))
    assert bool(places) == bool(sentences)
    extract = "".join(join_sentences(sentences, places, budget=budget))
    assert len(extract) <= budget
    whole = len(places) == len(sentences)
    assert whole or len(places) <= most
    if len(places) != 1:
        assert all(sentences[place] in extract for place in places)
    assert places == select_sentences(sentences, title="c b", held=found, budget=budget, most=most)
