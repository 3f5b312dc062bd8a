"""The command line: `digest COMMAND`. docs/commands.md documents it."""

import gc
import sys

from digest.garbage_collection import collect_rarely
from digest.library_variables import set_library_variables

# By convention 128 and the number of the signal: Ctrl-C sends SIGINT, which is 2.
_INTERRUPTED = 130


def main() -> None:
    """Runs the command of `sys.argv`, and exits with its exit code."""
    collect_rarely()
    set_library_variables()
    try:
        code = _run()
    except KeyboardInterrupt:  # before click could handle it: while it was imported
        code = _INTERRUPTED
    # Skips the last garbage collection at exit, which would only take time.
    gc.freeze()
    sys.exit(code)


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
