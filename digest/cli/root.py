"""The root command. Commands are imported when called, and their help stands here.

`digest --help` must feel instant: importing every command to ask for its help would
take several times as long as everything else.
"""

import difflib
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from digest.cli.context import HOME_VARIABLE, CliContext, MomentType
from digest.errors import DigestError, SettingsError
from digest.version import __version__

# name: (module below digest.cli, what it does in one line)
COMMANDS: Mapping[str, tuple[str, str]] = {
    "init": ("admin.init", "Make a home: settings, sources, a first profile."),
    "doctor": ("admin.doctor", "Check settings, profiles, templates, the mail server, the DNS."),
    "run": ("pipeline.run", "Collect, publish, deliver, tidy, once: what cron calls."),
    "collect": ("pipeline.collect", "Read the sources and record what is new."),
    "publish": ("pipeline.publish", "Make the digests that are due."),
    "deliver": ("pipeline.deliver", "Send what is queued."),
    "tidy": ("pipeline.tidy", "Settle what a dead run left, read bounces, remove what is old."),
    "bounces": ("pipeline.bounces", "Read what came back: bounces, complaints, requests to stop."),
    "preview": ("papers.preview", "Write a digest as HTML, text and .eml without sending it."),
    "send": ("papers.send", "Send one real digest to one address."),
    "subscribers": (
        "admin.subscribers",
        "Who gets what: list, show, add, import, pause, resume, remove, export, erase.",
    ),
    "profile": ("profile.group", "Profiles: new, check, volume, from-library."),
    "rank": ("papers.rank", "Rank papers by a profile."),
    "explain": ("papers.explain", "Why a paper has its score."),
    "history": ("papers.history", "Why a record is one paper: names, sources, versions, merges."),
    "parse": ("papers.parse", "Show what a file contains, without storing it."),
    "why-no-mail": ("admin.why_no_mail", "The whole story of one subscriber's last days."),
    "status": ("admin.status", "Last batches, the queue, failures."),
    "serve": ("pipeline.serve", "Answer one-click unsubscribing over HTTP."),
    "schedule": ("pipeline.schedule", "Run by itself: the scheduler in the foreground."),
    "dkim": ("admin.dkim", "Make a key that signs the digests, and its DNS record."),
    "db": ("admin.db", "The database: check, upgrade, backup, restore, prune."),
}


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    call = ctx.find_root().ensure_object(CliContext)
    ctx.obj = call
    if value is not None and value is not False:
        setattr(call, str(param.name), value)


def global_options() -> list[click.Parameter]:
    """The options that are accepted before and after every command."""
    return [
        click.Option(
            ["--home"],
            type=click.Path(path_type=Path),
            metavar="DIR",
            expose_value=False,
            callback=_keep,
            help=f"The home folder.  [default: {HOME_VARIABLE}, or the current folder]",
        ),
        click.Option(
            ["--json", "as_json"],
            is_flag=True,
            expose_value=False,
            callback=_keep,
            help="Answer with JSON on standard output.",
        ),
        click.Option(
            ["--now"],
            type=MomentType(),
            expose_value=False,
            callback=_keep,
            help="Take this moment in place of the clock.",
        ),
        click.Option(
            ["--show-addresses"],
            is_flag=True,
            expose_value=False,
            callback=_keep,
            help="Show readers' addresses whole in logs and reports.",
        ),
    ]


class Command(click.Command):
    """A command that takes the global options too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += global_options()


class Group(click.Group):
    """A group of commands that take the global options too."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += global_options()


class Root(Group):
    """The program: it finds its commands by name, and reports its errors in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the help page."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the command's module."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"digest.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, but a mistyped name gets the nearest one as an answer."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(f"no command {args[0]!r}." + (f" Did you mean {close[0]!r}?" if close else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help page's list, from the table above: no command is imported."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; an expected error becomes a line and its exit code."""
        try:
            return super().invoke(ctx)
        except DigestError as error:
            from digest.cli import stderr
            from digest.logs import redactor

            call = ctx.ensure_object(CliContext)
            redactor.addresses = redactor.addresses or call.show_addresses
            if call.as_json:
                text = redactor.without_secrets(str(error))
                call.emit({"error": text, "exit_code": error.exit_code}, ())
            # What a setting holds wrongly is the installation's own, and has to be seen.
            stderr.error(str(error), addresses=isinstance(error, SettingsError))
            ctx.exit(error.exit_code)


@click.group(
    cls=Root,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done; 1 the work failed in part; 2 wrong usage or configuration; "
    "3 nothing could be done.",
)
@click.version_option(__version__, "--version", prog_name="digest")
def root() -> None:
    """The daily digest of new research papers, ranked for every reader."""
