"""Real bounces of many mail systems."""

import os
from pathlib import Path

import pytest

from benchmarks.parts.bounces import judged

ROOT = Path(__file__).resolve().parents[3]
BOUNCES = Path(os.environ.get("DIGEST_REAL_DATA", ROOT.parent / "shared" / "data")) / "bounces"


@pytest.mark.skipif(
    not BOUNCES.is_dir(), reason=f"no real bounces in {BOUNCES}; name their parent in DIGEST_REAL_DATA"
)  # fmt: skip
@pytest.mark.parametrize("report, least", [(True, 0.97), (False, 0.85)])
def test_real_bounces_are_understood(*, report: bool, least: float) -> None:
    group = [item for item in judged(BOUNCES) if item.report is report]
    shares = {
        name: sum(getattr(item, name) for item in group) / len(group)
        for name in ("recognised", "address", "kind")
    }
    print(len(group), shares)
    assert min(shares.values()) >= least
