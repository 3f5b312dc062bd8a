"""Computes what a keyword and other forms of it add: u x 4/n x r x d x t / (t + 3 l).

u   the weight of the keyword times the weight of its topic
n   the number of the topic's keywords that are looked for in texts
r   the rarity: ln(1 / f) / ln 1000, at most 1; f is the smoothed share of papers that contain it
d   3/2 - b/40, at least 1: b of the background papers can contain it (`digest.core.ranking.topical_evidence`)
t   the occurrences, added up:
        1      the keyword itself or one of its aliases, in the singular or plural
        1/4    an abbreviation or a long form from the background table
        1/8d   a rare word of a phrase, without the others
        0.1    the words of the keyword near each other, in any order
    An occurrence counts a third for each side on which it is part of a common longer phrase
l   the length of the paper divided by the usual length, within bounds

Other forms of the same words ("pruned" for `pruning`) are no direct evidence. They count 1/2 (near
each other 0.1) in a larger t. What they add so, at most 0.13, is topical evidence, and counts
u x 4/n x (1 - 1/(2n)).

This is the saturation of BM25 (doi:10.1561/1500000019). Authors, categories and connections add constants.
"""

from collections.abc import Iterable, Iterator
from math import log

from msgspec import Struct

from digest.core.keywords.aliases import all_forms
from digest.core.keywords.author_names import AuthorName, parse_author_name
from digest.core.keywords.connections import FollowedItem, parse_connection
from digest.core.keywords.occurrences import (
    ABBREVIATION_WEIGHT,
    RARE_WORD_WEIGHT,
    KeywordForm,
    find_forms,
)
from digest.core.keywords.paper_index import PaperIndex
from digest.core.keywords.patterns import lemma_pattern, pattern
from digest.core.keywords.spans import Span
from digest.core.models.profiles import Keyword, is_text
from digest.core.ranking import fixed_point
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.topical_evidence import background_part
from digest.core.text.terms import content_words
from digest.core.text.tokens import ENGLISH, STOP_WORDS, TokenizedText

DIRECT = 4.0
"""What a rare keyword adds at most if it is the only one of its topic. The sum over the keywords
of a topic is divided by their number: a topic of ten keywords is no easier to match than a topic
of one."""

RAREST = 1 / 1000
"""The share of papers at which the rarity reaches its maximum, 1."""

ALONE = 1 / 2
"""So much more a keyword counts of which no background paper can be: what it adds is not joined by
topical evidence, and a title that says it would be no match."""

SATURATION = 3.0
"""This many occurrences in a paper of usual length give half of the maximum."""

MOST_OF_OTHER_FORMS = 0.13
"""Other forms add at most this share of what a keyword can add. So other forms of all keywords of a
topic add less than 0.52: by themselves they are no good match."""

# The words of a phrase in one place are a weak sign: they may belong to different statements.
NEAR_WEIGHT = 0.1
# "language model" in "vision language model" means another thing. It counts for each side.
NESTED_WEIGHT = 1 / 3
NESTED_SHARE = 0.01
"""A longer phrase is common if this share of the background papers with the word contain it."""

MIN_RARE_WORD = 3
"""The least length of a word that counts without the others of its phrase: "R" may be anything."""

TITLE_KEYWORD_WEIGHT = 3.0
"""Weight of an occurrence of a `title:` keyword, which is looked for in the title only."""

USUAL_LENGTH = 180.0
"""Words in the title and abstract of a usual paper."""

LENGTH_RATIO_BOUNDS = (0.75, 2.0)
"""Bounds of a paper's length divided by the usual one: a missing abstract is no sign of density."""

AUTHOR = 0.75
"""What an author adds: by itself a score of 59."""

CATEGORY = 0.22
"""What the best category of a topic adds: by itself a score of 13, below the usual `min_match`."""

CITES = 0.75
"""What it adds that a paper cites a work: as an author, because somebody named this one work."""

INSTITUTION = VENUE = 0.4
"""What an institution or a journal adds: by itself a score of 29, so that it finds papers, after those
about the topic."""

_OF_FIELD = {"institution": INSTITUTION, "venue": VENUE, "cites": CITES}

OTHER_FORMS = "forms"
"""The field of what other forms add, before it is joined with the topical evidence."""


class CompiledKeyword(Struct, frozen=True, kw_only=True):
    """A keyword compiled against the corpus.

    It is looked for by its forms, by its author name, or (if it has neither) by its category.
    """

    keyword: Keyword
    weight: float  # a fixed-point number
    max_score: float  # the most that it adds to a paper, for a weight of 1
    forms_weight: float = 0.0  # of other forms of it
    forms: tuple[KeywordForm, ...] = ()  # of a text or title keyword; empty for other fields
    name: AuthorName | None = None
    connection: FollowedItem | None = None  # an id of the author, or what another field names

    def matching_papers(self, index: PaperIndex) -> Iterable[int]:
        """Returns the numbers of the papers that contain the keyword itself or an alias.

        Other forms are not enough: this is what an exclusion removes.
        """
        if self.forms:
            return {
                number
                for form in self.forms
                if form.weight == 1.0
                for number, _ in index.occurrences(form.pattern)
            }
        if self.connection:
            return self.named_papers(index)
        if self.name:
            return index.by_author(self.name, exact=self.keyword.exact)
        return index.by_category(self.keyword.term, prefix=self.keyword.prefix)

    def named_papers(self, index: PaperIndex) -> dict[int, str]:
        """Returns the numbers of the papers whose records name the connection, with its name."""
        if self.connection is None:
            return {}
        return index.connections.find(self.keyword.field, self.connection)


class Contribution(Struct, frozen=True):
    """What one keyword adds to the sum of one paper."""

    keyword: str  # as written in the profile
    field: str
    amount: float
    words: tuple[str, ...] = ()  # of the paper, if it does not write the keyword itself


def keyword_weight(keyword: Keyword, *, topic_weight: float, keywords: int) -> float:
    """Returns the weight of a keyword in its topic: u x 4/n for a text keyword, else u.

    Args:
        keyword: with its own weight.
        topic_weight: the weight of the topic.
        keywords: the number of text keywords in the topic.
    """
    factor = DIRECT / keywords if is_text(keyword) else 1.0
    return fixed_point.round_weight(topic_weight * keyword.weight * factor)


def other_forms_weight(weight: float, *, keywords: int) -> float:
    """Returns the weight of other forms of a keyword: less if there are few keywords.

    Args:
        weight: of the keyword.
        keywords: the number of text keywords in its topic.
    """
    return fixed_point.round_weight(weight * (1.0 - 1.0 / (2 * keywords)))


def compile_keyword(
    keyword: Keyword, corpus: Corpus, *, topic_weight: float = 1.0, keywords: int = 1
) -> CompiledKeyword:
    """Compiles a keyword: finds its forms, and computes how rare it is.

    Args:
        keyword: the keyword, with its own weight.
        corpus: the stored papers and the background table.
        topic_weight: the weight of the topic.
        keywords: the number of text keywords in the topic.
    """
    weight = keyword_weight(keyword, topic_weight=topic_weight, keywords=keywords)
    if keyword.field == "category":
        return CompiledKeyword(keyword=keyword, weight=weight, max_score=CATEGORY)
    if not is_text(keyword) and (found := parse_connection(keyword.field, keyword.term)):
        most = _OF_FIELD.get(keyword.field, AUTHOR)
        return CompiledKeyword(keyword=keyword, weight=weight, max_score=most, connection=found)
    if keyword.field == "author":
        name = parse_author_name(keyword.term)
        return CompiledKeyword(keyword=keyword, weight=weight, max_score=AUTHOR, name=name)
    forms = tuple(keyword_forms(keyword, corpus))
    # A paper that contains two forms is counted twice. This can only make the keyword less rare.
    share = corpus.share([form.pattern for form in forms])
    alone = 1.0 + ALONE * (1.0 - background_part(keyword, corpus.background))
    return CompiledKeyword(
        keyword=keyword,
        weight=weight,
        max_score=alone * min(1.0, log(share) / log(RAREST)),
        forms_weight=other_forms_weight(weight, keywords=keywords),
        forms=(*forms, *_rare_words(forms, corpus, weight=RARE_WORD_WEIGHT / alone)),
    )


def has_other_forms(keyword: Keyword) -> bool:
    """Returns whether other forms of a keyword are looked for: those of English words only."""
    return any(_is_plain(form) and form.language == ENGLISH for form in all_forms(keyword))


def _is_plain(form: Keyword) -> bool:
    return form.field == "text" and not (form.exact or form.prefix or form.capitals)


def keyword_forms(keyword: Keyword, corpus: Corpus) -> Iterator[KeywordForm]:
    """Yields the forms of a text keyword that are looked for, the keyword itself first.

    Args:
        keyword: the keyword.
        corpus: the background table, which knows abbreviations.
    """
    known: set[tuple[str, ...]] = set()
    written = [(form, pattern(form)) for form in all_forms(keyword)]
    for form, compiled in written:
        # Quotes, a star and capitals say how the word must be written, so no other form of it
        # counts.
        plain = _is_plain(form)
        known.add(compiled.lemmas)
        yield KeywordForm(
            pattern=compiled,
            weight=1.0,
            flexible=plain,
            inflected=plain and form.language == ENGLISH,
        )
    for form, compiled in written:
        if form.field != "text" or form.exact or form.prefix:
            continue
        for lemmas in corpus.background.other_forms(compiled.lemmas):
            if lemmas not in known:
                known.add(lemmas)
                # A short form alone is often an ordinary word in lower case: RAG, SAM, CoT.
                other = lemma_pattern(lemmas, capitals=len(lemmas) == 1)
                yield KeywordForm(
                    pattern=other,
                    weight=ABBREVIATION_WEIGHT,
                    flexible=len(lemmas) > 1,
                )


def _rare_words(
    forms: Iterable[KeywordForm], corpus: Corpus, *, weight: float
) -> Iterator[KeywordForm]:
    """Yields the words of phrases that say by themselves what a paper is about.

    "Music" of `music generation` does, and "generation" does not. Of `program repair`, both words are
    rare, so neither says it alone.
    """
    known = {form.pattern.lemmas for form in forms}
    for form in forms:
        if form.weight < 1.0 or not form.flexible or form.pattern.size == 1:
            continue
        rare = [
            word
            for word in dict.fromkeys(content_words(form.pattern.lemmas))
            if len(word) >= MIN_RARE_WORD and not word.isdecimal() and corpus.is_rare(word)
        ]
        if len(rare) == 1 and (rare[0],) not in known:
            known.add((rare[0],))
            one = lemma_pattern((rare[0],), capitals=False)
            yield KeywordForm(pattern=one, weight=weight)


def contributions(
    compiled: CompiledKeyword, index: PaperIndex, corpus: Corpus, *, other_forms: bool = False
) -> Iterator[tuple[int, Contribution]]:
    """Yields the number of each paper that a keyword matches, and what the keyword adds to it.

    Args:
        compiled: the keyword.
        index: the papers.
        corpus: the background table, which knows common longer phrases.
        other_forms: also yield what other forms of the keyword add.
    """
    text, weight = compiled.keyword.text, compiled.weight
    for score in unit_scores(compiled, index, corpus):
        if score.direct:
            amount = weight * score.direct
            yield score.number, Contribution(text, score.field, amount, score.abbreviation)
        if other_forms and score.forms:
            amount = compiled.forms_weight * score.forms
            yield score.number, Contribution(text, OTHER_FORMS, amount, score.words)


class UnitScore(Struct, frozen=True):
    """What a keyword would add to a paper if its weight were 1."""

    number: int  # of the paper
    field: str  # in which the keyword was found; of no meaning if `direct` is 0
    direct: float
    forms: float = 0.0  # what other forms of it add
    words: tuple[str, ...] = ()  # one of these forms, as the paper writes it
    # The abbreviation, long form or rare word, if the paper has only that; or the name of a connection.
    abbreviation: tuple[str, ...] = ()


def unit_scores(
    compiled: CompiledKeyword, index: PaperIndex, corpus: Corpus
) -> Iterator[UnitScore]:
    """Yields what a keyword would add to each matching paper if its weight were 1.

    Args:
        compiled: the keyword.
        index: the papers.
        corpus: the background table, which knows common longer phrases.
    """
    if not compiled.forms:
        unit_score = fixed_point.round_contribution(compiled.max_score)
        field, named = compiled.keyword.field, compiled.named_papers(index)
        for number, name in named.items():
            names = (name,) if name else ()
            yield UnitScore(number, field, unit_score, abbreviation=names)
        if compiled.connection:
            return
        for number in compiled.matching_papers(index):
            yield UnitScore(number, field, unit_score)
        return
    if not compiled.max_score:  # a word that every paper contains says nothing
        return
    for number, found in find_forms(compiled.forms, index):
        words = index.papers[number].words
        count = NEAR_WEIGHT * found.near + _count(words, found.spans, corpus)
        if compiled.keyword.field == "title":
            count *= TITLE_KEYWORD_WEIGHT
        other = NEAR_WEIGHT * found.other_near + _count(words, found.others, corpus)
        half = SATURATION * length_ratio(words)
        direct = count / (count + half)
        more = (count + other) / (count + other + half) - direct
        yield UnitScore(
            number,
            found.field(words),
            fixed_point.round_contribution(compiled.max_score * direct),
            fixed_point.round_contribution(compiled.max_score * min(MOST_OF_OTHER_FORMS, more)),
            found.words(words, found.others),
            found.words(words, found.spans) if found.is_partial else (),
        )


def _count(words: TokenizedText, spans: Iterable[Span], corpus: Corpus) -> float:
    return sum(_weighted(words, span, corpus) for span in spans)


def _weighted(words: TokenizedText, span: Span, corpus: Corpus) -> float:
    """Returns the weight of an occurrence, less if it is part of a common longer phrase."""
    weight, lemmas = span.weight, words.lemmas
    longer = corpus.background.longer_phrase_share
    before = lemmas[span.start - 1] if span.start else ""
    after = lemmas[span.end] if span.end < len(lemmas) else ""
    if (
        before
        and before not in STOP_WORDS
        and longer(lemmas[span.start], before, before=True) >= NESTED_SHARE
    ):
        weight *= NESTED_WEIGHT
    if (
        after
        and after not in STOP_WORDS
        and longer(lemmas[span.end - 1], after, before=False) >= NESTED_SHARE
    ):
        weight *= NESTED_WEIGHT
    return weight


def length_ratio(words: TokenizedText) -> float:
    """Returns l: the length of a paper divided by the usual length, within bounds."""
    return sorted((words.length / USUAL_LENGTH, *LENGTH_RATIO_BOUNDS))[1]  # the middle one
