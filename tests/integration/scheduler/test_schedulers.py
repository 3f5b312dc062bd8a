"""Several schedulers with one database: a short form of a benchmark."""

import json
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks" / "campaigns"


def test_four_schedulers_of_which_two_are_killed_run_each_slot_once(database_url: str) -> None:
    process = subprocess.run(
        [
            *(sys.executable, str(BENCHMARKS / "schedulers.py"), "--days", "3", "--hours", "6"),
            *("--poll", "0.05", "--database", database_url),
        ],
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    assert process.stdout, process.stderr
    result = json.loads(process.stdout)
    assert result["wrong"] == []
    assert result["slots"] == 3 * 4 * 4
    assert (result["digests"], result["lost"]) == (9, 0)
    assert result["doubled"] <= result["kills"] == len(result["takeover_seconds"])
    assert result["codes"] == [0, 0]
