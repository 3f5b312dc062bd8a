"""The pages of docs/ that are made from the code.

`python -m digest.cli.reference` prints docs/commands.md; with a folder as its argument, such as
`docs`, it writes all of them there.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from digest.cli.reference_exit_codes import exit_codes_page
from digest.cli.root import root
from digest.config.reference import profile_page, settings_page, sources_page

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
configuration, a missing file and a broken profile included; 3 nothing could be done
([which errors those are](reference/exit-codes.md)).
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


PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": reference,
    "reference/settings.md": settings_page,
    "reference/profile.md": profile_page,
    "reference/sources.md": sources_page,
    "reference/exit-codes.md": exit_codes_page,
}
"""Below docs/: the page and what makes it."""

if __name__ == "__main__":
    if sys.argv[1:]:
        for name, make in PAGES.items():
            Path(sys.argv[1], name).write_text(make(), "utf-8")
    else:
        click.echo(reference(), nl=False)
