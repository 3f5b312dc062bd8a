"""How many messages do 10,000 requests of one attacker bring, in a day of 24 hours?

    python -m benchmarks.site.signups [--requests 10000] [--only NAME]

Each attack sends the form so often, at even intervals over a day, to a real server with a mail
server: from one network; for one address, over all entrances; for one domain; with a program that
fills in all fields; with one that has a network and a domain for each request and solves every proof
of work. Prints one line of JSON for each, with the messages that were sent and the number that
docs/site.md allows; exits with 1 if there were more.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from benchmarks.site.places import ReadersSite, challenge_of, opened, solve
from digest.core.signup.limits import OF_DOMAIN, OF_NETWORK, SIGNUPS_OF_ADDRESS

HOURLY = 60
HOURS = 24
SETTINGS = {
    "DIGEST_SIGNUP_FRAMES": "https://lab.example",
    "DIGEST_TRUSTED_PROXIES": "127.0.0.1",
}
ENTRANCES = ("/", "/topics/nlp", "/embed", "/embed/nlp", "/link")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request of an attack."""

    email: str
    client: str  # IP address
    path: str = "/"
    fields: Mapping[str, str]  # more of them
    solves: bool = True  # whether it solves a proof of work that it is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """An attack, and how many messages the site may send because of it."""

    attempt: Callable[[int], Attempt]
    allowed: Callable[[int, int], int]  # from the hours, and from the limit of an hour in all


def _network(number: int) -> str:
    """An address in a /24 of its own."""
    return f"{10 + (number >> 16 & 15)}.{number >> 8 & 255}.{number & 255}.7"


ATTACKS: Mapping[str, Attack] = {
    "one network": Attack(
        attempt=lambda n: Attempt(email=f"a@d{n}.example", client=f"192.0.2.{n % 250}", fields={}),
        allowed=lambda hours, _: hours * OF_NETWORK.number,
    ),
    "one address": Attack(
        attempt=lambda n: Attempt(
            email=f"Ada+{n}@Reader.example" if n % 2 else "ada@reader.example",
            client=_network(n),
            path=ENTRANCES[n % len(ENTRANCES)],
            fields={},
        ),
        # It gets no digest, so /link sends nothing; one more may come when the day is over.
        allowed=lambda *_: SIGNUPS_OF_ADDRESS.number + 1,
    ),
    "one domain": Attack(
        attempt=lambda n: Attempt(email=f"a{n}@lab.example", client=_network(n), fields={}),
        allowed=lambda hours, hourly: hours * min(OF_DOMAIN.number, hourly),
    ),
    "all fields filled in": Attack(
        attempt=lambda n: Attempt(
            email=f"a@d{n}.example", client=_network(n), fields={"website": "https://spam.example"}
        ),
        allowed=lambda *_: 0,
    ),
    "proofs of work solved": Attack(
        attempt=lambda n: Attempt(email=f"a@d{n}.example", client=_network(n), fields={}),
        allowed=lambda hours, hourly: hours * hourly,
    ),
    "proofs of work not solved": Attack(
        attempt=lambda n: Attempt(
            email=f"a@d{n}.example", client=_network(n), fields={}, solves=False
        ),
        # More are asked for a proof.
        allowed=lambda hours, hourly: hours * (hourly + 1) // 2,
    ),
}


def run(name: str, requests: int, *, hours: int = HOURS, hourly: int = HOURLY) -> dict[str, object]:
    """Runs an attack; returns what it brought.

    Args:
        name: one of ATTACKS.
        requests: how many.
        hours: over which they are spread.
        hourly: DIGEST_SIGNUP_HOURLY.
    """
    attack, began = ATTACKS[name], time.monotonic()
    with opened({**SETTINGS, "DIGEST_SIGNUP_HOURLY": str(hourly)}) as site:
        forms = {path: site.form(path) for path in ENTRANCES}
        start = site.place.now[0]
        answers: dict[int, int] = {}
        solved = 0
        for number in range(requests):
            site.place.now[0] = start + timedelta(hours=hours) * number / requests
            attempt = attack.attempt(number)
            status, proved = _send(site, attempt, forms)
            answers[status] = answers.get(status, 0) + 1
            solved += proved
        messages = len(site.messages())
    return {
        "attack": name,
        "requests": requests,
        "messages": messages,
        "allowed": attack.allowed(hours, hourly),
        "answers": dict(sorted(answers.items())),
        "proofs solved": solved,
        "seconds": round(time.monotonic() - began),
    }


def _send(site: ReadersSite, attempt: Attempt, forms: dict[str, str]) -> tuple[int, int]:
    """Sends a request; returns the status of its answer, and how many proofs were solved for it."""
    site.client.headers["X-Forwarded-For"] = attempt.client
    fields = {
        "form": forms[attempt.path],
        "email": attempt.email,
        "keywords0": "speculative decoding",
        "wish": "signup",
        **attempt.fields,
    }
    answer = site.client.post(site.url + attempt.path, data=fields)
    if answer.status_code == 400 or "press the button again" in answer.text:
        # The form was shown a day ago.
        forms[attempt.path] = site.form(attempt.path)
        fields["form"] = forms[attempt.path]
        answer = site.client.post(site.url + attempt.path, data=fields)
    challenge = challenge_of(answer.text) if attempt.solves else None
    if challenge is None:
        return answer.status_code, 0
    proven = {**fields, "altcha": solve(challenge)}
    return site.client.post(site.url + attempt.path, data=proven).status_code, 1


def main() -> None:
    """Runs the attacks."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--only", choices=list(ATTACKS))
    options = parser.parse_args()
    too_many = False
    for name in [options.only] if options.only else ATTACKS:
        result = run(name, options.requests)
        print(json.dumps(result), flush=True)
        too_many |= int(str(result["messages"])) > int(str(result["allowed"]))
    sys.exit(1 if too_many else 0)


if __name__ == "__main__":
    main()
