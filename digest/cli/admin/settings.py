"""`digest settings`: explains all settings."""

import click

from digest.cli.context import CliContext
from digest.cli.root import Command


@click.command("settings", cls=Command)
@click.pass_obj
def command(context: CliContext) -> None:
    """Explain all settings, as lines for `.env`.

    The `.env` of a new home contains only the settings that it needs. Copy others into it from
    here, without the "# " at the beginning. This needs no home, and shows none of your values.

    \b
    JSON: {"settings": [{"name", "description", "example"}]}
    """
    from digest.config.scaffold import env_text, explain_setting
    from digest.config.settings.loader import FIELDS_BY_VARIABLE, example_value

    context.emit(
        {
            "settings": [
                {
                    "name": name,
                    "description": explain_setting(field),
                    "example": example_value(field),
                }
                for name, field in FIELDS_BY_VARIABLE.items()
            ]
        },
        env_text().rstrip("\n").splitlines(),
    )
