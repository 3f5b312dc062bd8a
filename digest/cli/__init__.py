"""The command line: `digest COMMAND`. docs/commands.md documents it."""

import sys
from typing import NoReturn

from digest.garbage_collection import collect_rarely
from digest.library_variables import set_library_variables

# By convention 128 and the number of the signal: Ctrl-C sends SIGINT, which is 2.
_INTERRUPTED = 130


def main() -> NoReturn:
    """Runs the command of `sys.argv`, and ends the process with its exit code."""
    _end_process(run())


def run() -> int:
    """Runs the command of `sys.argv`; returns its exit code."""
    collect_rarely()
    set_library_variables()
    try:
        return _run()
    except KeyboardInterrupt:  # before click could handle it: while it was imported
        return _INTERRUPTED


def _end_process(code: int) -> NoReturn:
    """Ends the process at once.

    Python would first delete all modules and their objects one by one: a tenth of the time of a
    `digest run` with nothing to do. What was registered to be done at exit is done as always.
    """
    import atexit
    import os
    import threading

    others = (thread for thread in threading.enumerate() if thread is not threading.main_thread())
    if not all(thread.daemon for thread in others):
        sys.exit(code)  # Python waits for them
    atexit._run_exitfuncs()  # noqa: SLF001 - as multiprocessing does before it calls `os._exit`
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        sys.exit(code)  # nobody reads any more: Python reports it
    os._exit(code)


def _run() -> int:
    import click

    from digest.cli.root import root

    try:
        # click would print errors and exit by itself; with `--json` they must be JSON too.
        code = root.main(prog_name="digest", standalone_mode=False)
    except click.ClickException as error:
        # The options may not be parsed yet when the error is raised, so the arguments are searched.
        if "--json" in sys.argv:
            import json

            click.echo(json.dumps({"error": error.format_message(), "exit_code": error.exit_code}))
        error.show()
        return error.exit_code
    except click.Abort:
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a bug; its traceback may contain secrets
        from digest.cli import stderr

        stderr.crashed(error)
        return 1
    return code if isinstance(code, int) else 0
