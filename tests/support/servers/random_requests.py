"""Random requests to the HTTP API, made from its own description by schemathesis."""

import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from digest.web.api.application import build_api
from support.servers.served_api import CONSENT, PROFILE, ServedApi

CHECKS: list[Any] = [
    not_a_server_error,
    allow_header_conformance,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
_IDS = ("paper", "subscription", "edition", "webhook")
# Values with which a request gets further than to the check of its form.
_RIGHT = {
    "profile": PROFILE,
    "consent": CONSENT,
    "email": "random@reader.example",
    "url": "https://hooks.example.org/random",
    "job": "collect",
}


@dataclass
class RandomAnswers:
    """How often each method of each resource answered with each status."""

    counts: Counter[tuple[str, int]] = field(default_factory=Counter)

    @property
    def requests(self) -> int:
        return sum(self.counts.values())

    def in_hundreds(self) -> dict[int, int]:
        """Returns the number of answers by the hundred of their status."""
        found: Counter[int] = Counter()
        for (_, status), count in self.counts.items():
            found[status // 100] += count
        return dict(sorted(found.items()))


def send_random(api: ServedApi, *, examples: int, derandomize: bool = False) -> RandomAnswers:
    """Sends random requests to each method of each resource, and checks each answer.

    Args:
        api: The API.
        examples: Requests to each method of each resource.
        derandomize: The same requests each time.
    """
    answers = RandomAnswers()
    schema = schemathesis.openapi.from_dict(build_api(None).openapi())
    chosen = settings(
        max_examples=examples,
        derandomize=derandomize,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with requests.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session.headers["Authorization"] = f"Bearer {api.token}"
        for result in schema.get_all_operations():
            assert isinstance(result, Ok), "the description can be read"
            chosen(_sender(result.ok(), api.url, session, answers))()
    return answers


def _sender(
    operation: Any, url: str, session: requests.Session, answers: RandomAnswers
) -> Callable[[], None]:
    cases = st.one_of(
        operation.as_strategy(GenerationMode.POSITIVE),
        operation.as_strategy(GenerationMode.NEGATIVE),
    )

    @given(case=cases, way=st.sampled_from(["as it is", "corrected"]))
    def send(case: Any, way: str) -> None:
        if way == "corrected":
            _correct(case)
        answer = case.call(base_url=url, session=session)
        answers.counts[operation.label, answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    return send


def _correct(case: Any) -> None:
    for name in _IDS:
        if name in (case.path_parameters or {}):
            case.path_parameters[name] = 1
    if isinstance(case.body, dict):
        case.body |= {name: _RIGHT[name] for name in _RIGHT if name in case.body}
