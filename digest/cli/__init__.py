"""The command line: `digest COMMAND`. docs/commands.md documents it."""

import gc
import os
import sys

_GC_THRESHOLD = 250_000  # new objects between two garbage collections


def main() -> None:
    """Runs the command of `sys.argv`, and exits with its exit code."""
    # Importing creates tens of thousands of objects that stay. With the default threshold the
    # garbage collector would scan them again and again, which slows short commands down.
    gc.set_threshold(_GC_THRESHOLD)
    # NumPy's OpenBLAS reads it when it is imported. The matrices here are small: on a busy machine, its
    # threads take ten times the processor time of one, waiting for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

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
        code = error.exit_code
    except click.Abort:
        # By convention 128 and the number of the signal: Ctrl-C sends SIGINT, which is 2.
        code = 130
    except Exception as error:  # noqa: BLE001 - a bug; its traceback may contain secrets
        from digest.cli import stderr

        stderr.crashed(error)
        code = 1
    # Skips the last garbage collection at exit, which would only take time.
    gc.freeze()
    sys.exit(code if isinstance(code, int) else 0)
