"""Random requests to every method of every resource: no answer is an error of the server."""

from pathlib import Path

from support.servers.served_api import opened_api

from digest.web.api.application import ENDPOINTS

EXAMPLES = 6  # for each; `python -m benchmarks.api.random_requests` sends thousands


def test_every_answer_is_as_the_description_says(tmp_path: Path) -> None:
    # Not at import: every worker imports this module, and only one needs schemathesis.
    from support.servers.random_requests import send_random

    with opened_api(tmp_path / "home") as api:
        answers = send_random(api, examples=EXAMPLES, derandomize=True)
        assert not [line for line in api.site.place.log if "the API failed" in line]
    asked = {label for label, _ in answers.counts}
    assert asked == {f"{item.method} {item.path}" for item in ENDPOINTS}
    assert answers.in_hundreds().get(5) is None, answers.counts
    assert answers.in_hundreds()[2] > len(ENDPOINTS), "many requests are right"
    assert answers.in_hundreds()[4] > len(ENDPOINTS), "many requests are wrong"
