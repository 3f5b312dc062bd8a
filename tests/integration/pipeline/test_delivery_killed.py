"""Short forms of two benchmarks: SIGKILL at random moments, and many deliverers at once."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks" / "campaigns"


def benchmark(name: str, *args: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / name), *args],
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    assert done.returncode == 0, found
    return found


@pytest.mark.parametrize("policy", ["resend", "hold"])
def test_a_delivery_killed_at_random_moments_loses_nothing(database_url: str, policy: str) -> None:
    found = benchmark(
        "kill_delivery.py",
        *("--letters", "800", "--kills", "8"),
        *("--database", database_url, "--policy", policy),
    )
    assert (found["lost"], found["unaccounted"]) == (0, 0)
    assert found["kills"] > 0
    if policy == "hold":
        assert found["doubled"] == 0
    else:
        assert found["held"] == 0
        assert found["doubled"] <= found["kills"] * found["connections"]
    assert found["same_message_id"], "a letter that goes out again is the same message"


def test_eight_deliverers_never_claim_the_same_edition(database_url: str) -> None:
    found = benchmark("claims.py", "--editions", "1600", "--database", database_url)
    assert (found["double_claims"], found["missing"], found["failed"]) == (0, 0, 0)
    assert found["at_work"] > 1
