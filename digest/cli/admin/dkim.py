"""`digest dkim`: creates a DKIM key."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli import options
from digest.cli.context import CliContext
from digest.cli.root import Group
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.config.mailing_lists.loader import MailingLists


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
    help="Write the key to this file.  [default: dkim-SELECTOR.pem or dkim-LIST.pem in the home]",
)
@options.mailing_list("Make the key for the sender of this list of lists.toml.")
@click.pass_obj
def new(
    context: CliContext,
    *,
    selector: str | None,
    algorithm: str,
    out: Path | None,
    list_name: str | None,
) -> None:
    """Create a signing key, and print its DNS record.

    Only you can read the key file. No file is overwritten. Messages are signed after you publish
    the record and write the settings that the command prints.

    \b
    JSON: {"file", "domain", "selector", "type", "name", "value", "zone", "settings"}
    """
    from digest.config.settings import validators
    from digest.errors import SettingsError
    from digest.mail.authentication import dkim_keys

    with context.open_app() as app:
        settings = app.settings
        home = app.home.path.absolute()
        try:
            selector = validators.dns_name(selector or settings.dkim_selector)
        except ValueError as error:
            raise UsageError(f"--selector: {error}") from None
        if list_name is not None:
            domain = _list_domain(app.lists, list_name)
        elif not (settings.dkim_domain or settings.from_):
            raise SettingsError(
                "the domain to sign for is not known: neither DIGEST_FROM nor DIGEST_DKIM_DOMAIN is"
                f" set; write DIGEST_FROM into {app.home.env_file}"
            )
        else:
            domain = settings.dkim_domain or app.message_domain
        file = (out or home / f"dkim-{list_name or selector}.pem").absolute()
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
    place = str(app.home.env_file)
    if list_name is not None:
        settings_lines = [f'dkim_key = "{key_path}"', f'dkim_selector = "{selector}"']
        place = f"the table of {list_name} in {app.home.path / 'lists.toml'}"
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
            f"2. Write these lines into {place}:",
            "",
            *settings_lines,
            "",
            "3. Check that the record is published: digest doctor",
        ],
    )


def _list_domain(lists: "MailingLists", name: str) -> str:
    """Returns the domain of the sender of a list."""
    from digest.app.messages.list_senders import domain_of

    found = lists.named(name)
    if found is None:
        raise UsageError(f"there is no list {name!r} in lists.toml")
    if found.sender is None:
        raise UsageError(
            f"the list {name} has no sender of its own, so DIGEST_DKIM_KEY signs its messages; write"
            " sender = ... into its table first"
        )
    return domain_of(found.sender)
