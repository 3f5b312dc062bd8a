"""`digest dkim`: creates a DKIM key."""

from pathlib import Path

import click

from digest.cli.context import CliContext
from digest.cli.root import Group


@click.group("dkim", cls=Group)
def command() -> None:
    """Sign the messages with DKIM, so that mail providers can verify the sender."""


@command.command("new")
@click.option(
    "--selector",
    metavar="NAME",
    help="Name of the key in the DNS.  [default: DIGEST_DKIM_SELECTOR]",
)
@click.option(
    "--type",
    "algorithm",
    type=click.Choice(["rsa", "ed25519"]),
    default="rsa",
    show_default=True,
    help="Key type. Every mail provider accepts rsa.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the key to this file.  [default: dkim-SELECTOR.pem in the home]",
)
@click.pass_obj
def new(context: CliContext, *, selector: str | None, algorithm: str, out: Path | None) -> None:
    """Create a signing key, and print its DNS record.

    Only you can read the key file. No file is overwritten. Messages are signed after you publish
    the record and write the settings that the command prints.

    \b
    JSON: {"file", "domain", "selector", "type", "name", "value", "zone", "settings"}
    """
    from digest.config.settings import validators
    from digest.errors import SettingsError, UsageError
    from digest.mail.authentication import dkim_keys

    with context.open_app() as app:
        settings = app.settings
        home = app.home.path.absolute()
        try:
            selector = validators.dns_name(selector or settings.dkim_selector)
        except ValueError as error:
            raise UsageError(f"--selector: {error}") from None
        if not (settings.dkim_domain or settings.from_):
            raise SettingsError(
                "the domain to sign for is not known: neither DIGEST_FROM nor DIGEST_DKIM_DOMAIN is"
                f" set; write DIGEST_FROM into {app.home.env_file}"
            )
        domain = settings.dkim_domain or app.message_domain
        file = (out or home / f"dkim-{selector}.pem").absolute()
        key = dkim_keys.generate_key(algorithm)
        try:
            dkim_keys.write_key(key, file)
        except FileExistsError:
            raise UsageError(
                f"{file} exists, and was not overwritten; choose another --selector or --out"
            ) from None
        except OSError as error:
            raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    name = dkim_keys.dns_record_name(selector=selector, domain=domain)
    value = dkim_keys.dns_record(key)
    zone = dkim_keys.zone_line(name, value)
    # Relative to the home, so that the setting stays right when the home is moved.
    key_path = file.relative_to(home) if file.is_relative_to(home) else file
    settings_lines = [f"DIGEST_DKIM_KEY={key_path}", f"DIGEST_DKIM_SELECTOR={selector}"]
    context.emit(
        {
            "file": file,
            "domain": domain,
            "selector": selector,
            "type": algorithm,
            "name": name,
            "value": value,
            "zone": zone,
            "settings": settings_lines,
        },
        [
            f"made  {file}",
            "",
            f"1. Publish a TXT record at {name} with this value:",
            "",
            value,
            "",
            "   or, as a line in a zone file:",
            "",
            zone,
            "",
            f"2. Write these lines into {app.home.env_file}:",
            "",
            *settings_lines,
            "",
            "3. Check that the record is published: digest doctor",
        ],
    )
