"""`python -m jobs [--home DIR]`: runs the scheduler in the foreground."""

import argparse
import os
import sys
from pathlib import Path

from digest.errors import DigestError
from digest.library_variables import set_library_variables
from digest.scheduler.scheduler import run_scheduler
from jobs.registry import FOLLOWERS, JOBS


def main() -> int:
    """Runs the scheduler until it is stopped; returns the exit code."""
    set_library_variables()
    parser = argparse.ArgumentParser(prog="python -m jobs", description=__doc__)
    parser.add_argument(
        "--home",
        type=Path,
        default=Path(os.environ.get("DIGEST_HOME", ".")),
        metavar="DIR",
        help="the home folder (default: DIGEST_HOME, or the current folder)",
    )
    try:
        run_scheduler(parser.parse_args().home, jobs=JOBS, followers=FOLLOWERS)
    except DigestError as error:
        print(f"digest: {error}", file=sys.stderr)  # noqa: T201 - a program prints its errors
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
