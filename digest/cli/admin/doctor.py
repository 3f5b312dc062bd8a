"""`digest doctor`: checks the configuration and the servers that it names."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.root import Command

if TYPE_CHECKING:
    from digest.doctor.checks import CheckReport


@click.command("doctor", cls=Command)
@click.pass_obj
def command(context: CliContext) -> None:
    """Check the home, the mail server, and the DNS records of the sender.

    Nothing is changed and nothing is sent. Each result is ok, a warning or a problem. Warnings
    and problems say what to do. The exit code is 2 if there is a problem, or 3 if the mail server
    or the DNS cannot be reached.

    \b
    JSON: {"ok", "checks": [{"name", "level", "findings": [{"level", "text"}]}]}
    """
    import secrets

    from digest.config.home import find
    from digest.doctor.checks import examine
    from digest.doctor.findings import CheckContext, CheckLevel
    from digest.logs import redactor

    path, named = context.home_path()
    # `context.open_app` would configure this, but it fails if a setting is wrong.
    redactor.show_addresses = context.show_addresses
    checked = CheckContext(
        home=find(path, explicit=named),
        environ=os.environ,
        now=context.moment(),
        # The site has to answer with a proof for this text, so neither a cache nor another
        # installation can give the right answer.
        challenge=secrets.token_hex(16),
    )
    reports = list(examine(checked))
    problems = [item for item in reports if item.level is CheckLevel.PROBLEM]
    context.emit(
        {
            "ok": not problems,
            "checks": [
                {
                    "name": item.check.name,
                    "level": item.level,
                    "findings": [
                        {"level": finding.level, "text": redactor(finding.text)}
                        for finding in item.results
                    ],
                }
                for item in reports
            ],
        },
        context.masked(_lines(reports)),
    )
    raise click.exceptions.Exit(exit_codes.worst(*(item.exit_code for item in problems)))


def _lines(reports: list["CheckReport"]) -> Iterator[str]:
    for item in reports:
        for number, finding in enumerate(item.results):
            name = item.check.name if number == 0 else ""
            yield f"{name:<10} {finding.level:<8} {finding.text}"
