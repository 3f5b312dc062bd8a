"""The tables of services that are asked for the papers of some days."""

from typing import Annotated, Literal

from msgspec import field

from digest.config.source_tables.base import WebSourceConfig, web_address
from digest.config.tables.markers import CheckedBy, described
from digest.config.toml_document import display, full_message
from digest.late_patterns import late_pattern

_OPENALEX = late_pattern(
    r"[TSIAW][0-9]{1,15}|[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]|https://ror\.org/[0-9a-z]{9}"
)
_ISSN = late_pattern(r"[0-9]{4}-[0-9]{3}[0-9X]")


def openalex_id(name: str) -> str:
    """Checks an id of OpenAlex, an ORCID iD or an address at ror.org."""
    if not _OPENALEX.fullmatch(name):
        raise full_message(
            f"{display(name)} is not an id of OpenAlex, such as T10009, an ORCID iD, such as"
            " 0000-0002-1825-0097, or an address such as https://ror.org/02mhbdp94"
        )
    return name


def issn(number: str) -> str:
    """Checks the form of an ISSN."""
    if not _ISSN.fullmatch(number):
        raise full_message(f'{display(number)} is not an ISSN, such as "1476-4687"')
    return number


class ZoteroSourceConfig(WebSourceConfig, frozen=True, kw_only=True):
    """What is new in a library or a collection of Zotero."""

    library: Annotated[
        str,
        described(
            "The library: users/ID or groups/ID.",
            example="groups/4567",
            pattern=r"^(users|groups)/[0-9]{1,15}$",
        ),
    ]
    collection: Annotated[
        str,
        described(
            "The key of a collection, at the end of its address. If empty: the whole library.",
            example="EAWCSKSF",
            pattern=r"^([A-Z0-9]{8})?$",
        ),
    ] = ""
    base_url: Annotated[
        str,
        CheckedBy(web_address),
        described("The address of the API.", example="https://api.zotero.org"),
    ] = "https://api.zotero.org"


class ServiceSourceConfig(WebSourceConfig, frozen=True, kw_only=True):
    """The keys of a service that is asked for the papers of some days."""

    lookback: Annotated[
        int,
        described("How many days are fetched each time, up to today.", example=3, ge=1, le=120),
    ] = 3
    base_url: Annotated[str, CheckedBy(web_address)]


class BiorxivSourceConfig(ServiceSourceConfig, frozen=True, kw_only=True):
    """The preprints of bioRxiv or medRxiv, through their API."""

    categories: Annotated[
        list[str],
        described(
            "The categories; each one is asked for separately. If empty: all.",
            example=["neuroscience", "cell biology"],
        ),
    ] = field(default_factory=list)
    base_url: Annotated[
        str,
        CheckedBy(web_address),
        described("The address of the API.", example="https://api.biorxiv.org"),
    ] = "https://api.biorxiv.org"


class OpenAlexSourceConfig(ServiceSourceConfig, frozen=True, kw_only=True):
    """Works of OpenAlex: of topics, journals, institutions or authors. All of them must agree."""

    topics: Annotated[
        list[Annotated[str, CheckedBy(openalex_id)]],
        described("Topics, such as T10009; a work needs one of them.", example=["T10009"]),
    ] = field(default_factory=list)
    journals: Annotated[
        list[Annotated[str, CheckedBy(openalex_id)]],
        described(
            "Journals and conferences (sources of OpenAlex), such as S137773608.",
            example=["S137773608"],
        ),
    ] = field(default_factory=list)
    institutions: Annotated[
        list[Annotated[str, CheckedBy(openalex_id)]],
        described(
            "Institutions, such as I27837315, or their addresses at ror.org.", example=["I27837315"]
        ),
    ] = field(default_factory=list)
    authors: Annotated[
        list[Annotated[str, CheckedBy(openalex_id)]],
        described(
            "Authors, such as A5023888391, or their ORCID iDs.", example=["0000-0002-1825-0097"]
        ),
    ] = field(default_factory=list)
    cites: Annotated[
        list[Annotated[str, CheckedBy(openalex_id)]],
        described(
            "Works, such as W2741809807; a work needs to cite one of them.",
            example=["W2741809807"],
            max_length=50,
        ),
    ] = field(default_factory=list)
    search: Annotated[
        str,
        described(
            "Words that the title or the abstract must contain.",
            example="coral bleaching",
            max_length=500,
        ),
    ] = ""
    lookback: Annotated[
        int,
        described(
            "How many days are fetched each time. Works are indexed days after they appear.",
            example=14,
            ge=1,
            le=120,
        ),
    ] = 14
    base_url: Annotated[
        str,
        CheckedBy(web_address),
        described("The address of the API.", example="https://api.openalex.org"),
    ] = "https://api.openalex.org"

    def check(self) -> None:
        """Checks that the works are limited."""
        super().check()
        if not self.filter:
            raise full_message("write topics, journals, institutions, authors, cites or search")

    @property
    def filter(self) -> str:
        """The filter, in the language of the API."""
        orcids = [name for name in self.authors if "-" in name]
        authors = [name for name in self.authors if "-" not in name]
        rors = [name for name in self.institutions if "ror.org" in name]
        institutions = [name for name in self.institutions if "ror.org" not in name]
        # Commas and bars divide filters.
        words = self.search.replace(",", " ").replace("|", " ")
        parts = {
            "topics.id": "|".join(self.topics),
            "primary_location.source.id": "|".join(self.journals),
            "authorships.institutions.id": "|".join(institutions),
            "authorships.institutions.ror": "|".join(rors),
            "authorships.author.id": "|".join(authors),
            "authorships.author.orcid": "|".join(orcids),
            "cites": "|".join(self.cites),
            "title_and_abstract.search": words,
        }
        return ",".join(f"{name}:{value}" for name, value in parts.items() if value)


class CrossrefSourceConfig(ServiceSourceConfig, frozen=True, kw_only=True):
    """The works of journals, through Crossref."""

    issns: Annotated[
        list[Annotated[str, CheckedBy(issn)]],
        described("The ISSNs of the journals.", example=["1476-4687"], min_length=1, max_length=50),
    ]
    by: Annotated[
        Literal["index", "created"],
        described(
            "The day that counts: created (a work is registered), or index (it is registered or"
            " changed).",
            example="created",
        ),
    ] = "created"
    base_url: Annotated[
        str,
        CheckedBy(web_address),
        described("The address of the API.", example="https://api.crossref.org"),
    ] = "https://api.crossref.org"


class PubmedSourceConfig(ServiceSourceConfig, frozen=True, kw_only=True):
    """The articles that a query finds in PubMed."""

    term: Annotated[
        str,
        described(
            "A query in PubMed's language.",
            example="sepsis[Title/Abstract] AND randomized controlled trial[pt]",
            min_length=1,
            max_length=2000,
        ),
    ]
    base_url: Annotated[
        str,
        CheckedBy(web_address),
        described("The address of the API.", example="https://eutils.ncbi.nlm.nih.gov"),
    ] = "https://eutils.ncbi.nlm.nih.gov"


class SemanticScholarSourceConfig(ServiceSourceConfig, frozen=True, kw_only=True):
    """Papers of Semantic Scholar: the results of a search, or like papers that you name."""

    query: Annotated[
        str,
        described(
            "A search in the language of the bulk search.",
            example='"protein folding" + diffusion',
            max_length=500,
        ),
    ] = ""
    likes: Annotated[
        list[str],
        described(
            "Papers, as ids that the service knows: ARXIV:..., DOI:..., PMID:....",
            example=["ARXIV:2205.14135"],
            max_length=100,
        ),
    ] = field(default_factory=list)
    lookback: Annotated[
        int,
        described(
            "How many days of publication are fetched each time, up to today.",
            example=7,
            ge=1,
            le=120,
        ),
    ] = 7
    base_url: Annotated[
        str,
        CheckedBy(web_address),
        described("The address of the API.", example="https://api.semanticscholar.org"),
    ] = "https://api.semanticscholar.org"

    def check(self) -> None:
        """Checks that there is something to look for."""
        super().check()
        if not self.query and not self.likes:
            raise full_message("write query or likes")
