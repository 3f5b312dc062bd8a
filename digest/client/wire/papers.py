"""Papers, and what profiles find, as the HTTP API shows them."""

from datetime import date

from pydantic import Field

from digest.client.wire.common import ApiAnswer, ApiFieldProblem, ApiModel

MAX_PROFILE = 65_536


class ApiPaper(ApiAnswer):
    """A stored paper."""

    id: int = Field(description="Its number in this installation.")
    title: str = Field(description="The title.")
    abstract: str = Field(description="The abstract; empty: it is not known.")
    authors: list[str] = Field(description="The authors, in their order; empty: not known.")
    identifiers: dict[str, str] = Field(description="Such as `arxiv` and `doi`.")
    categories: list[str] = Field(description="The categories, the primary one first.")
    venue: str = Field(description="The journal or conference; empty: it is not known.")
    published: date | None = Field(description="The day of the paper itself.")
    links: dict[str, str] = Field(description="Addresses by kind: `abstract`, `pdf`, `code` ...")
    votes: int | None = Field(description="Votes at the source.")
    stars: int | None = Field(description="Stars of its code.")
    source: str = Field(description="The source that announced it last.")


class ApiMatch(ApiAnswer):
    """The points that one keyword brought."""

    keyword: str = Field(description="As the profile has it.")
    field: str = Field(description="Where it was found: `title`, `abstract`, `related` ...")
    contribution: float = Field(description="Points of the score.")
    words: list[str] = Field(description="The words of the paper that are near to the keyword.")


class ApiRankedPaper(ApiAnswer):
    """A paper with its score for a profile."""

    paper: ApiPaper = Field(description="The paper.")
    score: float = Field(description="0 to 100: the sum of the contributions.")
    level: str = Field(description="`strong`, `good`, `related` or `weak`.")
    topic: str | None = Field(description="The topic with the highest score; null at score 0.")
    matches: list[ApiMatch] = Field(description="What brought the score, the most points first.")


class ApiRanking(ApiAnswer):
    """The best papers for a profile."""

    considered: int = Field(description="How many papers were ranked.")
    ranked: list[ApiRankedPaper] = Field(description="The best ones, the best first.")


class ApiPostedProfile(ApiModel):
    """A profile to try."""

    profile: str = Field(
        max_length=MAX_PROFILE,
        description="The text of a profile, TOML, as in a profile file. `email` may be left out."
        " In `likes` are only arXiv ids and DOIs.",
        examples=['[[topics]]\nname = "Agents"\nkeywords = ["language agents"]\n'],
    )


class ApiRankRequest(ApiPostedProfile):
    """A profile that ranks the newest stored papers."""

    limit: int = Field(20, ge=1, le=200, description="How many papers are returned.")


class ApiVolumeRequest(ApiPostedProfile):
    """A profile that is replayed on the stored days."""

    days: int = Field(14, ge=1, le=60, description="The latest days with new papers.")


class ApiKeywordReport(ApiAnswer):
    """What one keyword of a profile found."""

    topic: str = Field(description="Its topic.")
    keyword: str = Field(description="As the profile has it.")
    papers: int = Field(description="In which it, or its words near each other, were found.")
    matched: int = Field(description="Of these, those that match the profile.")


class ApiProfileCheck(ApiAnswer):
    """What is wrong with a profile, and what it found in the last 30 days."""

    ok: bool = Field(description="Whether it can be used.")
    problems: list[ApiFieldProblem] = Field(description="Why it cannot.")
    warnings: list[ApiFieldProblem] = Field(description="Keywords that find nothing, and others.")
    papers: int = Field(description="Papers of the last 30 days that were tried.")
    matched: int = Field(description="Of these, those with at least `min_match`.")
    keywords: list[ApiKeywordReport] = Field(description="In the order of the profile.")


class ApiPreviewTopic(ApiAnswer):
    """What one topic would have brought in the last week."""

    topic: str = Field(description="Its name.")
    number: int = Field(description="How many papers.")
    best: list[ApiRankedPaper] = Field(description="The best of them.")


class ApiPreview(ApiAnswer):
    """What a profile would have brought in the last week."""

    papers: int = Field(description="Papers that were tried.")
    topics: list[ApiPreviewTopic] = Field(description="In the order of the profile.")


class ApiVolumeDay(ApiAnswer):
    """One replayed day."""

    date: date
    considered: int = Field(description="Papers that were ranked.")
    matched: int = Field(description="Papers with at least `min_match`.")
    papers: int = Field(description="Papers in the digest.")


class ApiVolumePoint(ApiAnswer):
    """How many papers a day would match with another `min_match`."""

    min_match: int = Field(description="The value.")
    papers_a_day: float = Field(description="Before `max_papers`.")


class ApiVolume(ApiAnswer):
    """How much mail a profile brings."""

    papers_a_day: float = Field(description="The average number of papers in a digest.")
    days: list[ApiVolumeDay] = Field(description="The replayed days, oldest first.")
    curve: list[ApiVolumePoint] = Field(description="For other values of `min_match`.")
