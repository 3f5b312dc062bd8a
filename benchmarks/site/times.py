"""Does the time of an answer tell whether an address is that of a reader?

    python -m benchmarks.site.times [--pairs 1000] [--seed 7]

In each pair, one address gets the digest and one does not, in random order; both are sent to the form
and to `/link`. The bodies and the headers of each pair must be equal. Two times are compared by
Wilcoxon's signed-rank test: that of the answer, and that of a page that is asked for directly
afterwards. Messages are written after the random wait that the site has. Prints one line of JSON for each; exits with 1 if a
body differs, or if a probability is below 0.001.
"""

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import httpx

from benchmarks.site.places import ReadersSite, opened
from digest.core.models.subscribers import SubscriptionOrigin
from digest.store.subscribers import subscriptions
from digest.web.outbox.sender import LONGEST_PAUSE

LEVEL = 0.001  # below this probability, the times are told apart
PROFILE = '[[topics]]\nname = "T"\nkeywords = ["speculative decoding"]\n'
FORMS = {"/": {"keywords0": "speculative decoding", "wish": "signup"}, "/link": {}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one request took, in milliseconds, and what its answer shows."""

    answer: float
    next_page: float
    shown: object


@dataclass(slots=True)
class Sample:
    """What was measured for pairs of addresses at one form."""

    differences: list[float] = field(default_factory=list)  # known less unknown, in milliseconds
    afterwards: list[float] = field(default_factory=list)  # the same for the next page
    times: list[float] = field(default_factory=list)
    unequal: int = 0  # pairs whose answers differ


def measure(path: str, pairs: int, seed: int = 7) -> dict[str, object]:
    """Measures pairs at a form; returns the findings."""
    chance, sample = random.Random(seed), Sample()
    with opened({"DIGEST_SIGNUP_HOURLY": "100000"}) as site:
        readers = site.place.site.readers
        assert readers is not None
        readers.outbox.pause = lambda: LONGEST_PAUSE * chance.random()  # as the site has it
        _subscribe(site, pairs)
        for known, unknown in _pairs(site, path, pairs, chance):
            sample.differences.append(known.answer - unknown.answer)
            sample.afterwards.append(known.next_page - unknown.next_page)
            sample.times.append(known.answer)
            sample.unequal += known.shown != unknown.shown
        readers.outbox.wait()
    return {
        "form": path,
        "pairs": pairs,
        "unequal answers": sample.unequal,
        "milliseconds": round(statistics.median(sample.times), 2),
        "median difference": round(statistics.median(sample.differences), 3),
        "probability": round(_probability(sample.differences), 4),
        "median difference of the next page": round(statistics.median(sample.afterwards), 3),
        "probability of the next page": round(_probability(sample.afterwards), 4),
    }


def _pairs(
    site: ReadersSite, path: str, pairs: int, chance: random.Random
) -> Iterator[tuple[Taken, Taken]]:
    """Yields what a known and an unknown address took, in pairs."""
    form = ""
    for number in range(pairs):
        if number % 10 == 0:
            # No limit of a domain or of the total is reached, and no proof of work is asked for.
            site.place.now[0] += timedelta(hours=2)
            form = site.form(path)
        emails = [_known(number), f"u{number}@d{number % 10}.example"]
        order = [0, 1] if chance.random() < 0.5 else [1, 0]
        taken: dict[int, Taken] = {}
        for which in order:
            taken[which] = _send(site, path, form, emails[which])
        yield taken[0], taken[1]


def _known(number: int) -> str:
    return f"k{number}@d{number % 10}.example"


def _subscribe(site: ReadersSite, count: int) -> None:
    with site.place.app.store.write() as tx:
        for number in range(count):
            subscriptions.start(
                tx,
                email=_known(number),
                name="papers",
                origin=SubscriptionOrigin.WEB,
                profile_text=PROFILE,
                read_through=0,
                now=site.place.now[0],
                detail="",
            )


def _send(site: ReadersSite, path: str, form: str, email: str) -> Taken:
    fields = {"form": form, "email": email, **FORMS[path]}
    began = time.perf_counter()
    answer = site.client.post(site.url + path, data=fields)
    answered = time.perf_counter()
    site.client.get(f"{site.url}/link")
    ended = time.perf_counter()
    assert answer.status_code in (200, 303), answer.text
    return Taken(
        answer=(answered - began) * 1000,
        next_page=(ended - answered) * 1000,
        shown=_shown(answer),
    )


def _shown(answer: httpx.Response) -> object:
    # The token of the waiting page has the number of the request.
    headers = {
        name: value.rpartition("/")[0] if name == "location" else value
        for name, value in answer.headers.items()
        if name != "date"
    }
    return answer.status_code, answer.text, headers


def _probability(differences: Sequence[float]) -> float:
    from scipy.stats import wilcoxon

    return float(wilcoxon(differences).pvalue)


def main() -> None:
    """Measures both forms."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    is_told = False
    for path in FORMS:
        result = measure(path, options.pairs, options.seed)
        print(json.dumps(result), flush=True)
        probabilities = (result["probability"], result["probability of the next page"])
        is_told |= bool(result["unequal answers"])
        is_told |= any(float(str(value)) < LEVEL for value in probabilities)
    sys.exit(1 if is_told else 0)


if __name__ == "__main__":
    main()
