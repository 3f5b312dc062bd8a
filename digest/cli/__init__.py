"""The command line: `digest COMMAND`. Its contract is in docs/commands.md."""

import gc
import sys

_OBJECTS = 100_000  # made between two collections


def main() -> None:
    """The console script: runs the command that was asked for, and exits."""
    # Importing makes objects by the ten thousand that stay; looking through them for garbage
    # again and again costs a short command time for nothing.
    gc.set_threshold(_OBJECTS)

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
        code = 130  # interrupted from the keyboard
    except Exception as error:  # noqa: BLE001 - a bug; its traceback may hold what no log should
        from digest.cli import stderr

        stderr.crashed(error)
        code = 1
    gc.freeze()  # the interpreter looks for garbage once more before it ends; all of it goes anyway
    sys.exit(code if isinstance(code, int) else 0)
