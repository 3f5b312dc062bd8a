"""Generates the pages of docs/ that come from the code.

`python -m digest.cli.reference docs` writes all of them into `docs`. Without an argument it prints
docs/commands.md.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from digest.cli.reference_exit_codes import exit_codes_page
from digest.cli.reference_export import export_page
from digest.cli.reference_http_api import description, resources_page
from digest.cli.root import root
from digest.config.reference import (
    channels_page,
    lists_page,
    profile_page,
    settings_page,
    sources_page,
)

_INTRO = """\
# Commands

`digest [OPTIONS] COMMAND`. This page is generated from the help texts of the program.

Four options are accepted before and after every command:

| option | meaning |
| --- | --- |
| `--home DIR` | the home folder, with `.env`, `sources.toml`, `profiles/` and `digest.db`; by default the value of `DIGEST_HOME`, or the current folder |
| `--json` | print the result as JSON |
| `--now ISO-8601` | use this time in place of the current time; UTC if it has no offset |
| `--show-addresses` | do not mask readers' addresses in logs and reports; without it they look like `***@example.org` |

Results are printed on standard output. Warnings, errors and logs are printed on standard error, one
line each ([watching.md](watching.md)). With `--json`, an error that ends a command is printed as
`{"error", "exit_code"}`.

Exit codes: 0 done; 1 part of the work failed, for example a file was rejected; 2 wrong usage or
configuration, for example a missing file or a broken profile; 3 nothing could be done
([the errors with each code](reference/exit-codes.md)).
"""


def reference() -> str:
    """Returns docs/commands.md."""
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
    # Every command takes the global options, so "[OPTIONS]" would say nothing.
    usage = " ".join(part for part in command.collect_usage_pieces(context) if part != "[OPTIONS]")
    yield f"## `{context.info_name}{' ' + usage if usage else ''}`\n"
    # In click, "\b" keeps the lines of a paragraph as they are. The page has no use for it.
    for block in (command.help or "").replace("\b\n", "").split("\n\n"):
        text = " ".join(block.split())
        _, label, schema = text.partition("JSON: ")
        yield f"JSON: `{schema}`\n" if label else f"{text}\n"
    # The global options set no parameter; the introduction of the page describes them.
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
    "reference/lists.md": lists_page,
    "reference/channels.md": channels_page,
    "reference/export.md": export_page,
    "reference/exit-codes.md": exit_codes_page,
    "reference/http-api.md": resources_page,
    "reference/openapi.json": description,
}
"""The path below docs/, and the function that returns the page."""

if __name__ == "__main__":
    if sys.argv[1:]:
        for name, page in PAGES.items():
            Path(sys.argv[1], name).write_text(page(), "utf-8")
    else:
        click.echo(reference(), nl=False)
