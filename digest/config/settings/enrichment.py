"""Settings for looking up the papers behind titles."""

import re
from collections.abc import Mapping
from typing import Annotated

from digest.config.settings.monitoring import MonitoringSettings
from digest.config.settings.validators import PathInHome, Seconds
from digest.config.suggestions import did_you_mean
from digest.config.tables.markers import CheckedBy, described
from digest.config.tables.text_values import SecretText
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


class EnrichmentSettings(MonitoringSettings, frozen=True, kw_only=True):
    """Enrichment: finding the papers behind titles without links."""

    enrich: Annotated[
        str,
        CheckedBy(services),
        described(
            "The services that are asked for papers without a link or an abstract, in this"
            " order, or off. They are sent the titles, and nothing about readers. Known are"
            f" {', '.join(SERVICES)}.",
            example="huggingface arxiv openalex crossref",
        ),
    ] = "huggingface arxiv crossref"  # they answer without a key
    enrich_budget: Annotated[
        Seconds,
        described(
            "Seconds that a run may look for papers. What is not reached is left to the next run.",
            example="60",
        ),
    ] = 60.0
    openalex_key: Annotated[
        SecretText | None,
        described(
            "Your key of OpenAlex, which is free. Without it, only a few searches a day are answered.",
            example="the key of your OpenAlex account",
        ),
    ] = None
    pubmed_key: Annotated[
        SecretText | None,
        described(
            "Your key of PubMed, which is free. With it, more requests are allowed.",
            example="the key of your NCBI account",
        ),
    ] = None
    semanticscholar_key: Annotated[
        SecretText | None,
        described(
            "Your key of Semantic Scholar. Without it, all its users share one limit, and requests"
            " often fail.",
            example="the key that Semantic Scholar sent you",
        ),
    ] = None

    zotero_key: Annotated[
        SecretText | None,
        described(
            "Your key of Zotero, for a library that is not public. It needs to read only.",
            example="the key of your Zotero account",
        ),
    ] = None

    mail_password: Annotated[
        SecretText | None,
        described(
            "The password at the IMAP server of sources of kind mail. It is never sent over an"
            " unencrypted connection.",
            example="an app password",
        ),
    ] = None
    mail_ca_file: Annotated[
        PathInHome,
        described(
            "Certificates (PEM) of the private certificate authority of that IMAP server.",
            example="ca.pem",
        ),
    ] = None
    daily_requests: Annotated[
        str,
        CheckedBy(numbers_of_requests),
        described(
            "How many requests may be sent to a service in a day (UTC), by all sources and look-ups"
            " together. For the services that it does not name: "
            + ", ".join(f"{name}={number}" for name, number in DAILY_REQUESTS.items())
            + "; without a key less for openalex and semanticscholar.",
            example="openalex=2000, pubmed=500",
        ),
    ] = ""

    @property
    def requests_of_services(self) -> Mapping[str, int]:
        """The requests of a day that the operator has set, by service."""
        parts = (part.partition("=") for part in _SEPARATOR.split(self.daily_requests) if part)
        return {name: int(number) for name, _, number in parts}

    @property
    def lookup_services(self) -> tuple[str, ...]:
        """The names of the services that are asked, in their order; none if enrichment is off."""
        return () if self.enrich == OFF else tuple(self.enrich.split())
