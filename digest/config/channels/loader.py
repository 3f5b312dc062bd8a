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
from digest.config.suggestions import did_you_mean
from digest.config.toml_document import (
    Document,
    TomlError,
    TomlIssue,
    TomlModel,
    display,
    read_text,
    validate,
)
from digest.errors import SettingsError, located
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
    file = home / FILE
    try:
        checked = _validate(Document(read_text(file)))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SettingsError(located(f"cannot be read: {error.strerror}", str(file))) from None
    except TomlError as error:
        checked = [error.issue]
    if isinstance(checked, list):
        first = checked[0]
        raise SettingsError(located(first.text, str(file), first.line, first.column))
    redactor.add_secrets(*(secret for channel in checked for secret in channel.secrets))
    return tuple(channel.below(home) for channel in checked)


def _validate(document: Document) -> tuple[ChannelConfig, ...] | list[TomlIssue]:
    outline = validate(document, _ChannelsFile)
    if isinstance(outline, list):
        return outline
    channels: dict[str, ChannelConfig] = {}
    for index, channel in enumerate(outline.channels):
        place = ("channels", index)
        if channel.name in channels:
            text = f"channel {display(channel.name)} is defined twice; give each its own name"
            return [document.issue_at(text, (*place, "name"))]
        if channel.kind not in KINDS:
            hint = did_you_mean(channel.kind, KINDS) or f"; write one of {', '.join(KINDS)}"
            text = f"{display(channel.kind)} is not a kind of channel{hint}"
            return [document.issue_at(text, (*place, "kind"))]
        data = document.data["channels"][index]
        # The whole table again, now with the keys of its kind.
        checked = validate(document, KINDS[channel.kind], data, prefix=place)
        if isinstance(checked, list):
            return checked
        channels[channel.name] = checked
    return tuple(channels.values())
