"""`digest profile`: the group of commands that work on profiles.

Each command imports what it needs only when it is called.
"""

import click

from digest.cli.profile.check import check
from digest.cli.profile.from_library import from_library
from digest.cli.profile.import_settings import import_settings
from digest.cli.profile.new import new
from digest.cli.profile.show import show
from digest.cli.profile.volume import volume
from digest.cli.root import Group


@click.group("profile", cls=Group)
def command() -> None:
    """Work on profiles: start one, check it, see how many papers it would bring."""


for subcommand in (new, check, volume, show, from_library, import_settings):
    command.add_command(subcommand)
