"""What in a profile is allowed, and most likely not meant."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import Enum
from itertools import islice

from digest.core.keywords.aliases import Meaning, all_forms, meaning
from digest.core.models.editions import Candidate
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.models.profiles import Keyword, Profile, Topic
from digest.core.profiles.arxiv_categories import CATEGORIES, is_category
from digest.core.profiles.coverage import covers, matching_papers
from digest.core.ranking.corpus import PaperIndex, build_corpus, tokenize_paper
from digest.core.ranking.scoring import compile_profile, rank

ENOUGH_PAPERS = 20
"""With fewer papers seen, shares say nothing."""

TOO_MANY = 1 / 3
"""A keyword that finds this share of the papers seen tells none of them from the others."""

_COMPARED = 200  # exclusions of a topic, with each of its keywords
_LISTING = re.compile(r"[,;|]|\b(?:AND|OR|NOT)\b")
_IN_QUOTES = (
    (re.compile(r"\w\*$"), "a star in quotes is no prefix; write it without the quotes, as in {0}"),
    (re.compile(r"\^[0-9.]+$"), "in quotes {1} is no weight; write it behind the closing quote"),
    (re.compile(r"^(?:title|author|category):", re.IGNORECASE), "in quotes {1} is no field; write it before the first quote"),
)  # fmt: skip
_PEOPLE = re.compile(r"\bet\.? al\b|\band\b|[&;]", re.IGNORECASE)


class TopicPart(Enum):
    """What of a topic a finding is about."""

    TOPIC = "topic"
    KEYWORDS = "keywords"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True, kw_only=True)
class LintWarning:
    """Something that is most likely not meant, and what to write instead."""

    topic: int  # its number, from 0
    part: TopicPart
    index: int = 0  # of the keyword in that part of the topic
    problem: str


def lint(profile: Profile, papers: Sequence[Candidate] = ()) -> tuple[LintWarning, ...]:
    """What is most likely not meant, topic by topic.

    Args:
        profile: a profile without errors.
        papers: those seen; with `ENOUGH_PAPERS` of them, keywords are tried on them.
    """
    index = PaperIndex([tokenize_paper(paper, profile.language) for paper in papers])
    known = {category.casefold() for paper in papers for category in paper.paper.categories}
    seen: dict[Meaning, tuple[str, str]] = {}  # a keyword's text and topic
    findings: list[LintWarning] = []
    for number, topic in enumerate(profile.topics):
        if problem := _out_of_reach(topic, profile.min_match):
            findings.append(LintWarning(topic=number, part=TopicPart.TOPIC, problem=problem))
        for part, keywords in (
            (TopicPart.KEYWORDS, topic.keywords),
            (TopicPart.EXCLUDED, topic.excluded),
        ):
            for place, keyword in enumerate(keywords):
                problems = [*_unlikely(keyword, known), *_tried(keyword, index, part)]
                if part is TopicPart.KEYWORDS:
                    problems += _removed(keyword, topic)
                    problems += _repeated(keyword, topic.name, seen)
                findings += (
                    LintWarning(topic=number, part=part, index=place, problem=problem)
                    for problem in problems
                )
    return tuple(findings)


def _unlikely(keyword: Keyword, known: set[str]) -> Iterator[str]:
    """What no text is likely to hold, whatever is seen."""
    if keyword.field == "category":
        if not (
            keyword.term.casefold() in known or is_category(keyword.term, prefix=keyword.prefix)
        ):
            close = get_close_matches(keyword.term, sorted(CATEGORIES), n=1)
            instead = f'did you mean "{close[0]}"?' if close else "arXiv's look like cs.LG or cs.*"
            yield f'no paper seen is in the category "{keyword.term}", nor is it one of arXiv; {instead}'
    elif keyword.field == "author":
        if found := _PEOPLE.search(keyword.term):
            yield f'one person called "{keyword.term}", "{found[0]}" included; write one name each'
    elif keyword.exact:
        for sign, problem in _IN_QUOTES:
            if found := sign.search(keyword.term):
                yield problem.format(keyword.term, found[0])
    elif found := _LISTING.search(keyword.term):
        yield (
            f'looked for as one phrase, "{found[0]}" included; write several keywords, each in'
            " quotes of its own"
        )


def _tried(keyword: Keyword, index: PaperIndex, part: TopicPart) -> Iterator[str]:
    """What the papers seen say of a keyword."""
    count = len(index.papers)
    if count < ENOUGH_PAPERS or (
        part is TopicPart.KEYWORDS and keyword.field in ("category", "author")
    ):
        return
    found = len(matching_papers(keyword, index))
    if found >= TOO_MANY * count:
        does = "finds" if part is TopicPart.KEYWORDS else "removes"
        yield f"{does} {found:,} of the {count:,} papers seen; write something narrower"
    if found or not (keyword.capitals or keyword.exact):
        return
    lower = replace(keyword, term=keyword.term.lower(), capitals=False)
    if lower.term != keyword.term and (others := len(matching_papers(lower, index))):
        yield (
            f"its capitals count, and none of the {count:,} papers seen writes it so; in lower case"
            f" it finds {others:,}"
        )


def _removed(keyword: Keyword, topic: Topic) -> Iterator[str]:
    for excluded in islice(topic.excluded, _COMPARED):
        if covers(excluded, keyword):
            yield (
                f"never brings a paper: the exclusion {_shown(excluded)} of this topic removes all"
                " that it finds; remove one of the two"
            )
            return


def _repeated(keyword: Keyword, topic: str, seen: dict[Meaning, tuple[str, str]]) -> Iterator[str]:
    """Reports what a keyword repeats, and remembers it."""
    own = meaning(keyword)
    for form in all_forms(keyword):
        earlier = seen.get(meaning(form))
        if earlier and earlier != (keyword.text, topic):
            text, other = earlier
            what = "" if meaning(form) == own else f", by its alias {_shown(form)},"
            if other == topic:
                yield f'finds{what} the same as "{text}" above; one of them is enough'
            elif keyword.field != "category":  # which may well lift the papers of two topics
                yield (
                    f'finds{what} the same as "{text}" in the topic "{other}"; a paper is shown'
                    " in one topic alone"
                )
            break
    else:
        if own in seen:
            yield "stands twice in this topic; once is enough"
    for form in all_forms(keyword):
        seen.setdefault(meaning(form), (keyword.text, topic))


def _out_of_reach(topic: Topic, min_match: float) -> str | None:
    """Why no paper is ever shown for a topic without words to look for, if that is so."""
    if any(keyword.field in ("text", "title") for keyword in topic.keywords):
        return None
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
        ),
    )
    alone = Profile(topics=(replace(topic, excluded=()),))
    ranked = rank([tokenize_paper(best)], compile_profile(alone, build_corpus([])), keep_all=True)
    if ranked[0].score >= min_match:
        return None
    return (
        f"its best paper scores {ranked[0].score:.0f}, below min_match = {min_match:g}; add"
        " keywords, or give what is there a weight, as in category:cs.RO^3 among the keywords"
    )


def _shown(keyword: Keyword) -> str:
    return f'"{keyword.text}"'
