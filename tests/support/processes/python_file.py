"""Runs a file of Python, the first argument, as `python FILE` does, in a process that has forked."""

import runpy
import sys
import traceback


def main() -> None:
    """Runs the file; prints the traceback of an exception, and exits with 1."""
    del sys.argv[0]
    sys.path.insert(0, "")
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except Exception:  # noqa: BLE001 - what the example raises
        traceback.print_exc()
        sys.exit(1)
