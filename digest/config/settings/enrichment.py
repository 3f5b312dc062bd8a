"""Settings for looking up the papers behind titles."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from digest.config.settings import validators
from digest.config.settings.delivery import HomeSettings
from digest.config.settings.validators import Seconds
from digest.config.suggestions import did_you_mean
from digest.core.schedule.request_budgets import DAILY_REQUESTS

SERVICES = ("huggingface", "arxiv", "semanticscholar", "openalex", "crossref")
OFF = "off"

_MOST_DIGITS = 9
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


def numbers_of_requests(text: str) -> str:
    """Checks services with numbers of requests, such as "openalex=2000, pubmed=500"."""
    for part in filter(None, _SEPARATOR.split(text.lower())):
        name, _, number = part.partition("=")
        if name not in DAILY_REQUESTS:
            raise ValueError(
                f"no service is called {name}{did_you_mean(name, DAILY_REQUESTS)}; there are"
                f" {', '.join(DAILY_REQUESTS)}"
            )
        if not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS):
            raise ValueError(f"{part} has no number of requests; write {name}=1000")
    return text.lower()


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

    zotero_key: SecretStr | None = Field(
        default=None,
        description="Your key of Zotero, for a library that is not public. It needs to read only.",
        examples=["the key of your Zotero account"],
    )

    mail_password: SecretStr | None = Field(
        default=None,
        description=(
            "The password at the IMAP server of sources of kind mail. It is never sent over an"
            " unencrypted connection."
        ),
        examples=["an app password"],
    )
    mail_ca_file: Annotated[Path, AfterValidator(validators.in_home)] | None = Field(
        default=None,
        description="Certificates (PEM) of the private certificate authority of that IMAP server.",
        examples=["ca.pem"],
    )
    daily_requests: Annotated[str, AfterValidator(numbers_of_requests)] = Field(
        default="",
        description=(
            "How many requests may be sent to a service in a day (UTC), by all sources and look-ups"
            " together. For the services that it does not name: "
            + ", ".join(f"{name}={number}" for name, number in DAILY_REQUESTS.items())
            + "; without a key less for openalex and semanticscholar."
        ),
        examples=["openalex=2000, pubmed=500"],
    )

    @property
    def requests_of_services(self) -> Mapping[str, int]:
        """The requests of a day that the operator has set, by service."""
        parts = (part.partition("=") for part in _SEPARATOR.split(self.daily_requests) if part)
        return {name: int(number) for name, _, number in parts}

    @property
    def lookup_services(self) -> tuple[str, ...]:
        """The names of the services that are asked, in their order; none if enrichment is off."""
        return () if self.enrich == OFF else tuple(self.enrich.split())
