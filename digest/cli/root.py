"""The root command, which imports each command only when it is called.

The one-line help of each command is in `COMMANDS`: `digest --help` would be several times
slower if it imported every command to ask for its help.
"""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from digest.cli.context import HOME_VARIABLE, CliContext, MomentType
from digest.errors import DigestError, SettingsError
from digest.version import __version__

# Command name: (module below digest.cli, one-line help).
COMMANDS: Mapping[str, tuple[str, str]] = {
    "init": ("admin.init", "Create a home: settings, sources and a first profile."),
    "settings": ("admin.settings", "Explain all settings, as lines for `.env`."),
    "doctor": ("admin.doctor", "Check settings, profiles, mail server and DNS."),
    "run": ("pipeline.run", "Collect, enrich, publish, deliver and tidy, once. For cron."),
    "collect": ("pipeline.collect", "Read the sources and store what is new."),
    "enrich": ("pipeline.enrich", "Look up the papers behind titles without links."),
    "publish": ("pipeline.publish", "Make the digests that are due."),
    "deliver": ("pipeline.deliver", "Send the digests that are queued."),
    "tidy": ("pipeline.tidy", "Clean up after a killed run, read bounces, remove old data."),
    "bounces": ("pipeline.bounces", "Process bounces, complaints and requests to unsubscribe."),
    "preview": ("papers.preview", "Write a digest as HTML, text and .eml, without sending it."),
    "send": ("papers.send", "Send one digest to one address, as a test."),
    "subscribers": (
        "admin.subscribers",
        "List, add, import, pause, remove or erase subscribers.",
    ),
    "lists": ("readers.lists", "Show the mailing lists, with their readers."),
    "profile": (
        "profile.group",
        "Work on profiles: new, check, volume, show, from-library, import.",
    ),
    "channels": ("admin.channels", "List and test the channels to which digests go."),
    "sources": (
        "admin.sources",
        "Work on the sources: import the feeds of a feed reader, stop, start.",
    ),
    "feedback": ("papers.feedback", "Record what a reader said about papers and authors."),
    "rank": ("papers.rank", "Rank papers with a profile."),
    "explain": ("papers.explain", "Explain the score of a paper."),
    "learn": ("papers.learn", "Make a background table from your own papers."),
    "history": ("papers.history", "Show the identifiers, sources, versions and merges of a paper."),
    "undo-source": ("papers.undo_source", "Remove from papers what one source contributed."),
    "parse": ("papers.parse", "Show the papers in a file, without storing them."),
    "why-no-mail": ("admin.why_no_mail", "Explain why a subscriber got mail, or got none."),
    "status": ("admin.status", "Show the last batches, the queue and failures."),
    "serve": ("pipeline.serve", "Serve the unsubscribe pages and health checks over HTTP."),
    "schedule": ("pipeline.schedule", "Run all jobs by the clock, in the foreground."),
    "worker": ("pipeline.worker", "Make and send digests for the scheduler, on any machine."),
    "token": ("access.token", "Create, list and revoke tokens of the HTTP API."),
    "webhook": (
        "access.webhook",
        "Tell other programs what happens: add, list, send, resume, remove.",
    ),
    "dkim": ("admin.dkim", "Create a key that signs the digests, and its DNS record."),
    "export": ("moving.export", "Export everything as one archive, for other programs or a move."),
    "import": ("moving.import_archive", "Import such an archive into an empty home."),
    "db": ("admin.db", "Work on the database: check, upgrade, backup, restore, prune."),
}

_NO_LIMIT = 1_000  # characters of the first sentence of a help text


def _store_option(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    # One object for both levels, so that an option counts before and after the command.
    context = ctx.find_root().ensure_object(CliContext)
    ctx.obj = context
    # Each level calls this. An option that is absent here must not undo the one given there.
    if value is not None and value is not False:
        setattr(context, str(param.name), value)


def global_options() -> list[click.Parameter]:
    """Returns the options that are accepted before and after every command."""
    return [
        click.Option(
            ["--home"],
            type=click.Path(path_type=Path),
            metavar="DIR",
            expose_value=False,
            callback=_store_option,
            help=f"The home folder.  [default: {HOME_VARIABLE}, or the current folder]",
        ),
        click.Option(
            ["--json", "as_json"],
            is_flag=True,
            expose_value=False,
            callback=_store_option,
            help="Print the result as JSON.",
        ),
        click.Option(
            ["--now"],
            type=MomentType(),
            expose_value=False,
            callback=_store_option,
            help="Use this time in place of the current time; UTC if it has no offset.",
        ),
        click.Option(
            ["--show-addresses"],
            is_flag=True,
            expose_value=False,
            callback=_store_option,
            help="Do not mask readers' addresses in logs and reports.",
        ),
    ]


class Command(click.Command):
    """A command that also takes the global options."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += global_options()


class Group(click.Group):
    """A group of commands that also take the global options."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += global_options()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the list of commands, each with its whole first sentence.

        click cuts sentences at the width of the terminal; here they continue on the next line.
        """
        summaries = [
            (name, subcommand.get_short_help_str(limit=_NO_LIMIT))
            for name in self.list_commands(ctx)
            if (subcommand := self.get_command(ctx, name)) is not None
        ]
        with formatter.section("Commands"):
            formatter.write_dl(summaries)


class Root(Group):
    """The root command: imports commands by name, and prints expected errors as one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns all command names, in the order of the help page."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the module of a command, and returns the command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"digest.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolves a command as click does, and suggests a name for a mistyped one."""
        # click itself reports an unknown option.
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib  # here: few commands are mistyped

            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else "`digest --help` lists them."
            ctx.fail(f"there is no command {args[0]!r}. {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the list of commands from `COMMANDS`, without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; prints an expected error as one line, and exits with its code."""
        try:
            return super().invoke(ctx)
        except DigestError as error:
            from digest.cli import stderr
            from digest.logs import redactor

            context = ctx.ensure_object(CliContext)
            # The settings have not configured the redactor yet if the home could not be opened.
            redactor.show_addresses = redactor.show_addresses or context.show_addresses
            if context.as_json:
                text = redactor.without_secrets(str(error))
                context.emit({"error": text, "exit_code": error.exit_code}, ())
            # The operator has to see the wrong value of a setting, even if it is an address.
            stderr.error(str(error), addresses=isinstance(error, SettingsError))
            ctx.exit(error.exit_code)


@click.group(
    cls=Root,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done; 1 part of the work failed; 2 wrong usage or configuration; "
    "3 nothing could be done.",
)
@click.version_option(__version__, "--version", prog_name="digest")
def root() -> None:
    """Send a daily digest of new research papers, ranked for each reader."""
