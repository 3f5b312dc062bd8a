"""numpy works with one thread in the processes of the program, which start others instead."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

NAMES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
# The threads are counted in a process that was forked after numpy had worked, as publish does it.
THREADS_OF_A_FORKED_PROCESS = """
import os, sys
from digest.cli import run
sys.argv = ["digest", "--version"]
assert run() == 0
import numpy as np
square = np.ones((600, 600))
square @ square
if not (child := os.fork()):
    square @ square
    print("threads", len(os.listdir("/proc/self/task")), flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the system does not list threads")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor has one thread anyway")
@pytest.mark.parametrize("set_by_operator, threads", [({}, 1), ({NAMES[0]: "2"}, 2)])
def test_a_forked_process_has_one_thread_unless_the_operator_sets_more(
    set_by_operator: dict[str, str], threads: int
) -> None:
    others = {name: value for name, value in os.environ.items() if name not in NAMES}
    done = subprocess.run(
        [sys.executable, "-c", THREADS_OF_A_FORKED_PROCESS],
        capture_output=True,
        text=True,
        check=True,
        env={**others, **set_by_operator},
    )
    assert done.stdout.splitlines()[-1] == f"threads {threads}"
