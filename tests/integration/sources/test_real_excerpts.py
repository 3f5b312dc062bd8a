"""What cards say about real papers: never a sentence that begins in the middle of a thought."""

import os
import re
from itertools import islice
from pathlib import Path

import pytest
from support.builders import NOW, TODAY, candidate

from digest.core.editions.shown import shown_entry
from digest.core.models.editions import EditionEntry
from digest.mail.rendering.cards.card_view import build_card
from digest.mail.rendering.cards.shared_card import RenderCache
from digest.mail.rendering.wording import Wording
from digest.mail.theming.template_files import template_folder
from digest.sources.daily_papers import api_json

ROOT = Path(__file__).resolve().parents[3]
DAYS = Path(os.environ.get("DIGEST_REAL_DATA", ROOT.parent / "shared" / "data")) / "hf_daily"
PAPERS = 1000

pytestmark = pytest.mark.skipif(
    not DAYS.is_dir(), reason=f"no real days in {DAYS}; name their parent in DIGEST_REAL_DATA"
)

# Whatever follows: also "This paper", which would be alone.
DANGLING = re.compile(
    r"(?:However|Moreover|Furthermore|Additionally|Therefore|Thus|Hence|Consequently|This|These|Those"
    r"|That|It|Its|They|Their|Such|To address|To tackle|To bridge|To overcome|To this|In addition|Besides"
    r"|Also|Finally|Specifically|Nevertheless|Instead(?! of)|Meanwhile|As a result|Both|First|Second|And|But"
    r"|In this|In particular|Notably|Here)\b"
)


def test_no_excerpt_of_a_thousand_real_papers_begins_with_a_dangling_word() -> None:
    words = Wording.read([template_folder()])
    cache = RenderCache()
    files = sorted(DAYS.glob("*.json"))
    papers = (
        paper
        for file in files[:: max(1, len(files) // 60)]
        for paper in api_json.parse(
            file.read_bytes(), source="hf", origin=file.name, announced=None, now=NOW
        ).papers
    )
    shown = []
    for number, paper in enumerate(islice(papers, PAPERS), start=1):
        entry = shown_entry(EditionEntry(candidate=candidate(paper, number), score=50.0))
        for detailed in (False, True):
            card = build_card(
                entry,
                words,
                number=number,
                form="pick",
                detailed=detailed,
                today=TODAY,
                cache=cache,
            )
            shown.append(card.excerpt.text)
    assert len(shown) > 300
    assert [text[:80] for text in shown if DANGLING.match(text)] == []
    assert [text for text in shown if len(text) > 400] == []
