"""The `dkim` command."""

from pathlib import Path

import click

from digest.cli.context import CliContext
from digest.cli.root import Group


@click.group("dkim", cls=Group)
def command() -> None:
    """Sign the digests, so that mail providers know who sent them (DKIM)."""


@command.command("new")
@click.option("--selector", metavar="NAME", help="The key's name; by default DIGEST_DKIM_SELECTOR.")
@click.option(
    "--type",
    "algorithm",
    type=click.Choice(["rsa", "ed25519"]),
    default="rsa",
    show_default=True,
    help="rsa is what every mail provider takes.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to; by default dkim-SELECTOR.pem in the home.",
)
@click.pass_obj
def new(call: CliContext, *, selector: str | None, algorithm: str, out: Path | None) -> None:
    """Make a signing key, and print the DNS record that goes with it.

    The key is for its owner's eyes alone, and no file is overwritten. The record has to be
    published, and the settings to be written, before the digests are signed.

    \b
    JSON: {"file", "domain", "selector", "type", "name", "value", "zone", "settings"}
    """
    from digest.config.settings import validators
    from digest.errors import SettingsError, UsageError
    from digest.mail.authentication import dkim_keys

    with call.app() as app:
        chosen = app.settings
        home = app.home.path.absolute()
        try:
            selector = validators.dns_name(selector or chosen.dkim_selector)
        except ValueError as error:
            raise UsageError(f"--selector: {error}") from None
        if not (chosen.dkim_domain or chosen.from_):
            raise SettingsError(
                "for which domain? Neither DIGEST_FROM nor DIGEST_DKIM_DOMAIN is set; write"
                f" DIGEST_FROM in {app.home.env_file}"
            )
        domain = chosen.dkim_domain or app.message_domain
        file = (out or home / f"dkim-{selector}.pem").absolute()
        key = dkim_keys.make(algorithm)
        try:
            dkim_keys.write(key, file)
        except FileExistsError:
            raise UsageError(
                f"{file} exists, and was not overwritten; name another --selector or --out"
            ) from None
        except OSError as error:
            raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    name = dkim_keys.record_name(selector=selector, domain=domain)
    value = dkim_keys.record(key)
    zone = dkim_keys.zone_line(name, value)
    written = file.relative_to(home) if file.is_relative_to(home) else file
    lines = [f"DIGEST_DKIM_KEY={written}", f"DIGEST_DKIM_SELECTOR={selector}"]
    call.emit(
        {
            "file": file,
            "domain": domain,
            "selector": selector,
            "type": algorithm,
            "name": name,
            "value": value,
            "zone": zone,
            "settings": lines,
        },
        [
            f"made  {file}",
            "",
            f"1. Publish a TXT record at {name} that says:",
            "",
            value,
            "",
            "   or, as a line of a zone file:",
            "",
            zone,
            "",
            f"2. Write into {app.home.env_file}:",
            "",
            *lines,
            "",
            "3. Look whether it is there: digest doctor",
        ],
    )
