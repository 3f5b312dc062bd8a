"""The command line: `digest COMMAND`. docs/commands.md documents it."""

import gc
import sys

_GC_THRESHOLD = 250_000  # new objects between two garbage collections


def main() -> None:
    """Runs the command of `sys.argv`, and exits with its exit code."""
    # Importing creates tens of thousands of objects that stay. With the default threshold the
    # garbage collector would scan them again and again, which slows short commands down.
    gc.set_threshold(_GC_THRESHOLD)

    import click

    from digest.cli.root import root

    try:
        code = root.main(prog_name="digest", standalone_mode=False)
    except click.ClickException as error:
        if "--json" in sys.argv:
            import json

            click.echo(json.dumps({"error": error.format_message(), "exit_code": error.exit_code}))
        error.show()
        code = error.exit_code
    except click.Abort:
        code = 130  # Ctrl-C
    except Exception as error:  # noqa: BLE001 - a bug; its traceback may contain secrets
        from digest.cli import stderr

        stderr.crashed(error)
        code = 1
    gc.freeze()  # skips the last garbage collection at exit, which would only take time
    sys.exit(code if isinstance(code, int) else 0)
