"""docs/commands.md, from the commands themselves: `python -m digest.cli.reference`."""

from collections.abc import Iterator

import click

from digest.cli.group import root

_INTRO = """\
# Commands

`digest [OPTIONS] COMMAND`. This page is made from the program's own help texts.

Four options are accepted before and after every command:

| option | meaning |
| --- | --- |
| `--home DIR` | the home folder: `.env`, `sources.toml`, `profiles/`, `digest.db`; also `DIGEST_HOME`; default the current folder |
| `--json` | a machine-readable result on standard output |
| `--now ISO-8601` | this moment in place of the clock; without an offset it is in UTC |
| `--show-addresses` | readers' addresses whole in logs and reports; otherwise `a***@example.org` |

Results go to standard output, warnings, errors and logs to standard error, one line each
([watching.md](watching.md)). With `--json`, an error that ends a command is `{"error", "exit_code"}`.

Exit codes: 0 done; 1 the work failed in part, a rejected file included; 2 wrong usage or
configuration, a missing file and a broken profile included; 3 nothing could be done.
"""


def reference() -> str:
    """The whole page, Markdown."""
    return "\n".join([_INTRO, *_sections(root, [])])


def _sections(group: click.Group, path: list[str]) -> Iterator[str]:
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if isinstance(command, click.Group):
                yield from _sections(command, [*path, name])
            elif command is not None:
                yield from _section(command, [*path, name])


def _section(command: click.Command, path: list[str]) -> Iterator[str]:
    context = click.Context(command, info_name=" ".join(["digest", *path]))
    usage = " ".join(part for part in command.collect_usage_pieces(context) if part != "[OPTIONS]")
    yield f"## `{context.info_name}{' ' + usage if usage else ''}`\n"
    for block in (command.help or "").replace("\b\n", "").split("\n\n"):
        text = " ".join(block.split())
        before, json, shape = text.partition("JSON: ")
        yield f"{before}JSON: `{shape}`\n" if json else f"{text}\n"
    options = [
        parameter
        for parameter in command.params
        if isinstance(parameter, click.Option) and parameter.expose_value
    ]
    if options:
        yield "| option | meaning |\n| --- | --- |"
        for option in options:
            metavar = "" if option.is_flag else f" {option.make_metavar(context)}"
            yield f"| `{option.opts[0]}{metavar}` | {option.help} |"
        yield ""


if __name__ == "__main__":
    click.echo(reference(), nl=False)
