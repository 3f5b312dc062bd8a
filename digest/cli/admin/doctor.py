"""The `doctor` command."""

import os
import secrets
from collections.abc import Iterator

import click

from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.root import Command
from digest.config.home import find
from digest.doctor.checks import CheckReport, examine
from digest.doctor.findings import CheckContext, CheckLevel
from digest.logs import redactor


@click.command("doctor", cls=Command)
@click.pass_obj
def command(call: CliContext) -> None:
    """Check the home, the mail server, and what the DNS says of the sender.

    Nothing is changed and nothing is sent. Each finding is ok, a warning, or a problem; what
    is no ok says what to do. A problem gives exit code 2, or 3 where the mail server or the
    DNS cannot be reached.

    \b
    JSON: {"ok", "checks": [{"name", "level", "findings": [{"level", "text"}]}]}
    """
    path, named = call.home_path()
    redactor.addresses = call.show_addresses
    place = CheckContext(
        home=find(path, explicit=named),
        environ=os.environ,
        now=call.moment(),
        challenge=secrets.token_hex(16),
    )
    checked = list(examine(place))
    wrong = [item for item in checked if item.level is CheckLevel.PROBLEM]
    call.emit(
        {
            "ok": not wrong,
            "checks": [
                {
                    "name": item.check.name,
                    "level": item.level,
                    "findings": [
                        {"level": finding.level, "text": redactor(finding.text)}
                        for finding in item.findings
                    ],
                }
                for item in checked
            ],
        },
        call.shown(_words(checked)),
    )
    raise click.exceptions.Exit(exit_codes.worst(*(item.exit_code for item in wrong)))


def _words(checked: list[CheckReport]) -> Iterator[str]:
    for item in checked:
        for number, finding in enumerate(item.findings):
            name = item.check.name if number == 0 else ""
            yield f"{name:<10} {finding.level:<8} {finding.text}"
