"""Settings for looking up the papers behind titles."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr

from digest.config.settings.delivery import HomeSettings
from digest.config.settings.validators import Seconds
from digest.config.suggestions import did_you_mean

SERVICES = ("huggingface", "arxiv", "semanticscholar", "openalex", "crossref")
DEFAULT = ("huggingface", "arxiv", "crossref")  # they answer without a key
OFF = "off"

_SEPARATOR = re.compile(r"[\s,]+")


def services(value: Any) -> Any:
    """Returns the names of services; none for "off"."""
    if not isinstance(value, str):
        return value
    names = tuple(filter(None, _SEPARATOR.split(value.strip().lower())))
    if names == (OFF,):
        return ()
    for name in names:
        if name not in SERVICES:
            raise ValueError(
                f"no service is called {name}{did_you_mean(name, SERVICES)}; there are:"
                f" {', '.join(SERVICES)}, or {OFF}"
            )
    return tuple(dict.fromkeys(names))


class EnrichmentSettings(HomeSettings):
    """Enrichment: finding the papers behind titles without links."""

    enrich: Annotated[tuple[str, ...], BeforeValidator(services)] = Field(
        default=DEFAULT,
        description=(
            "The services that are asked for papers without a link, such as those of dumps, in this"
            " order; off: none. They are sent the titles, no addresses of readers. Known are"
            f" {', '.join(SERVICES)}; by default {' '.join(DEFAULT)}."
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
    semanticscholar_key: SecretStr | None = Field(
        default=None,
        description=(
            "Your key of Semantic Scholar. Without it, all its users share one limit, and requests"
            " often fail."
        ),
        examples=["the key that Semantic Scholar sent you"],
    )
