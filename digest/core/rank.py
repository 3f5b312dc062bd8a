"""The score of a paper for a profile: 0 to 100, deterministic, and explained.

For one topic, s = weight x (direct + related + boosts):
    direct   what its keywords add that the paper holds (`digest.core.direct`)
    related  what the terms add that come with them in the papers seen (`digest.core.related`)
    boosts   small sums for votes, code and followed authors, where the reader wants them
The score is 100 x (1 - exp(-1.8 s)) of the best topic.
docs/ranking.md gives the sources, the constants and what was measured.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp, fsum, log

from digest.core.corpus import Analysed, Corpus, Index, Name, analyse, learn, read_name
from digest.core.direct import Part, Rule, parts, rule
from digest.core.model import Keyword, Match, Paper, Profile, Ranked, Topic
from digest.core.related import Related, learn_related

__all__ = [
    "Analysed",
    "Compiled",
    "Corpus",
    "Index",
    "analyse",
    "compile_profile",
    "learn",
    "rank",
]

STEEPNESS = 1.8
"""A keyword of ordinary rarity, three times in an ordinary abstract, scores about 47."""

VOTES = 0.05
MANY_VOTES = 100
"""The boost of a paper with so many votes; fewer add in proportion to their logarithm."""

CODE = 0.04
FOLLOWED = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledTopic:
    """A topic, compiled."""

    name: str
    weight: float
    rules: tuple[Rule, ...]
    excluded: tuple[Rule, ...]
    related: Related | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A profile compiled against a corpus, for any number of papers."""

    topics: tuple[CompiledTopic, ...]
    corpus: Corpus
    votes: bool
    code: bool
    followed: tuple[tuple[str, Name], ...]  # as written, and read


def compile_profile(profile: Profile, corpus: Corpus) -> Compiled:
    """Freeze a profile's keywords, their rarities and related terms in this corpus."""
    boosts = profile.boosts
    names = ((author, read_name(author)) for author in dict.fromkeys(boosts.authors))
    return Compiled(
        topics=tuple(_topic(topic, corpus, related=profile.related) for topic in profile.topics),
        corpus=corpus,
        votes=boosts.votes,
        code=boosts.code,
        followed=tuple((author, name) for author, name in names if name),
    )


def rank(
    papers: Sequence[Analysed] | Index, compiled: Compiled, *, keep_all: bool = False
) -> list[Ranked]:
    """The papers that match, best first; ties by sequence, then by paper id.

    Args:
        papers: in any order; the result does not depend on it. For many profiles, build
            their `Index` once and pass it.
        compiled: from `compile_profile`.
        keep_all: keep those that match nothing, at score 0.
    """
    index = papers if isinstance(papers, Index) else Index(papers)
    best: dict[int, tuple[float, str, list[Part]]] = {}
    for topic in compiled.topics:
        for number, some in _collect(topic, index, compiled).items():
            total = topic.weight * fsum(part.amount for part in some)
            if number not in best or total > best[number][0]:
                best[number] = total, topic.name, some
    ranked = [
        Ranked(candidate=paper.candidate, score=0.0, topic=None, matches=())
        if number not in best
        else _ranked(paper, *best[number])
        for number, paper in enumerate(index.papers)
        if keep_all or number in best
    ]
    return sorted(
        ranked, key=lambda item: (-item.score, item.candidate.seq, item.candidate.paper_id)
    )


def _topic(topic: Topic, corpus: Corpus, *, related: bool) -> CompiledTopic:
    heaviest: dict[tuple[object, ...], Keyword] = {}
    for keyword in topic.keywords:
        meaning = (keyword.field, keyword.term.casefold(), keyword.exact, keyword.prefix)
        other = heaviest.get(meaning)
        if other is None or keyword.weight > other.weight:
            heaviest[meaning] = keyword
    rules = tuple(rule(keyword, corpus) for keyword in heaviest.values())
    excluded = tuple(rule(keyword, corpus) for keyword in topic.excluded)
    return CompiledTopic(
        name=topic.name,
        weight=topic.weight,
        rules=rules,
        excluded=excluded,
        related=learn_related(rules, excluded, corpus) if related else None,
    )


def _collect(topic: CompiledTopic, index: Index, compiled: Compiled) -> dict[int, list[Part]]:
    """What adds to the score of each paper that the topic does not exclude."""
    found: defaultdict[int, list[Part]] = defaultdict(list)
    categories: dict[int, Part] = {}
    for one in topic.rules:
        for number, part in parts(one, index, compiled.corpus.mean_length):
            if part.field != "category":
                found[number].append(part)
            elif number not in categories or part.amount > categories[number].amount:
                categories[number] = part
    if topic.related:
        _add_related(topic.related, index, compiled.corpus, found)
    for number, part in categories.items():
        found[number].append(part)
    for number in {number for one in topic.excluded for number in one.holders(index)}:
        found.pop(number, None)
    for number, some in found.items():
        some.extend(_boosts(index.papers[number].candidate.paper, compiled))
    return found


def _add_related(
    related: Related, index: Index, corpus: Corpus, found: defaultdict[int, list[Part]]
) -> None:
    for number, vector in enumerate(index.vectors(corpus.space)):
        alone = all(part.field == "author" for part in found.get(number, ()))
        if amount := related.amount(vector, alone=alone):
            found[number].extend(
                Part(keyword, "related", amount * share) for keyword, share in related.shares
            )


def _boosts(paper: Paper, compiled: Compiled) -> Iterator[Part]:
    """What a paper that matches adds beside its words."""
    if compiled.votes and paper.votes and paper.votes > 0:
        share = min(1.0, log(1 + paper.votes) / log(1 + MANY_VOTES))
        yield Part("votes", "votes", VOTES * share)
    if compiled.code and paper.link("code"):
        yield Part("code", "code", CODE)
    names = [read_name(author) for author in paper.authors] if compiled.followed else []
    for author, wanted in compiled.followed:
        if any(name and wanted.may_be(name, exact=False) for name in names):
            yield Part(author, "followed", FOLLOWED)
            return


def _ranked(paper: Analysed, total: float, topic: str, some: list[Part]) -> Ranked:
    score = 100.0 * (1.0 - exp(-STEEPNESS * total))
    whole = fsum(part.amount for part in some)
    matches = [
        Match(keyword=part.keyword, field=part.field, contribution=score * (part.amount / whole))
        for part in some
    ]
    matches.sort(key=lambda match: (-match.contribution, match.keyword, match.field))
    return Ranked(candidate=paper.candidate, score=score, topic=topic, matches=tuple(matches))
