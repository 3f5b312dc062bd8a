"""Is any answer of the HTTP API an error of the server, whatever is sent?

    python -m benchmarks.api.random_requests [--requests 10000]

Random requests, right and wrong ones, go to every method of every resource of a home with a digest,
and each answer is compared with the description of the API. Prints one line of JSON; exits with 1
at the first answer that is an error of the server, or not as the description says.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from support.servers.random_requests import send_random
from support.servers.served_api import opened_api

from digest.web.api.application import ENDPOINTS


def main() -> int:
    """Sends the requests; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    wanted = parser.parse_args().requests
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="paper-digest-api-") as folder,
        opened_api(Path(folder) / "home") as api,
    ):
        answers = send_random(api, examples=-(-wanted // len(ENDPOINTS)))
        failed = [line for line in api.site.place.log if "the API failed" in line]
    hundreds = {f"{hundred}xx": count for hundred, count in answers.in_hundreds().items()}
    result = {
        "requests": answers.requests,
        "answers": hundreds,
        "server errors": len(failed),
        "seconds": round(time.monotonic() - started),
    }
    print(json.dumps(result))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
