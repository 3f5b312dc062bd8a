"""Authors, institutions, journals and citations that readers follow, alone and at once."""

from hypothesis import given
from hypothesis import strategies as st
from support.builders import candidate, paper
from support.ranked_alone import assert_equal_to_ranking_alone

from digest.core.batch_ranking.ranker import BatchRanker
from digest.core.editions.reasons import EvidenceKind, named_keywords
from digest.core.keywords.paper_index import PaperIndex, tokenize_paper
from digest.core.keywords.parser import parse
from digest.core.models.editions import RankedPaper
from digest.core.models.papers import Paper
from digest.core.models.profiles import Boosts, Profile, Topic
from digest.core.profiles.lint import lint
from digest.core.ranking.corpus import build_corpus
from digest.core.ranking.scoring import compile_profile, rank

NAMED = (
    "orcid:0000-0002-1825-0097 Josiah Carberry",
    "openalex:A5 Josiah Carberry",
    "ror:02mhbdp94 Australian Institute of Marine Science",
    "affiliation: Department of Biology, ETH Zürich, Switzerland",
    "affiliation: The University of Sydney",
    "issn:1476-4687",
    "cites:doi:10.1038/nature14539",
    "cites:arxiv:1706.03762",
)
WANTED = (
    "author:orcid:0000-0002-1825-0097",
    "author:openalex:A5^0.5",
    "author:Josiah Carberry",
    "institution:ror:02mhbdp94",
    "institution:eth zurich",
    "institution:University of Sydney^2",
    "venue:1476-4687",
    "venue:nature",
    "cites:10.1038/nature14539 Deep learning",
    "cites:arXiv:1706.03762",
    "category:q-bio",
    "coral",
    '"reef"',
)


def index_of(*papers: Paper) -> PaperIndex:
    return PaperIndex(
        tokenize_paper(candidate(item, number)) for number, item in enumerate(papers, start=1)
    )


def ranked(index: PaperIndex, *keywords: str, **fields: object) -> list[RankedPaper]:
    topic = Topic(name="T", keywords=tuple(map(parse, keywords)))
    profile = Profile(topics=(topic,), **fields)  # type: ignore[arg-type]
    return rank(index, compile_profile(profile, build_corpus([])))


PAPERS = st.lists(
    st.builds(
        paper,
        title=st.sampled_from(("Coral reefs", "Owls", "Bleaching of corals", "A reef")),
        authors=st.sampled_from(((), ("Josiah Carberry",), ("J. Carberry", "Ada X"))),
        venue=st.sampled_from(("", "Nature", "Nature Medicine")),
        categories=st.sampled_from(((), ("q-bio.PE",))),
        connections=st.lists(st.sampled_from(NAMED), max_size=4, unique=True).map(tuple),
    ),
    min_size=1,
    max_size=8,
)
TOPICS = st.lists(
    st.builds(
        lambda words, out, weight: Topic(
            name="T",
            keywords=tuple(map(parse, words)),
            excluded=tuple(map(parse, out)),
            weight=weight,
        ),
        st.lists(st.sampled_from(WANTED), min_size=1, max_size=4, unique=True),
        st.lists(st.sampled_from(WANTED[:1] + WANTED[3:5]), max_size=1),
        st.sampled_from((0.5, 1.0, 3.0)),
    ),
    min_size=1,
    max_size=2,
)
PROFILES = st.lists(
    st.builds(
        lambda topics, limit, followed: Profile(
            topics=tuple(topics), min_match=limit, boosts=Boosts(authors=followed)
        ),
        TOPICS,
        st.sampled_from((1.0, 20.0, 45.0)),
        st.sampled_from(((), ("orcid:0000-0002-1825-0097",), ("Ada X", "openalex:A5"))),
    ),
    min_size=1,
    max_size=4,
)


@given(PAPERS, PROFILES)
def test_many_profiles_at_once_find_what_each_finds_alone(
    papers: list[Paper], profiles: list[Profile]
) -> None:
    assert_equal_to_ranking_alone(profiles, index_of(*papers), build_corpus([]))


def test_each_followed_thing_finds_its_papers_and_says_why() -> None:
    papers = [paper(f"Study {number}", connections=(name,)) for number, name in enumerate(NAMED)]
    index = index_of(*papers)
    reasons = {
        "author:orcid:0000-0002-1825-0097": (1, EvidenceKind.AUTHOR, "Josiah Carberry"),
        "author:openalex:A5 Our Josiah": (2, EvidenceKind.AUTHOR, "Our Josiah"),
        "institution:ror:02mhbdp94": (
            3,
            EvidenceKind.INSTITUTION,
            "Australian Institute of Marine Science",
        ),
        "institution:ETH Zurich": (4, EvidenceKind.INSTITUTION, "ETH Zurich"),
        "venue:1476-4687 Nature": (6, EvidenceKind.VENUE, "Nature"),
        "venue:1476-4687": (6, EvidenceKind.VENUE, "1476-4687"),
        "cites:doi:10.1038/nature14539 Deep learning": (7, EvidenceKind.CITES, "Deep learning"),
        "cites:1706.03762": (8, EvidenceKind.CITES, "1706.03762"),
    }
    for keyword, (number, kind, name) in reasons.items():
        (found,) = ranked(index, keyword)
        assert found.candidate.paper_id == number, keyword
        assert found.score >= 20.0  # by itself above the usual `min_match`
        (reason,) = named_keywords(found.matches)
        assert (reason.evidence, reason.name) == (kind, name)


def test_names_match_as_whole_words_and_journals_as_a_whole() -> None:
    index = index_of(
        paper("One", connections=("affiliation: Lund University",), venue="Nature"),
        paper("Two", connections=("affiliation: Lunds universitet",), venue="Nature Medicine"),
        paper("Three", connections=("affiliation: Harvard & MIT",), venue="The Lancet"),
    )

    def titles(keyword: str) -> list[str]:
        return [item.candidate.paper.title for item in ranked(index, keyword)]

    assert titles("institution:lund") == ["One"]
    assert titles("institution:Harvard and MIT") == ["Three"]
    assert titles("institution:vard") == titles("institution:?!x") == []
    assert titles("venue:nature") == ["One"]
    assert titles("venue:Lancet") == ["Three"]


def test_a_profile_of_followed_things_alone_is_reachable_and_a_repeated_id_is_reported() -> None:
    topic = Topic(
        name="T",
        keywords=tuple(map(parse, ("venue:Cell", "author:orcid:0000-0002-1825-0097 Josiah"))),
    )
    assert lint(Profile(topics=(topic,))) == ()
    twice = (*topic.keywords, parse("author:https://orcid.org/0000-0002-1825-0097"))
    (warning,) = lint(Profile(topics=(Topic(name="T", keywords=twice),)))
    assert "the same as" in warning.problem


def test_a_followed_id_lifts_papers_that_match_and_is_named_as_the_record_writes_it() -> None:
    index = index_of(paper("Coral", connections=NAMED[:1]), paper("Coral"))
    boosts = Boosts(authors=("orcid:0000-0002-1825-0097",))
    first, second = ranked(index, "coral", boosts=boosts)
    assert first.candidate.paper_id == 1
    assert first.score > second.score
    assert ("Josiah Carberry", "followed") in {(item.keyword, item.field) for item in first.matches}


def test_records_are_not_searched_for_profiles_that_follow_nothing() -> None:
    index = index_of(paper("Coral", connections=NAMED))
    topic = Topic(name="T", keywords=(parse("coral"), parse("author:Ada X")))
    BatchRanker([Profile(topics=(topic,))], index, build_corpus([])).matched()
    assert "connections" not in vars(index)
