"""The services that the settings name, as the program builds them."""

from pathlib import Path
from typing import Any

import pytest

from digest.app.application import App
from digest.config.settings.enrichment import SERVICES
from digest.core.models.trust import TrustLevel
from digest.pipeline.enrichment.report import DescribingLookup

KEYS = {
    "DIGEST_OPENALEX_KEY": "openalex-key",
    "DIGEST_SEMANTICSCHOLAR_KEY": "scholar-key",
    "DIGEST_FROM": "Papers <digest@example.org>",
}


@pytest.fixture
def app(tmp_path: Path) -> App:
    (tmp_path / "sources.toml").write_text("")
    return App.open(tmp_path, environ={"DIGEST_ENRICH": " ".join(SERVICES), **KEYS})


def test_each_service_is_built_and_believed_at_its_own_host_over_https(app: App) -> None:
    assert tuple(service.name for service in app.lookup_services) == SERVICES
    for service in app.lookup_services:
        lookup: Any = service.build()
        assert lookup.name == service.name
        assert lookup.interval >= 0.5
        assert lookup.connection.trusted is False
        base = lookup.connection.base
        assert service.trust.at([f"{base}/x"]) is service.trust
        for other in (base.replace("https", "http"), f"{base}.example", "https://a.example"):
            assert service.trust.at([other]).level is TrustLevel.MENTION
        assert isinstance(lookup, DescribingLookup) is service.describes


def test_only_arxiv_owns_what_it_describes(app: App) -> None:
    levels = {service.name: service.trust.level for service in app.lookup_services}
    assert levels.pop("arxiv") is TrustLevel.OWNER
    assert set(levels.values()) == {TrustLevel.AGGREGATOR}


def test_a_key_goes_to_its_own_service_alone(app: App) -> None:
    built: dict[str, Any] = {service.name: service.build() for service in app.lookup_services}
    keys = {name: lookup.connection.key for name, lookup in built.items()}
    assert keys.pop("semanticscholar") == ("x-api-key", "scholar-key")
    assert set(keys.values()) == {None}
    assert built["openalex"].key == "openalex-key"
    assert built["crossref"].contact == "digest@example.org"


def test_the_limits_are_those_of_the_settings(app: App, tmp_path: Path) -> None:
    assert app.enrich_options.budget == 60.0
    assert not app.enrich_options.stopped()
    app.stop.request()
    assert app.enrich_options.stopped()
    off = App.open(tmp_path, environ={"DIGEST_ENRICH": "off", "DIGEST_ENRICH_BUDGET": "7"})
    assert (off.lookup_services, off.enrich_options.budget) == ([], 7.0)
