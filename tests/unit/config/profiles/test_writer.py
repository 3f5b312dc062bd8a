"""A profile written as a file is the profile that is read from it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from digest.config.email_addresses import check_line
from digest.config.profiles.loader import AuthoredProfile, parse
from digest.config.profiles.writer import render_profile
from digest.core.keywords.aliases import attach
from digest.core.keywords.parser import KeywordError, parse_all
from digest.core.keywords.parser import parse as parse_keyword
from digest.core.models.papers import AnnouncementKind
from digest.core.models.profiles import Boosts, Keyword, Profile, Topic, is_text


def readable(text: str, *, excluded: bool = False) -> bool:
    try:
        found = parse_all([], [text]) if excluded else parse_all([text])
    except KeywordError:
        return False
    return bool(found[excluded])


def avoidable(text: str) -> bool:
    try:
        return is_text(parse_keyword(text))
    except KeywordError:
        return False


def one_line(text: str) -> bool:
    try:
        return check_line(text) == text != ""
    except ValueError:
        return False


WORDS = st.text(alphabet="abRAGé強 -:.,'*^\"()2\\", min_size=1, max_size=12)
WRITTEN = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "", " ", "title:", "author:", "category: "]),
        WORDS | st.text(min_size=1, max_size=8),
        st.sampled_from(["", "", "*", "^2", "^.25"]),
    ),
)
ALIASES = st.dictionaries(
    st.sampled_from(["ab", "RAG", '"ab"', "a2*"]),
    st.lists(st.sampled_from(["RAG", "b強", '"a"', "ab 2", "Gi*"]), max_size=3),
    max_size=2,
)
LINES = st.text(max_size=20).map(lambda text: text if one_line(text) else "a line")


@st.composite
def profiles(draw: st.DrawFn) -> AuthoredProfile:
    names = draw(st.lists(LINES, min_size=1, max_size=3, unique=True))
    topics = []
    language = draw(st.sampled_from(["english", "german"]))
    for name in names:
        aliases = list(draw(ALIASES).items())
        written = [text for text in draw(st.lists(WRITTEN, max_size=5)) if readable(text)]
        without = draw(st.lists(WRITTEN, max_size=3))
        keywords, excluded = parse_all(
            [*written, "ab^3", "RAG"], [text for text in without if readable(text, excluded=True)]
        )
        avoided = [parse_keyword(text) for text in written if avoidable(text)]
        topics.append(
            Topic(
                name=name,
                keywords=attach(keywords, aliases, language=language),
                excluded=attach(excluded, aliases, language=language),
                avoided=attach(avoided, aliases, language=language),
                likes_from=draw(
                    st.sampled_from([(), ("my list.bib",), ("a.ris", "arxiv:2508.13426")])
                ),
                weight=draw(st.sampled_from([1.0, 0.25, 2.0]) | st.floats(1e-6, 100)),
            )
        )
    reader = draw(st.just("") | LINES)
    profile = Profile(
        topics=tuple(topics),
        name=reader,
        timezone=draw(st.sampled_from(["UTC", "Europe/Paris"])),
        send_at=draw(st.none() | st.just("07:30")),
        days=tuple(sorted(draw(st.sets(st.integers(0, 6), min_size=1)))),
        max_papers=draw(st.integers(1, 200)),
        min_match=draw(st.floats(0, 100)),
        when_empty=draw(st.sampled_from(["skip", "send"])),
        patience=timedelta(minutes=draw(st.integers(0, 24 * 60))),
        trending=draw(st.integers(0, 20)),
        kinds=tuple(kind for kind in AnnouncementKind if draw(st.booleans()))
        or (AnnouncementKind.NEW,),
        sources=draw(st.none() | st.lists(LINES, min_size=1, max_size=2, unique=True).map(tuple)),
        language=language,
        related=draw(st.booleans()),
        boosts=Boosts(
            votes=draw(st.booleans()),
            code=draw(st.booleans()),
            authors=draw(st.sampled_from([(), ("Ada X", "B. Y")])),
        ),
    )
    return AuthoredProfile(email="ada@example.org", name=reader, profile=profile)


@given(profiles(), st.lists(st.text(max_size=20), max_size=2), st.text(max_size=20))
def test_a_written_profile_is_read_back_with_any_comments(
    authored: AuthoredProfile, heading: list[str], note: str
) -> None:
    notes = {word.text: note for topic in authored.profile.topics for word in topic.keywords}
    text = render_profile(authored, heading=heading, notes=notes, closing=heading)
    assert parse(text, file="any.toml") == authored


def test_a_keyword_is_written_with_all_its_operators() -> None:
    keyword = Keyword(text="bees", term="bees", weight=0.25)
    profile = Profile(topics=(Topic(name="T", keywords=(keyword,)),))
    text = render_profile(AuthoredProfile(email="a@example.org", name="", profile=profile))
    assert '"bees^0.25"' in text
    assert parse(text, file="a").profile.topics[0].keywords == (replace(keyword, text="bees^0.25"),)


def test_the_file_has_comments_and_notes_beside_their_keywords() -> None:
    keywords = parse_all(["KV cache", "x-ray", "author:Tri Dao", "category:cs.LG"])[0]
    profile = Profile(topics=(Topic(name="T", keywords=keywords),))
    text = render_profile(
        AuthoredProfile(email="a@example.org", name="", profile=profile),
        heading=["Made from\na list."],
        notes={"KV cache": "in 3 of 4"},
        closing=["Further:"],
    )
    assert text.startswith("#:schema ../profile.schema.json\n# Made from a list.\n\nemail = ")
    assert '\n  "KV cache",  # in 3 of 4\n  "x-ray",\n]\n' in text
    assert '\nauthors = ["Tri Dao"]\ncategories = ["cs.LG"]\n' in text
    assert text.endswith("\n\n# Further:\n")
    settings = text.partition("\n\n")[2].partition("\n\n")[0].splitlines()
    assert all(" # " in line for line in settings)


@pytest.mark.parametrize("topics", [1, 2])
def test_aliases_are_written_beside_their_topics(topics: int) -> None:
    keywords = attach(parse_all(["LLM", "title:LLM"])[0], [("LLM", ["chatbot", '"ChatGPT"'])])
    made = tuple(Topic(name=f"T{number}", keywords=keywords) for number in range(topics))
    authored = AuthoredProfile(email="a@example.org", name="", profile=Profile(topics=made))
    text = render_profile(authored)
    assert text.count('"LLM" = ["chatbot", "\\"ChatGPT\\""]') == topics
    assert parse(text, file="a") == authored
