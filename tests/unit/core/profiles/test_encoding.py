import json
from datetime import date, timedelta
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields, replace

from digest.config.profiles.loader import parse
from digest.config.profiles.schema import json_schema
from digest.core.models.papers import AnnouncementKind
from digest.core.models.profiles import (
    Boosts,
    ExamplePaper,
    FeedbackKind,
    GivenFeedback,
    Keyword,
    Profile,
    Topic,
)
from digest.core.profiles import encoding
from digest.core.profiles.encoding import ProfileDecoder, encode

WRITTEN = """
email = "ada@example.org"
name = "Ada"
timezone = "Europe/Paris"
send_at = "07:30"
days = ["fri"]
patience = "90m"
[aliases]
LLM = ["large language model", "language model*"]
[[topics]]
name = "Inference"
keywords = ["KV cache", "speculative decoding^2", "quantiz*", '"mixture of experts"', "LLM"]
exclude = ["federated learning"]
avoid = ["hardware"]
authors = ["Tri Dao"]
[[topics]]
name = "Liked"
likes = ["library.bib"]
"""

texts = st.text(max_size=12)
tuples_of_texts = st.lists(texts, max_size=3).map(tuple)
numbers = st.floats(allow_nan=False, allow_infinity=False)
days = st.dates()
languages = st.sampled_from(["english", "french"])


def keywords(forms: st.SearchStrategy[tuple[Keyword, ...]]) -> st.SearchStrategy[Keyword]:
    text = st.sampled_from(["KV cache", "LLM", "ü\ud800", ""]) | texts
    plain = st.builds(
        lambda text, language: Keyword(text=text, term=text, language=language), text, languages
    )
    return plain | st.builds(
        Keyword,
        text=text,
        term=text,
        weight=numbers,
        field=st.sampled_from(["text", "title", "author", "category"]),
        exact=st.booleans(),
        prefix=st.booleans(),
        capitals=st.booleans(),
        forms=forms,
        language=languages,
    )


alone = keywords(st.just(()))
some_keywords = st.lists(keywords(st.lists(alone, max_size=2).map(tuple)), max_size=4).map(tuple)
examples = st.builds(ExamplePaper, title=texts, abstract=texts)
topics = st.builds(
    Topic,
    name=texts,
    keywords=some_keywords,
    excluded=some_keywords,
    avoided=some_keywords,
    likes=st.lists(examples, max_size=2).map(tuple),
    likes_from=tuples_of_texts,
    weight=numbers,
)
profiles = st.builds(
    Profile,
    topics=st.lists(topics, max_size=3).map(tuple),
    name=texts,
    timezone=texts,
    send_at=st.none() | texts,
    days=st.lists(st.integers(0, 6), max_size=7).map(tuple),
    max_papers=st.integers(),
    min_match=numbers,
    when_empty=st.sampled_from(["skip", "send"]),
    patience=st.timedeltas(),
    trending=st.integers(),
    kinds=st.lists(st.sampled_from(AnnouncementKind)).map(tuple),
    sources=st.none() | tuples_of_texts,
    related=st.booleans(),
    boosts=st.builds(Boosts, votes=st.booleans(), code=st.booleans(), authors=tuples_of_texts),
    language=languages,
    feedback=st.lists(
        st.builds(GivenFeedback, paper=examples, kind=st.sampled_from(FeedbackKind), on=days),
        max_size=2,
    ).map(tuple),
    feedback_as_of=st.none() | days,
    muted=tuples_of_texts,
)


@given(profiles, profiles)
def test_a_decoded_profile_is_the_encoded_one(first: Profile, second: Profile) -> None:
    decoder = ProfileDecoder()
    for profile in (first, second, first):
        assert ProfileDecoder().decode(encode(profile)) == profile
        assert decoder.decode(encode(profile)) == profile


def test_the_property_covers_every_field() -> None:
    """A field that is added to a model must be drawn here, and stored."""
    assert {field.name for field in fields(Profile)} == {
        "topics", "name", "timezone", "send_at", "days", "max_papers", "min_match", "when_empty",
        "patience", "trending", "kinds", "sources", "related", "boosts", "language", "feedback",
        "feedback_as_of", "muted",
    }  # fmt: skip
    assert {field.name for field in fields(Topic)} == {
        "name", "keywords", "excluded", "avoided", "likes", "likes_from", "weight",
    }  # fmt: skip
    assert {field.name for field in fields(Keyword)} == {
        "text", "term", "weight", "field", "exact", "prefix", "capitals", "forms", "language",
    }  # fmt: skip
    assert len(fields(Boosts)) == 3
    assert len(fields(GivenFeedback)) == 3
    assert len(fields(ExamplePaper)) == 2


def test_a_written_profile_with_aliases_keeps_everything() -> None:
    profile = parse(WRITTEN, file="ada").profile
    assert profile.topics[0].keywords[4].forms
    decoded = ProfileDecoder().decode(encode(profile))
    assert decoded == profile
    assert decoded.patience == timedelta(minutes=90)


def test_profiles_with_the_same_keyword_share_it() -> None:
    profile = parse(WRITTEN, file="ada").profile
    decoder = ProfileDecoder()
    first, second = (
        decoder.decode(encode(replace(profile, name=name))) for name in ("Ada", "Grace")
    )
    for one, other in zip(first.topics[0].keywords, second.topics[0].keywords, strict=True):
        assert one is other


def test_keywords_of_two_languages_are_not_confused() -> None:
    profile = parse(WRITTEN, file="ada").profile
    french = parse(f'language = "french"\n{WRITTEN}', file="ada").profile
    decoder = ProfileDecoder()
    assert decoder.decode(encode(profile)) == profile
    assert decoder.decode(encode(french)) == french


def test_the_bytes_are_json_in_ascii() -> None:
    data = encode(
        Profile(topics=(Topic(name="Ünïted", keywords=()),), feedback_as_of=date(2026, 5, 1))
    )
    assert json.loads(data.decode("ascii"))[1][0][0] == "Ünïted"


def test_a_change_of_the_profile_format_raises_the_version() -> None:
    """Stored profiles are not validated again: raise VERSION where a file is read differently."""
    schema = json.dumps(json_schema(), sort_keys=True)
    without_words = json.loads(schema, object_hook=_without_words)
    digest = sha256(json.dumps(without_words, sort_keys=True).encode()).hexdigest()[:16]
    assert (encoding.VERSION, digest) == (4, "94f39dcf6cd7cea1")


def _without_words(value: dict[str, object]) -> dict[str, object]:
    words = {"description", "examples", "title"}
    return {key: item for key, item in value.items() if key not in words or isinstance(item, dict)}
