"""Loads `channels.toml`: the places to which digests go that are not sent by mail.

[[channels]]
name = "team-chat"   # profiles write it in deliver_to
kind = "slack"
url = "https://hooks.slack.com/services/..."
"""

from pathlib import Path
from typing import Annotated, ClassVar

from msgspec import Meta, field

from digest.config.channels.tables import (
    AppriseChannelConfig,
    ChannelConfig,
    DiscordChannelConfig,
    FolderChannelConfig,
    MatrixChannelConfig,
    NtfyChannelConfig,
    SlackChannelConfig,
    TelegramChannelConfig,
    WebhookChannelConfig,
)
from digest.config.tables.markers import Table
from digest.config.toml_document import Document, TomlIssue, validate
from digest.config.toml_files import check_kinds, load_tables
from digest.logs import redactor

FILE = "channels.toml"

KINDS: dict[str, type[ChannelConfig]] = {
    "webhook": WebhookChannelConfig,
    "slack": SlackChannelConfig,
    "discord": DiscordChannelConfig,
    "telegram": TelegramChannelConfig,
    "matrix": MatrixChannelConfig,
    "ntfy": NtfyChannelConfig,
    "folder": FolderChannelConfig,
    "apprise": AppriseChannelConfig,
}


class _AnyChannel(ChannelConfig, frozen=True, kw_only=True):
    """A channel of any kind: checks its name and kind, before the other keys are checked."""

    ignores_unknown: ClassVar[bool] = True


class _ChannelsFile(Table, frozen=True, kw_only=True):
    channels: Annotated[list[_AnyChannel], Meta(max_length=1000)] = field(default_factory=list)


def load(home: Path) -> tuple[ChannelConfig, ...]:
    """Loads the channels of a home, and hides their secrets in all logs.

    Args:
        home: the home folder.

    Returns:
        The channels in the order of the file; none if it does not exist.

    Raises:
        SettingsError: the first problem in the file.
    """
    checked = load_tables(home / FILE, _validate) or ()
    redactor.add_secrets(*(secret for channel in checked for secret in channel.secrets))
    return tuple(channel.below(home) for channel in checked)


def _validate(document: Document) -> tuple[ChannelConfig, ...] | list[TomlIssue]:
    outline = validate(document, _ChannelsFile)
    if isinstance(outline, list):
        return outline
    return check_kinds(
        document,
        [(channel.name, channel.kind) for channel in outline.channels],
        key="channels",
        noun="channel",
        kinds=KINDS,
    )
