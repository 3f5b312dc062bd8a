"""Sign-up under pressure: the site asks browsers for a proof of work, which counts once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from support.servers.proofs import challenge_of, solve
from support.servers.readers_site import ADDRESS, ReadersSite, opened

HOURLY = 4
ENTRANCES = ("/", "/topics/nlp", "/embed", "/embed/nlp", "/link")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadersSite]:
    more = {"DIGEST_SIGNUP_HOURLY": str(HOURLY), "DIGEST_SIGNUP_FRAMES": "https://lab.example"}
    with opened(tmp_path_factory.mktemp("site") / "home", more=more) as site:
        yield site


@pytest.fixture
def pressed(served: ReadersSite) -> ReadersSite:
    """The site in an hour in which half of its messages were asked for."""
    served.place.now[0] += timedelta(days=2)
    for number in range(HOURLY // 2):
        fields = {"form": served.form("/link"), "email": f"a{number}@d{number}.example"}
        assert served.client.post(f"{served.url}/link", data=fields).status_code == 200
    return served


def fields_for(site: ReadersSite, path: str, email: str = ADDRESS) -> dict[str, str]:
    keywords = {} if "nlp" in path or path == "/link" else {"keywords0": "x"}
    return {"form": site.form(path), "email": email, "wish": "signup", **keywords}


@pytest.mark.parametrize("path", ENTRANCES)
def test_every_entrance_asks_for_a_proof_of_work_when_half_of_the_limit_is_used(
    pressed: ReadersSite, path: str
) -> None:
    sent = len(pressed.messages())
    url, fields = pressed.url + path, fields_for(pressed, path)
    asked = pressed.client.post(url, data=fields)
    assert asked.status_code == 422
    assert f'value="{ADDRESS}"' in asked.text  # what was written stays in the form
    challenge = challenge_of(asked.text)
    assert challenge is not None
    assert len(pressed.messages()) == sent
    proven = {**fields, "altcha": solve(challenge)}
    assert pressed.client.post(url, data=proven).status_code in (200, 303)


def test_a_proof_counts_once_over_all_entrances(pressed: ReadersSite) -> None:
    fields = fields_for(pressed, "/")
    challenge = challenge_of(pressed.client.post(f"{pressed.url}/", data=fields).text)
    assert challenge is not None
    proof = solve(challenge)
    first = pressed.client.post(f"{pressed.url}/", data={**fields, "altcha": proof})
    assert first.status_code == 303
    for path in ENTRANCES:
        again = {**fields_for(pressed, path, "other@else.example"), "altcha": proof}
        assert pressed.client.post(pressed.url + path, data=again).status_code == 422


def test_an_old_and_a_wrong_proof_are_none(pressed: ReadersSite) -> None:
    fields = fields_for(pressed, "/")
    challenge = challenge_of(pressed.client.post(f"{pressed.url}/", data=fields).text)
    assert challenge is not None
    proof = solve(challenge)
    for wrong in (proof[:-4], solve({**challenge, "signature": "0" * 64})):
        answer = pressed.client.post(f"{pressed.url}/", data={**fields, "altcha": wrong})
        assert answer.status_code == 422
    pressed.place.now[0] += timedelta(minutes=21)
    fields["form"] = pressed.form()
    answer = pressed.client.post(f"{pressed.url}/", data={**fields, "altcha": proof})
    assert answer.status_code == 422


def test_without_a_script_the_page_says_whom_to_ask(pressed: ReadersSite) -> None:
    asked = pressed.client.post(f"{pressed.url}/", data=fields_for(pressed, "/"))
    without = asked.text.partition("<noscript>")[2].partition("</noscript>")[0]
    assert "try again in an hour" in without
    assert "mailto:digest@example.org" in without


def test_whoever_left_or_leaves_needs_no_proof(pressed: ReadersSite) -> None:
    """A reader with a link is known, whatever the pressure on the forms is."""
    pressed.place.now[0] += timedelta(days=2)
    number = pressed.subscribe()
    for count in range(HOURLY - 1):
        pressed.ask_link(f"b{count}@d{count}.example")
    code = pressed.client.post(pressed.preferences(number), data={"wish": "code"})
    assert code.status_code == 303
    left = pressed.client.post(pressed.preferences(number), data={"wish": "leave"})
    assert left.status_code == 200


def test_without_pressure_nobody_is_asked(served: ReadersSite) -> None:
    served.place.now[0] += timedelta(days=2)
    fields = fields_for(served, "/", "early@reader.example")
    assert served.client.post(f"{served.url}/", data=fields).status_code == 303
