"""Loads `channels.toml`: the places to which digests go that are not sent by mail.

[[channels]]
name = "team-chat"   # profiles write it in deliver_to
kind = "slack"
url = "https://hooks.slack.com/services/..."
"""

from pathlib import Path

from pydantic import ConfigDict, Field

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
from digest.config.toml_document import Document, TomlIssue, TomlModel, validate
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


class _AnyChannel(ChannelConfig):
    """A channel of any kind: checks its name and kind, before the other keys are checked."""

    model_config = ConfigDict(extra="ignore")


class _ChannelsFile(TomlModel):
    channels: list[_AnyChannel] = Field(default=[], max_length=1000)


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
