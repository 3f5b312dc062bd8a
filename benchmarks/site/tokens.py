"""Does the site accept a token that it did not sign for this use?

    python -m benchmarks.site.tokens [--tokens 100000] [--seed 7]

Tokens of every kind are mutated, truncated, put together from two, used for another purpose, aged,
and used again, and are sent to the pages as links and forms. Prints one line of JSON; exits with 1 if
one was accepted, if the database changed, if an answer does not say what the reader can do, or if an
answer tells whether an address exists.
"""

import argparse
import asyncio
import json
import random
import string
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import httpx
from support.samples.feedback_links import feedback_url

from benchmarks.site.places import ReadersSite, opened
from digest.core.models.profiles import FeedbackKind
from digest.core.signup.link_tokens import LinkPurpose, sign_link
from digest.core.signup.reader_links import FEEDBACK_LIFE
from digest.core.subscribers import signed_tokens

ALPHABET = string.ascii_letters + string.digits + "-_."
KINDS = ("mutated", "truncated", "swapped", "wrong purpose", "wrong key", "expired", "replayed")
# What the page of a wrong token must offer: a new link, or whom to ask.
WAYS_ON = ("get a new one", "Ask again", "in another message", "newer digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that is behind a token."""

    path: str  # with `{}` for the token
    sign: Callable[[int, timedelta], str]  # a number, and how long ago
    form: Mapping[str, str]
    # After which the token says that it is old; None: it has no end. A feedback token has days.
    life: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """A token that must not be accepted."""

    kind: str
    path: str
    form: Mapping[str, str]


def pages(site: ReadersSite, key: bytes) -> list[Page]:
    """Returns the pages with tokens."""
    now = site.place.now[0]

    def dated(purpose: LinkPurpose) -> Callable[[int, timedelta], str]:
        return lambda number, age: sign_link(purpose, number, at=now - age, secret=key)

    def feedback(number: int, age: timedelta) -> str:
        url = feedback_url("", number, 1, FeedbackKind.LESS, at=now - age, secret=key)
        return url.split("/")[2]

    def unsubscribe(number: int, age: timedelta) -> str:
        del age
        return signed_tokens.sign(signed_tokens.UNSUBSCRIBE, number, secret=key)

    days = timedelta(days=1)
    return [
        Page(path="/confirm/{}", sign=dated(LinkPurpose.CONFIRM), form={}, life=2 * days),
        Page(
            path="/waiting/{}", sign=dated(LinkPurpose.WAITING), form={"code": "1"}, life=2 * days
        ),
        Page(path="/p/{}", sign=dated(LinkPurpose.MANAGE), form={"wish": "forget"}, life=None),
        Page(path="/f/{}/less", sign=feedback, form={"wish": "less"}, life=FEEDBACK_LIFE + days),
        Page(path="/u/{}", sign=unsubscribe, form={"wish": "left"}, life=None),
    ]


def tries(site: ReadersSite, count: int, chance: random.Random, known: int) -> Iterator[Try]:
    """Yields so many tokens, of all kinds by turns, for subscriptions that exist and that do not."""
    key, other = site.place.site.keys[0], b"another key of thirty-two letters"
    good, wrong = pages(site, key), pages(site, other)
    ending = [page for page in good if page.life is not None]
    kinds = KINDS[:-1]
    for turn in range(count):
        kind = kinds[turn % len(kinds)]
        page = chance.choice(ending if kind == "expired" else good)
        number = known if chance.random() < 0.5 else chance.randrange(2, 10**9)
        token = page.sign(number, timedelta(seconds=chance.randrange(3600)))
        if kind == "mutated":
            at = chance.randrange(len(token))
            new = chance.choice([letter for letter in ALPHABET if letter != token[at]])
            token = token[:at] + new + token[at + 1 :]
        elif kind == "truncated":
            token = token[: chance.randrange(1, len(token))]
        elif kind == "swapped":
            second = page.sign(number + 1, timedelta(seconds=chance.randrange(3600)))
            head, tail = (token, second) if chance.random() < 0.5 else (second, token)
            at = head.find(".") if "." in head else len(head) // 2  # a feedback token has no dot
            token = head[:at] + tail[at:]
        elif kind == "wrong purpose":
            elsewhere = chance.choice([item for item in good if item.path != page.path])
            token = elsewhere.sign(number, timedelta())
        elif kind == "wrong key":
            token = wrong[good.index(page)].sign(number, timedelta())
        else:
            assert page.life is not None
            token = page.sign(number, page.life + timedelta(seconds=1 + chance.randrange(10**7)))
        yield Try(kind=kind, path=page.path.format(token), form=page.form)


@dataclass(slots=True)
class Findings:
    """What the answers were."""

    kinds: Counter[str]
    accepted: list[str]  # the tries that were
    helpless: set[str]  # answers that do not say what to do
    bodies: dict[str, set[str]]  # the different answers, for each kind of page


async def send(site: ReadersSite, count: int, seed: int, known: int) -> Findings:
    """Sends the tries, each as a link and as a form."""
    assert site.place.asgi is not None
    findings = Findings(kinds=Counter(), accepted=[], helpless=set(), bodies={})
    transport = httpx.ASGITransport(site.place.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for wrong in tries(site, count, random.Random(seed), known):
            answers = [
                await client.get(wrong.path),
                await client.post(wrong.path, data=dict(wrong.form)),
            ]
            findings.kinds[wrong.kind] += 1
            for answer in answers:
                if answer.status_code not in (404, 410):
                    findings.accepted.append(f"{wrong.kind} {wrong.path}: {answer.status_code}")
                main = answer.text.partition("<main")[2].partition("</main>")[0]
                if not any(way in main for way in WAYS_ON):
                    findings.helpless.add(answer.text)
                place = f"{wrong.path.split('/')[1]} {answer.status_code}"
                findings.bodies.setdefault(place, set()).add(answer.text)
    return findings


def replay(site: ReadersSite, count: int) -> tuple[int, int]:
    """Confirms a request, and then sends its link and its code again; returns tries and changes."""
    waiting = str(site.sign_up("replay@reader.example").url)
    message = site.messages()[-1]
    link, code = site.link(message, "confirm"), site.code(message)
    assert "Confirmed" in site.client.post(link).text
    before = site.place.rows()
    changes = 0
    for _ in range(count):
        site.client.post(link)
    changes += site.place.rows() != before
    for _ in range(count):
        site.client.post(waiting, data={"code": code})
    after = site.place.rows()
    # The tries of the code are counted; nothing else may change.
    changes += any(after[name] != rows for name, rows in before.items() if name != "site_request")
    return 2 * count, changes


def run(count: int, seed: int = 7) -> dict[str, object]:
    """Runs the campaign; returns its findings."""
    began = time.monotonic()
    with opened() as site:
        known = site.subscribe()
        before = site.place.rows()
        findings = asyncio.run(send(site, count - count // 100, seed, known))
        is_changed = site.place.rows() != before
        replayed, changes = replay(site, max(1, count // 200))
    findings.kinds["replayed"] = replayed
    return {
        "tokens": sum(findings.kinds.values()),
        "kinds": dict(findings.kinds),
        "accepted": len(findings.accepted),
        "examples": findings.accepted[:5],
        "changes": int(is_changed) + changes,
        "answers without a way on": len(findings.helpless),
        # One page for each place and status: it depends on nothing that is stored.
        "answers that differ": sum(len(texts) > 1 for texts in findings.bodies.values()),
        "seconds": round(time.monotonic() - began),
    }


def is_good(result: Mapping[str, object]) -> bool:
    """Whether a campaign found nothing."""
    counts = ("accepted", "changes", "answers without a way on", "answers that differ")
    return all(result[name] == 0 for name in counts)


def main() -> None:
    """Runs the campaign."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tokens", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    result = run(options.tokens, options.seed)
    print(json.dumps(result))
    sys.exit(0 if is_good(result) else 1)


if __name__ == "__main__":
    main()
