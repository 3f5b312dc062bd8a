"""Finds entries in a profile that are allowed but probably mistakes."""

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from enum import Enum
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from digest.core.keywords.aliases import Meaning, all_forms, meaning
from digest.core.keywords.connections import AFFILIATION, CONNECTION_FIELDS, parse_connection
from digest.core.keywords.paper_index import PaperIndex, tokenize_paper
from digest.core.models.editions import Candidate
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.models.profiles import Keyword, Profile, Topic
from digest.core.profiles.arxiv_categories import CATEGORIES, is_category
from digest.core.profiles.coverage import covers, matching_papers
from digest.core.ranking.corpus import build_corpus
from digest.core.ranking.scoring import compile_profile, rank

ENOUGH_PAPERS = 20
"""With fewer stored papers, keywords are not tried on them: the shares would say little."""

TOO_COMMON_SHARE = 1 / 3
"""A keyword that matches this share of the stored papers does not select anything."""

# Exclusions of a topic that are compared with each of its keywords: there may be thousands of both.
_MAX_EXCLUSIONS = 200
_SEPARATORS = re.compile(r"[,;|]|\b(?:AND|OR|NOT)\b")
_QUOTED_OPERATORS = (
    (re.compile(r"\w\*$"), "inside quotes, the star does not make a prefix; write the keyword without quotes: {0}"),
    (re.compile(r"\^[0-9.]+$"), "inside quotes, {1} is not a weight; write it after the closing quote"),
    (re.compile(r"^(?:title|author|category|institution|venue|cites):", re.IGNORECASE), "inside quotes, {1} is not a field; write it before the opening quote"),
)  # fmt: skip
_SEVERAL_AUTHORS = re.compile(r"\bet\.? al\b|\band\b|[&;]", re.IGNORECASE)


class TopicPart(Enum):
    """The part of a topic that a warning is about."""

    TOPIC = "topic"
    KEYWORDS = "keywords"
    EXCLUDED = "excluded"
    AVOIDED = "avoided"


_VERBS = {
    TopicPart.KEYWORDS: "matches",
    TopicPart.EXCLUDED: "removes",
    TopicPart.AVOIDED: "lowers",
}


class LintWarning(Struct, frozen=True, kw_only=True):
    """A probable mistake in a profile, and what to write instead."""

    topic: int  # the number of the topic, from 0
    part: TopicPart
    index: int = 0  # position of the keyword in that part of the topic
    problem: str


def lint(profile: Profile, papers: Sequence[Candidate] = ()) -> tuple[LintWarning, ...]:
    """Returns the warnings about a profile, topic by topic.

    Args:
        profile: a profile without errors.
        papers: stored papers. Keywords are tried on them if there are `ENOUGH_PAPERS`.
    """
    index = PaperIndex([tokenize_paper(paper, profile.language) for paper in papers])
    seen_categories = {
        category.casefold() for paper in papers for category in paper.paper.categories
    }
    seen: dict[Meaning, tuple[str, str]] = {}  # text and topic of a keyword
    warnings: list[LintWarning] = []
    for number, topic in enumerate(profile.topics):
        if problem := _unreachable(topic, profile.min_match):
            warnings.append(LintWarning(topic=number, part=TopicPart.TOPIC, problem=problem))
        for part, keywords in (
            (TopicPart.KEYWORDS, topic.keywords),
            (TopicPart.EXCLUDED, topic.excluded),
            (TopicPart.AVOIDED, topic.avoided),
        ):
            for place, keyword in enumerate(keywords):
                problems = [
                    *_suspicious(keyword, seen_categories),
                    *_try_on_papers(keyword, index, part),
                ]
                if part is TopicPart.KEYWORDS:
                    problems += _removed(keyword, topic)
                    problems += _repeated(keyword, topic.name, seen)
                if part is TopicPart.AVOIDED:
                    problems += _cancelled(keyword, topic)
                warnings += (
                    LintWarning(topic=number, part=part, index=place, problem=problem)
                    for problem in problems
                )
    return tuple(warnings)


def _suspicious(keyword: Keyword, seen_categories: set[str]) -> Iterator[str]:
    """Yields problems with a keyword that need no papers to be found."""
    if keyword.field in ("author", *CONNECTION_FIELDS) and parse_connection(
        keyword.field, keyword.term
    ):
        return
    if keyword.field == "category":
        if not (
            keyword.term.casefold() in seen_categories
            or is_category(keyword.term, prefix=keyword.prefix)
        ):
            close = get_close_matches(keyword.term, sorted(CATEGORIES), n=1)
            instead = (
                f'did you mean "{close[0]}"?'
                if close
                else "categories of arXiv look like cs.LG or cs.*"
            )
            yield (
                f'no stored paper has the category "{keyword.term}", and arXiv has no such category;'
                f" {instead}"
            )
    elif keyword.field == "author":
        if match := _SEVERAL_AUTHORS.search(keyword.term):
            yield (
                f'looks for a single person called "{keyword.term}", because "{match[0]}" counts as'
                " part of the name; write one entry for each person"
            )
    elif keyword.exact:
        for sign, problem in _QUOTED_OPERATORS:
            if match := sign.search(keyword.term):
                yield problem.format(keyword.term, match[0])
    elif match := _SEPARATORS.search(keyword.term):
        yield (
            f'is looked for as one phrase that contains "{match[0]}"; write several keywords, each in'
            " its own quotes"
        )


def _try_on_papers(keyword: Keyword, index: PaperIndex, part: TopicPart) -> Iterator[str]:
    """Yields problems that show when a keyword is tried on the stored papers."""
    count = len(index.papers)
    if count < ENOUGH_PAPERS or (
        part is TopicPart.KEYWORDS and keyword.field in ("category", "author", *CONNECTION_FIELDS)
    ):
        return
    matching = len(matching_papers(keyword, index))
    if matching >= TOO_COMMON_SHARE * count:
        yield f"{_VERBS[part]} {matching:,} of the {count:,} stored papers; write a narrower keyword"
    if matching or not (keyword.capitals or keyword.exact):
        return
    lower = replace(keyword, term=keyword.term.lower(), capitals=False)
    if lower.term != keyword.term and (others := len(matching_papers(lower, index))):
        yield (
            f"capital letters count in this keyword, and none of the {count:,} stored papers writes it"
            f" like this; in lower case it matches {others:,}"
        )


def _removed(keyword: Keyword, topic: Topic) -> Iterator[str]:
    for excluded in islice(topic.excluded, _MAX_EXCLUSIONS):
        if covers(excluded, keyword):
            yield (
                f"never finds a paper: the exclusion {_quoted(excluded)} of this topic removes all"
                " papers that it matches; remove one of the two"
            )
            return


def _cancelled(avoided: Keyword, topic: Topic) -> Iterator[str]:
    for keyword in topic.keywords:
        if meaning(keyword) == meaning(avoided):
            yield (
                f"is avoided and looked for in the same topic, as {_quoted(keyword)}; remove one of"
                " the two"
            )
            return


def _repeated(keyword: Keyword, topic: str, seen: dict[Meaning, tuple[str, str]]) -> Iterator[str]:
    """Yields a problem if an earlier keyword matches the same; adds this keyword to `seen`."""
    keyword_meaning = meaning(keyword)
    for form in all_forms(keyword):
        earlier = seen.get(meaning(form))
        if earlier and earlier != (keyword.text, topic):
            text, other = earlier
            reason = "" if meaning(form) == keyword_meaning else f", by its alias {_quoted(form)},"
            if other == topic:
                yield f'matches{reason} the same as "{text}" above; one of the two is enough'
            # The same category in two topics is useful: it raises the papers of both.
            elif keyword.field != "category":
                yield (
                    f'matches{reason} the same as "{text}" in the topic "{other}"; each paper is'
                    " shown in one topic only"
                )
            break
    else:
        if keyword_meaning in seen:
            yield "is written twice in this topic; once is enough"
    for form in all_forms(keyword):
        seen.setdefault(meaning(form), (keyword.text, topic))


def _unreachable(topic: Topic, min_match: float) -> str | None:
    """Returns a problem if a topic without text keywords can never reach `min_match`."""
    if topic.likes or topic.likes_from:
        return None
    if any(keyword.field in ("text", "title") for keyword in topic.keywords):
        return None
    named = [word for word in topic.keywords if word.field in ("author", *CONNECTION_FIELDS)]
    # A paper with all that the topic names: no paper can score higher.
    best = Candidate(
        paper_id=1,
        revision_id=1,
        seq=1,
        kind=AnnouncementKind.NEW,
        source="",
        paper=Paper(
            title="",
            authors=tuple(word.term for word in topic.keywords if word.field == "author"),
            categories=tuple(word.term for word in topic.keywords if word.field == "category"),
            venue=next((word.term for word in named if word.field == "venue"), ""),
            connections=tuple(_connection(word) for word in named),
        ),
    )
    alone = Profile(topics=(replace(topic, excluded=()),))
    ranked = rank([tokenize_paper(best)], compile_profile(alone, build_corpus([])), keep_all=True)
    if ranked[0].score >= min_match:
        return None
    return (
        f"its best paper would score {ranked[0].score:.0f}, below min_match = {min_match:g}; add"
        " keywords, or give an entry a weight, such as category:cs.RO^3 in the keywords"
    )


def _connection(keyword: Keyword) -> str:
    found = parse_connection(keyword.field, keyword.term)
    return f"{AFFILIATION} {keyword.term}" if found is None or not found.id else found.id


def _quoted(keyword: Keyword) -> str:
    return f'"{keyword.text}"'
