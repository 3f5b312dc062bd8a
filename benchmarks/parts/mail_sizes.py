"""How large digests of real papers are: HTML, text and the whole message.

    python benchmarks/parts/mail_sizes.py [FOLDER]

FOLDER holds days of the Daily Papers API as JSON; without it, $DIGEST_REAL_DATA/hf_daily or
../shared/data/hf_daily beside the checkout. Digests are windows over all papers in their
order, ranked by nothing: every paper matches, with keywords of its own. All sizes in bytes.

Last seen (127 days): see benchmarks/README.md.
"""

import os
import re
import statistics
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from digest.core.models.editions import Candidate, Edition, EditionEntry, KeywordMatch, Section
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.signup.reader_links import FeedbackUrls
from digest.errors import InputError
from digest.mail.message import mime
from digest.mail.rendering.renderer import MAX_HTML_BYTES, RenderedContent, Renderer
from digest.sources.daily_papers import api_json

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 6, 1, tzinfo=UTC)
GMAIL = 102_000
WANTED = 90_000
SECTIONS = 3


def folder() -> Path:
    """Where the days are."""
    if len(sys.argv) > 1:
        return Path(sys.argv[1])
    return Path(os.environ.get("DIGEST_REAL_DATA", ROOT.parent / "shared" / "data")) / "hf_daily"


def papers(days: Path) -> list[Paper]:
    """Every paper of every day that can be read."""
    found: list[Paper] = []
    for file in sorted(days.glob("*.json")):
        try:
            batch = api_json.parse(file.read_bytes(), source="hf", origin=file.name, now=NOW)
        except InputError:
            continue
        found += batch.papers
    return found


def edition(chosen: list[Paper]) -> Edition:
    """All of them, in a few sections."""
    entries = [
        EditionEntry(
            candidate=Candidate(
                paper_id=number,
                revision_id=number,
                seq=number,
                kind=AnnouncementKind.NEW,
                source="hf",
                paper=paper,
            ),
            score=87.0,
            matches=(
                KeywordMatch(keyword="language agent", field="title", contribution=50.0),
                KeywordMatch(keyword="speculative decoding", field="abstract", contribution=37.0),
            ),
        )
        for number, paper in enumerate(chosen, start=1)
    ]
    parts = [entries[start::SECTIONS] for start in range(SECTIONS)]
    return Edition(
        local_date=date(2026, 6, 1),
        sections=tuple(
            Section(topic=f"Topic number {number}", entries=tuple(part))
            for number, part in enumerate(parts, start=1)
            if part
        ),
        considered=len(chosen) * 7,
        matched=len(chosen),
    )


def rendered(renderer: Renderer, chosen: list[Paper]) -> RenderedContent:
    """As it goes out."""
    return renderer.render(
        edition(chosen),
        list_name="Paper Digest",
        reader_name="Maren",
        unsubscribe="mailto:digest@example.org?subject=unsubscribe%20AAAAAAAAAAE.nc1LR_37qlG0ipUZy",
        profile_name="profiles/maren.toml",
        feedback=FeedbackUrls("https://digest.example.org", 1, at=NOW, secret=b"k" * 32).of,
    )


def message(content: RenderedContent) -> bytes:
    """The whole of it."""
    return mime.build_message(
        sender="digest@example.org",
        to="maren@example.org",
        subject=content.subject,
        html=content.html,
        text=content.text,
        message_id="<1@example.org>",
        date=NOW,
        list_id="Paper Digest <digest.example.org>",
        headers={},
    )


def main() -> None:
    """Measure and print."""
    days = folder()
    if not days.is_dir():
        sys.exit(f"{days}: no such folder; name one, or set DIGEST_REAL_DATA")
    known = papers(days)
    renderer = Renderer()
    print(f"{len(known)} papers; HTML in bytes, limit {MAX_HTML_BYTES}, Gmail cuts at {GMAIL}")
    print("papers digests  min     median  p95     max     all shown  text    message")
    too_large = 0
    for count in (1, 10, 30, 100):
        step = max(1, count // 2)
        windows = [known[at : at + count] for at in range(0, len(known) - count + 1, step)][:600]
        made = [rendered(renderer, window) for window in windows]
        sizes = sorted(len(item.html.encode()) for item in made)
        whole = sum(not re.search(r"\d+ more papers?<", item.html) for item in made) / len(made)
        text = statistics.median(len(item.text.encode()) for item in made)
        wire = statistics.median(len(message(item)) for item in made[:50])
        print(
            f"{count:6} {len(made):7}  {sizes[0]:<7} {sizes[len(sizes) // 2]:<7}"
            f" {sizes[int(len(sizes) * 0.95)]:<7} {sizes[-1]:<7} {whole:9.1%}  {text:<7.0f} {wire:.0f}"
        )
        if count <= 30:
            too_large += sum(size >= WANTED for size in sizes)
    print(f"of up to 30 papers, {too_large} digests at or above {WANTED} (wanted: 0)")
    sys.exit(1 if too_large else 0)


if __name__ == "__main__":
    main()
