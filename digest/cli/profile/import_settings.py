"""`digest profile import`: makes a profile from the settings of another program."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.root import Command
from digest.cli.timezone import local_zone
from digest.errors import InputError, UsageError

if TYPE_CHECKING:
    from digest.config.other_programs.zotero_arxiv_daily import ZoteroArxivDaily


@click.command("import", cls=Command)
@click.argument(
    "files", metavar="FILE...", type=click.Path(path_type=Path), nargs=-1, required=True
)
@click.option("--email", metavar="ADDRESS", help="The address that gets the digest.")
@click.option("--user", metavar="NAME", help="The user of arxiv-sanity-lite; the first if absent.")
@click.pass_obj
def import_settings(
    context: CliContext, *, files: tuple[Path, ...], email: str | None, user: str | None
) -> None:
    """Make a profile from the settings of another program, and print it for you to edit.

    FILE is the YAML file of zotero-arxiv-daily, with its .env as a second file if it has one, or the
    .env of an earlier version; or the dict.db of arxiv-sanity-lite, each of whose tags becomes a topic.
    The categories of zotero-arxiv-daily become sources, for sources.toml.

    \b
    JSON: {"program", "profile", "sources", "left_out": [text]}
    """
    from digest.config.other_programs import drafted_profile
    from digest.config.profiles import drafts
    from digest.config.scaffold import PLACEHOLDER
    from digest.sources.kinds import file_discovery
    from digest.sources.library import arxiv_sanity

    for file in files:
        if not file.is_file():
            raise UsageError(f"{file}: no such file")
    address = drafts.read_address(email) if email is not None else ""
    sources = ""
    left_out: list[str] = []
    if file_discovery.read_bounded(files[0]).startswith(arxiv_sanity.HEADER):
        program = "arxiv-sanity-lite"
        users = arxiv_sanity.read_tags(files[0])
        name = user or next(iter(users), "")
        if name not in users or not any(users[name].values()):
            raise InputError(f"no tags of the user {name!r}; it has: {', '.join(users) or 'none'}",
                             file=files[0])  # fmt: skip
        text, left_out = drafted_profile.from_tags(
            users[name], email=address or PLACEHOLDER, timezone=local_zone()
        )
    else:
        program = "zotero-arxiv-daily"
        found = _zotero_arxiv_daily(files)
        if not address and found.receiver:
            address = drafts.read_address(found.receiver)
        sources = drafted_profile.sources_of(found)
        text = drafted_profile.from_zotero_arxiv_daily(
            found, email=address or PLACEHOLDER, timezone=local_zone()
        )
    context.emit(
        {"program": program, "profile": text, "sources": sources, "left_out": left_out},
        [text.rstrip("\n")],
    )
    for line in left_out:
        context.warn(f"left out: {line}")
    if not address:
        context.warn(f"the address is a placeholder, {PLACEHOLDER}; replace it with yours")


def _zotero_arxiv_daily(files: tuple[Path, ...]) -> "ZoteroArxivDaily":
    from digest.config.other_programs import zotero_arxiv_daily
    from digest.config.other_programs.yaml_subset import read_yaml
    from digest.config.settings.env_file import read_env_file
    from digest.config.toml_document import TomlError, read_text

    variables: dict[str, str] = {}
    found = None
    for file in files:
        if file.suffix not in (".yaml", ".yml"):
            variables |= {entry.name: entry.value for entry in read_env_file(file)}
    for file in files:
        if file.suffix in (".yaml", ".yml"):
            try:
                values = read_yaml(read_text(file), file=str(file))
            except TomlError as error:  # its size or its encoding
                raise InputError(error.issue.text, file=file) from None
            if zotero_arxiv_daily.is_yaml(values):
                found = zotero_arxiv_daily.from_yaml(values, variables)
    found = found or zotero_arxiv_daily.from_variables(variables)
    if found is None:
        raise InputError("no settings of zotero-arxiv-daily or arxiv-sanity-lite", file=files[0])
    return found
