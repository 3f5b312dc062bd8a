"""The tables of services that are asked for the papers of some days."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from digest.config.source_tables.base import WebSourceConfig, web_address
from digest.config.toml_document import display, full_message

_OPENALEX = re.compile(
    r"[TSIAW][0-9]{1,15}|[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]|https://ror\.org/[0-9a-z]{9}"
)
_ISSN = re.compile(r"[0-9]{4}-[0-9]{3}[0-9X]")


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


class ZoteroSourceConfig(WebSourceConfig):
    """What is new in a library or a collection of Zotero."""

    library: str = Field(
        pattern=r"^(users|groups)/[0-9]{1,15}$",
        description="The library: users/ID or groups/ID.",
        examples=["groups/4567"],
    )
    collection: str = Field(
        default="",
        pattern=r"^([A-Z0-9]{8})?$",
        description="The key of a collection, at the end of its address. If empty: the whole library.",
        examples=["EAWCSKSF"],
    )
    base_url: Annotated[str, AfterValidator(web_address)] = Field(
        default="https://api.zotero.org",
        description="The address of the API.",
        examples=["https://api.zotero.org"],
    )


class ServiceSourceConfig(WebSourceConfig):
    """The keys of a service that is asked for the papers of some days."""

    lookback: int = Field(
        default=3,
        ge=1,
        le=120,
        description="How many days are fetched each time, up to today.",
        examples=[3],
    )
    base_url: Annotated[str, AfterValidator(web_address)]


class BiorxivSourceConfig(ServiceSourceConfig):
    """The preprints of bioRxiv or medRxiv, through their API."""

    categories: list[str] = Field(
        default=[],
        description="The categories; each one is asked for separately. If empty: all.",
        examples=[["neuroscience", "cell biology"]],
    )
    base_url: Annotated[str, AfterValidator(web_address)] = Field(
        default="https://api.biorxiv.org",
        description="The address of the API.",
        examples=["https://api.biorxiv.org"],
    )


class OpenAlexSourceConfig(ServiceSourceConfig):
    """Works of OpenAlex: of topics, journals, institutions or authors. All of them must agree."""

    topics: list[Annotated[str, AfterValidator(openalex_id)]] = Field(
        default=[],
        description="Topics, such as T10009; a work needs one of them.",
        examples=[["T10009"]],
    )
    journals: list[Annotated[str, AfterValidator(openalex_id)]] = Field(
        default=[],
        description="Journals and conferences (sources of OpenAlex), such as S137773608.",
        examples=[["S137773608"]],
    )
    institutions: list[Annotated[str, AfterValidator(openalex_id)]] = Field(
        default=[],
        description="Institutions, such as I27837315, or their addresses at ror.org.",
        examples=[["I27837315"]],
    )
    authors: list[Annotated[str, AfterValidator(openalex_id)]] = Field(
        default=[],
        description="Authors, such as A5023888391, or their ORCID iDs.",
        examples=[["0000-0002-1825-0097"]],
    )
    cites: list[Annotated[str, AfterValidator(openalex_id)]] = Field(
        default=[],
        max_length=50,
        description="Works, such as W2741809807; a work needs to cite one of them.",
        examples=[["W2741809807"]],
    )
    search: str = Field(
        default="",
        max_length=500,
        description="Words that the title or the abstract must contain.",
        examples=["coral bleaching"],
    )
    lookback: int = Field(
        default=14,
        ge=1,
        le=120,
        description="How many days are fetched each time. Works are indexed days after they appear.",
        examples=[14],
    )
    base_url: Annotated[str, AfterValidator(web_address)] = Field(
        default="https://api.openalex.org",
        description="The address of the API.",
        examples=["https://api.openalex.org"],
    )

    @model_validator(mode="after")
    def _check_filter(self) -> Self:
        if not self.filter:
            raise full_message("write topics, journals, institutions, authors, cites or search")
        return self

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


class CrossrefSourceConfig(ServiceSourceConfig):
    """The works of journals, through Crossref."""

    issns: list[Annotated[str, AfterValidator(issn)]] = Field(
        min_length=1,
        max_length=50,
        description="The ISSNs of the journals.",
        examples=[["1476-4687"]],
    )
    by: Literal["index", "created"] = Field(
        default="created",
        description=(
            "The day that counts: created (a work is registered), or index (it is registered or"
            " changed)."
        ),
        examples=["created"],
    )
    base_url: Annotated[str, AfterValidator(web_address)] = Field(
        default="https://api.crossref.org",
        description="The address of the API.",
        examples=["https://api.crossref.org"],
    )


class PubmedSourceConfig(ServiceSourceConfig):
    """The articles that a query finds in PubMed."""

    term: str = Field(
        min_length=1,
        max_length=2000,
        description="A query in PubMed's language.",
        examples=["sepsis[Title/Abstract] AND randomized controlled trial[pt]"],
    )
    base_url: Annotated[str, AfterValidator(web_address)] = Field(
        default="https://eutils.ncbi.nlm.nih.gov",
        description="The address of the API.",
        examples=["https://eutils.ncbi.nlm.nih.gov"],
    )


class SemanticScholarSourceConfig(ServiceSourceConfig):
    """Papers of Semantic Scholar: the results of a search, or like papers that you name."""

    query: str = Field(
        default="",
        max_length=500,
        description="A search in the language of the bulk search.",
        examples=['"protein folding" + diffusion'],
    )
    likes: list[str] = Field(
        default=[],
        max_length=100,
        description="Papers, as ids that the service knows: ARXIV:..., DOI:..., PMID:....",
        examples=[["ARXIV:2205.14135"]],
    )
    lookback: int = Field(
        default=7,
        ge=1,
        le=120,
        description="How many days of publication are fetched each time, up to today.",
        examples=[7],
    )
    base_url: Annotated[str, AfterValidator(web_address)] = Field(
        default="https://api.semanticscholar.org",
        description="The address of the API.",
        examples=["https://api.semanticscholar.org"],
    )

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if not self.query and not self.likes:
            raise full_message("write query or likes")
        return self
