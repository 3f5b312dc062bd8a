"""Several schedulers over one database; the short form of a benchmark, and of failures."""

import json
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks" / "campaigns"


def test_four_schedulers_of_which_two_are_killed_run_each_slot_once(database_url: str) -> None:
    done = subprocess.run(
        [
            *(sys.executable, str(BENCHMARKS / "schedulers.py"), "--days", "3", "--hours", "6"),
            *("--poll", "0.05", "--database", database_url),
        ],
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["slots"] == 3 * 4 * 4
    assert (found["digests"], found["lost"]) == (9, 0)
    assert found["doubled"] <= found["kills"] == len(found["takeover_seconds"])
    assert found["codes"] == [0, 0]
