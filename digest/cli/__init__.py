"""The command line: `digest COMMAND`. Its contract is in docs/commands.md."""


def main() -> None:
    """The console script: runs the command that was asked for, and exits."""
    from digest.cli.group import root

    root(prog_name="digest")
