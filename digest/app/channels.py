"""Builds the channels of a home, and writes digests for them."""

import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from digest.channels.channel import Channel, HttpChannel, HttpService
from digest.channels.message import ChannelMessage, ChannelPaper, ChannelSection
from digest.config.channels import loader
from digest.config.channels.tables import (
    FEED,
    AppriseChannelConfig,
    ChannelConfig,
    DiscordChannelConfig,
    FolderChannelConfig,
    MatrixChannelConfig,
    NtfyChannelConfig,
    SlackChannelConfig,
    TelegramChannelConfig,
    WebChannelConfig,
    WebhookChannelConfig,
)
from digest.config.settings.loader import Settings
from digest.config.suggestions import did_you_mean
from digest.core.models.delivery import ClaimedEdition, Deferred, Outcome, Sent
from digest.core.network_addresses import is_public
from digest.errors import UsageError
from digest.pipeline.delivery.channel_delivery import ChannelDigest

if TYPE_CHECKING:
    from datetime import date, datetime

    from digest.app.messages.message_writer import MessageWriter
    from digest.mail.rendering.cards.card_view import Card
    from digest.mail.rendering.message_view import MessageView
    from digest.mail.rendering.wording import Wording


class Channels:
    """The channels of a home, built when they are first used.

    Args:
        home: the home folder, with `channels.toml`.
        settings: have the address of the site.
        writer: knows what messages show.
        sends: False for a dry run, in which every message counts as sent.

    Raises:
        SettingsError: `channels.toml` is not valid.
    """

    def __init__(
        self, home: Path, settings: Settings, writer: "MessageWriter", *, sends: bool = True
    ) -> None:
        self._home = home
        self._settings = settings
        self._writer = writer
        self._sends = sends

    @cached_property
    def _channels(self) -> Mapping[str, Channel]:
        return build_channels(self._home, base_url=self._settings.base_url)

    def named(self, name: str) -> Channel:
        """Returns a channel.

        Raises:
            UsageError: there is none of this name.
        """
        if name in self._channels:
            return self._channels[name]
        raise UsageError(missing_channel(name, self._channels))

    def prepare(self, claimed: ClaimedEdition) -> ChannelDigest | Deferred:
        """Writes the messages of an edition for its channel.

        Raises:
            SettingsError: `channels.toml` or a template is not valid.
        """
        channel = self._channels.get(claimed.channel)
        if channel is None:
            return Deferred(reason=missing_channel(claimed.channel, self._channels))
        view, words = self._writer.view(claimed)
        message = channel_message(
            view, words, edition_id=claimed.edition_id, day=claimed.edition.local_date
        )
        # A Message-ID belongs to one edition of one installation; `<` and `@` do not fit into all
        # places of a key.
        key = claimed.message_id.strip("<>").partition("@")[0]
        return ChannelDigest(
            channel=channel if self._sends else _DryRun(channel),
            parts=channel.parts(message),
            key=key,
        )


class _DryRun:
    def __init__(self, channel: Channel) -> None:
        self.place = channel.place
        self.target = channel.target

    def send(self, part: bytes, *, key: str, now: "datetime") -> Outcome:
        del part, key, now
        return Sent(reply="dry run")


def missing_channel(name: str, known: Mapping[str, Any]) -> str:
    """Returns what to do about a name that is in a profile and not in `channels.toml`."""
    hint = did_you_mean(name, known) or "; add it there, or correct deliver_to in the profile"
    return f"channel {name!r} is not in {loader.FILE}{hint}"


def build_channels(home: Path, *, base_url: str | None) -> dict[str, Channel]:
    """Returns the channels of a home by their names, with the feed of the site.

    Args:
        home: the home folder.
        base_url: of the site; None: there is none.

    Raises:
        SettingsError: `channels.toml` is not valid.
    """
    from digest.channels.kinds.site_feed import SiteFeedChannel

    channels: dict[str, Channel] = {FEED: SiteFeedChannel(base_url)}
    return channels | {config.name: _built(config) for config in loader.load(home)}


def _built(config: ChannelConfig) -> Channel:
    # Imported here: a home has few kinds of channels.
    match config:
        case FolderChannelConfig():
            from digest.channels.kinds.folder import FolderChannel

            return FolderChannel(config.path)
        case AppriseChannelConfig():
            from digest.channels.kinds.apprise_services import AppriseChannel

            return AppriseChannel(config.url)
        case WebChannelConfig():
            parts = urlsplit(config.url)
            return HttpChannel(
                _service(config),
                place=f"{parts.hostname}:{parts.port or parts.scheme}",
                is_allowed=_anywhere if config.inside else is_public,
                clock=time.monotonic,
            )
    raise TypeError(f"no channel for {type(config).__name__}")


def _anywhere(address: str) -> bool:
    del address
    return True


def _service(config: WebChannelConfig) -> HttpService:
    match config:
        case SlackChannelConfig():
            from digest.channels.kinds.slack import SlackService

            return SlackService(url=config.url)
        case DiscordChannelConfig():
            from digest.channels.kinds.discord import DiscordService

            return DiscordService(url=config.url)
        case TelegramChannelConfig():
            from digest.channels.kinds.telegram import TelegramService

            return TelegramService(token=config.token, chat=config.chat, api=config.url)
        case MatrixChannelConfig():
            from digest.channels.kinds.matrix import MatrixService

            return MatrixService(server=config.url, token=config.token, room=config.room)
        case NtfyChannelConfig():
            from digest.channels.kinds.ntfy import NtfyService

            return NtfyService(server=config.server, topic=config.topic, token=config.token)
        case WebhookChannelConfig():
            from digest.channels.kinds.webhook import WebhookService

            return WebhookService(url=config.url, secret=config.secret)
    raise TypeError(f"no service for {type(config).__name__}")


def channel_message(
    view: "MessageView", words: "Wording", *, edition_id: int, day: "date"
) -> ChannelMessage:
    """Returns a digest for a channel.

    Args:
        view: what its message shows.
        words: the phrases of the same language.
        edition_id: 0 for a trial.
        day: the date of the edition.
    """
    more: Callable[[int], str] = lambda n: words("more", n=n)  # noqa: E731 - shorter than a function
    return ChannelMessage(
        edition_id=edition_id,
        day=day,
        title=f"{view.list_name}, {view.date}",
        intro=words("empty_week" if view.weekly else "empty") if view.empty else view.count,
        sections=tuple(
            ChannelSection(heading=section.heading, papers=tuple(map(_paper, section.cards)))
            for section in view.shelves
        ),
        closing=view.summary,
        more=more,
        online=view.ways.online or "",
        online_label=words("online"),
    )


def _paper(card: "Card") -> ChannelPaper:
    paper = card.paper
    return ChannelPaper(
        title=f"{paper.label}: {paper.title}" if paper.label else paper.title,
        url=paper.href,
        authors=", ".join(filter(None, (paper.followed, paper.authors))),
        reason=card.reason.line,
        excerpt=card.excerpt.text,
    )
