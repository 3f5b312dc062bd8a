"""The `profile` command: its parts are imported with it, what they need when they are called."""

import click

from digest.cli.group import Group
from digest.cli.profile_check import check
from digest.cli.profile_library import from_library
from digest.cli.profile_new import new
from digest.cli.profile_volume import volume


@click.group("profile", cls=Group)
def command() -> None:
    """Work on profiles: start one, check it, see what it would bring."""


for part in (new, check, volume, from_library):
    command.add_command(part)
