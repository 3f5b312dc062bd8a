"""Settings for looking up the papers behind titles."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from digest.config.settings.delivery import HomeSettings
from digest.config.settings.validators import Seconds
from digest.config.suggestions import did_you_mean

SERVICES = ("huggingface", "arxiv", "semanticscholar", "openalex", "crossref")
OFF = "off"

_SEPARATOR = re.compile(r"[\s,]+")


def services(text: str) -> str:
    """Returns the names of services with spaces between them, or "off"."""
    names = list(dict.fromkeys(filter(None, _SEPARATOR.split(text.lower()))))
    if names == [OFF]:
        return OFF
    for name in names:
        if name not in SERVICES:
            raise ValueError(
                f"no service is called {name}{did_you_mean(name, SERVICES)}; there are"
                f" {', '.join(SERVICES)}, and {OFF}"
            )
    return " ".join(names)


class EnrichmentSettings(HomeSettings):
    """Enrichment: finding the papers behind titles without links."""

    enrich: Annotated[str, AfterValidator(services)] = Field(
        # They answer without a key.
        default="huggingface arxiv crossref",
        description=(
            "The services that are asked for papers without a link or an abstract, in this"
            " order, or off. They are sent the titles, and nothing about readers. Known are"
            f" {', '.join(SERVICES)}."
        ),
        examples=["huggingface arxiv openalex crossref"],
    )
    enrich_budget: Seconds = Field(
        default=60.0,
        description=(
            "Seconds that a run may look for papers. What is not reached is left to the next run."
        ),
        examples=["60"],
    )
    openalex_key: SecretStr | None = Field(
        default=None,
        description=(
            "Your key of OpenAlex, which is free. Without it, only a few searches a day are answered."
        ),
        examples=["the key of your OpenAlex account"],
    )
    pubmed_key: SecretStr | None = Field(
        default=None,
        description="Your key of PubMed, which is free. With it, more requests are allowed.",
        examples=["the key of your NCBI account"],
    )
    semanticscholar_key: SecretStr | None = Field(
        default=None,
        description=(
            "Your key of Semantic Scholar. Without it, all its users share one limit, and requests"
            " often fail."
        ),
        examples=["the key that Semantic Scholar sent you"],
    )

    @property
    def lookup_services(self) -> tuple[str, ...]:
        """The names of the services that are asked, in their order; none if enrichment is off."""
        return () if self.enrich == OFF else tuple(self.enrich.split())
