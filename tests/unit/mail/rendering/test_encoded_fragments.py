"""Encoded fragments decode to their texts when they are joined."""

import quopri
import random
from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from support.builders import candidate, paper
from support.samples.random_profiles import made_paper

from digest.core.models.editions import Edition, EditionEntry, KeywordMatch, Section
from digest.mail.rendering.encoded_fragments import (
    BoundedCache,
    encoded_text,
    fragment,
    to_bytes,
)
from digest.mail.rendering.renderer import RenderedContent, Renderer

# No bare CR: with an LF at the start of the next fragment it would be one line end.
TEXTS = st.text(st.characters(exclude_characters="\r"), max_size=200) | st.text(
    alphabet="a =.\n\t", max_size=200
)


@given(st.lists(TEXTS, max_size=8))
def test_joined_fragments_decode_to_the_joined_texts(texts: list[str]) -> None:
    whole = b"".join(map(to_bytes, texts))
    text = encoded_text(map(fragment, texts))
    encoded = b"".join(text.pieces)
    assert quopri.decodestring(encoded).replace(b"\r\n", b"\n") == whole
    assert text.text.encode() == whole
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert encoded == b"" or encoded.endswith(b"\r\n")


@given(st.lists(TEXTS, max_size=5))
def test_the_size_of_fragments_is_that_of_their_text(texts: list[str]) -> None:
    assert encoded_text(map(fragment, texts)).size == len("".join(texts).encode("utf-8", "replace"))


def test_a_full_cache_is_emptied() -> None:
    cache = BoundedCache[int, str](2)
    for key in (1, 2):
        cache.put(key, str(key))
    assert (cache.get(1), cache.get(2)) == ("1", "2")
    assert cache.put(3, "3") == "3"
    assert (cache.get(1), cache.get(2), cache.get(3)) == (None, None, "3")


def test_a_cache_of_size_0_stores_nothing() -> None:
    cache = BoundedCache[int, str](0)
    assert cache.put(1, "1") == "1"
    assert cache.get(1) is None


def edition(chance: random.Random) -> Edition:
    entries = tuple(
        EditionEntry(
            candidate=candidate(item, number),
            score=chance.uniform(1, 100),
            matches=tuple(
                KeywordMatch(keyword=word, field="abstract", contribution=chance.random())
                for word in chance.sample(WORDS, chance.randint(0, 4))
            ),
            sentences=tuple(sorted(chance.sample(range(4), 2))),
        )
        for number, item in ((n, PAPERS[n]) for n in chance.sample(range(len(PAPERS)), 5))
    )
    trending = tuple(EditionEntry(candidate=candidate(PAPERS[n], n), score=None) for n in (0, 1))
    return Edition(
        local_date=DAY,
        sections=(Section(topic="Bees <&>", entries=entries),),
        trending=trending,
        considered=40,
        matched=5,
    )


_CHANCE = random.Random(5)
WORDS = ["bee", "honey comb", "LLM", "ד'", "a keyword as long as they are " * 2, "<b> & 蜂"]
PAPERS = [made_paper(_CHANCE) for _ in range(12)] + [paper("מאמר על דבורים", "תקציר. עוד משפט.")]
DAY = date(2026, 5, 11)


def render(renderer: Renderer, edition: Edition, reader: str, *, weekly: bool) -> RenderedContent:
    return renderer.render(
        edition,
        list_name="Digest",
        reader_name=reader,
        unsubscribe=f"https://example.org/{len(reader)}" if reader else None,
        profile_name="profiles/ada.toml" if weekly else None,
        weekly=weekly,
    )


@given(st.randoms(use_true_random=False), st.text(max_size=90) | st.just("עדה <&>"), st.booleans())
def test_a_renderer_with_a_cache_gives_the_same_as_one_without(
    chance: random.Random,
    reader: str,
    weekly: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    subject = edition(chance)
    cached, plain = (render(item, subject, reader, weekly=weekly) for item in (CACHING, PLAIN))
    assert (cached.subject, cached.html, cached.text) == (plain.subject, plain.html, plain.text)


CACHING, PLAIN = Renderer(keep=4), Renderer()
