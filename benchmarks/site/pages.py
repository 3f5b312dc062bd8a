"""How heavy is each page, and how soon does a browser show it?

    python -m benchmarks.site.pages [--rounds 3]

Starts `digest serve` for each page and round, and opens the page in a new Chromium with an empty cache,
as the first request of the process. Needs Playwright and Chromium on the PATH. Prints one line of JSON for each page:
bytes of the page with its stylesheet and scripts, uncompressed; requests to other sites; milliseconds to
the first paint, of the cold process and of the same page again, medians.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from support.samples.feedback_links import feedback_url

from benchmarks.common.ledger_setup import database
from benchmarks.common.smtp_sink import sink
from benchmarks.site.load import SECRET, make_home, served
from digest.core.models.profiles import FeedbackKind
from digest.core.signup.link_tokens import LinkPurpose, sign_link
from digest.core.subscribers import signed_tokens

MOST_BYTES = 60_000
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def addresses() -> dict[str, str]:
    """Returns the pages and their paths."""
    key, now = SECRET.encode(), datetime.now(UTC)

    def signed(purpose: LinkPurpose) -> str:
        return sign_link(purpose, 1, at=now, secret=key)

    return {
        "/": "/",
        "/topics/NAME": "/topics/nlp",
        "/embed": "/embed",
        "/embed/NAME": "/embed/nlp",
        "/link": "/link",
        "/waiting/TOKEN": f"/waiting/{signed(LinkPurpose.WAITING)}",
        "/confirm/TOKEN": f"/confirm/{signed(LinkPurpose.CONFIRM)}",
        "/p/TOKEN": f"/p/{signed(LinkPurpose.MANAGE)}",
        "/f/TOKEN/less": feedback_url("", 1, 1, FeedbackKind.LESS, at=now, secret=key),
        "/u/TOKEN": f"/u/{signed_tokens.sign(signed_tokens.UNSUBSCRIBE, 1, secret=key)}",
    }


def visit(browser: Any, url: str) -> tuple[float, int, int]:
    """Returns milliseconds to the first paint, bytes, and requests to other sites."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    sizes: list[int] = []
    elsewhere: list[str] = []

    def count(answer: Any) -> None:
        if answer.url.startswith("http"):
            sizes.append(len(answer.body()))
            if not answer.url.startswith(url.partition("/")[0] + "//localhost"):
                elsewhere.append(answer.url)

    page.on("response", count)
    page.goto(url, wait_until="load")
    while (painted := page.evaluate(PAINT)) is None:
        page.wait_for_timeout(20)
    context.close()
    return float(painted), sum(sizes), len(elsewhere)


def main() -> None:
    """Measures the pages."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    is_heavy = False
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="paper-digest-bench-"))
        )
        url = stack.enter_context(database("sqlite"))
        record = folder / "sent"
        record.touch()
        make_home(folder / "home", url, 100, stack.enter_context(sink(record)))
        driver = stack.enter_context(sync_playwright())
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        stack.callback(browser.close)
        for name, path in addresses().items():
            cold, warm = [], []
            for _ in range(options.rounds):
                with served(folder / "home") as (_, port):
                    address = f"http://localhost:{port}{path}"
                    painted, size, elsewhere = visit(browser, address)
                    cold.append(painted)
                    warm.append(visit(browser, address)[0])
            result = {
                "page": name,
                "bytes": size,
                "requests elsewhere": elsewhere,
                "first paint, cold": round(statistics.median(cold)),
                "first paint, warm": round(statistics.median(warm)),
            }
            print(json.dumps(result), flush=True)
            is_heavy |= size > MOST_BYTES or elsewhere > 0
    sys.exit(1 if is_heavy else 0)


if __name__ == "__main__":
    main()
