"""The keys of the tables of `channels.toml`, by the kind of channel."""

import re
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from msgspec.structs import replace

from digest.config.email_addresses import check_line
from digest.config.source_tables.base import printable_path
from digest.config.tables.markers import CheckedBy, Table, described
from digest.config.toml_document import full_message

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TOKEN = re.compile(r"[!-~]{1,500}")

APPRISE_SCHEMES = frozenset(("gchat", "pbul", "pover", "pushed", "pushy", "spush", "wxteams"))
"""The services of Apprise that may be used. Apprise opens connections itself, so these are services
whose host is part of its code."""

FEED = "rss"
"""The name of the channel that every home has: the feed of the digest on the site."""


def channel_name(name: str) -> str:
    """Checks the name of a channel, and returns it."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            'must consist of small letters, digits and single hyphens, such as "team-chat"'
        )
    return name


def _own_name(name: str) -> str:
    if name == FEED:
        raise ValueError(f'must not be "{FEED}", which is the feed of the digest; choose another')
    return channel_name(name)


# The messages name no value: it is a secret.
def _address(url: str) -> str:
    parts = urlsplit(url)
    try:
        known = parts.scheme in ("http", "https") and parts.hostname and not parts.username
        port = parts.port
    except ValueError:
        known, port = None, None
    if not known or port == 0 or not url.isascii() or not url.isprintable() or " " in url:
        raise full_message("url must be an https address without a login")
    return url.rstrip("/")


def _token(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise full_message("a token is one line of ASCII characters without spaces")
    return text


def _schemes(url: str) -> str:
    scheme = url.partition("://")[0].lower()
    if "://" not in url or scheme not in APPRISE_SCHEMES:
        raise full_message(
            f"url must begin with one of {', '.join(f'{name}://' for name in sorted(APPRISE_SCHEMES))}"
        )
    return url


Token = Annotated[str, CheckedBy(_token)]

_Url = Annotated[
    str,
    CheckedBy(_address),
    described(
        "The address that the service shows for the webhook. It is a secret.",
        example="https://hooks.slack.com/services/T0/B0/abc",
        max_length=1000,
    ),
]
_DiscordUrl = Annotated[
    str,
    CheckedBy(_address),
    described(
        "The address that the service shows for the webhook. It is a secret.",
        example="https://discord.com/api/webhooks/000000000000000000/token",
        max_length=1000,
    ),
]
_OwnUrl = Annotated[
    str,
    CheckedBy(_address),
    described(
        "The address that takes the digests, as JSON. It is a secret.",
        example="https://papers.example.org/hook",
        max_length=1000,
    ),
]


class ChannelConfig(Table, frozen=True, kw_only=True):
    """The keys that every channel has."""

    name: Annotated[
        str,
        CheckedBy(_own_name),
        described(
            "The name of the channel, which profiles write in deliver_to; unique.",
            example="team-chat",
            max_length=60,
        ),
    ]
    kind: Annotated[str, described("The kind of channel.", example="slack")]

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no log may show."""
        return ()

    def below(self, home: Path) -> Self:
        """Returns the channel with absolute paths, if it has any.

        Args:
            home: the folder to which the paths are relative.
        """
        del home
        return self


class WebChannelConfig(ChannelConfig, frozen=True, kw_only=True):
    """The keys of a channel that is reached over the web."""

    url: _Url
    inside: Annotated[
        bool,
        described(
            "Allow an address inside your own network, and http without encryption.", example=True
        ),
    ] = False

    def check(self) -> None:
        """Checks that what is sent is encrypted."""
        super().check()
        if self.url.startswith("http:") and not self.inside:
            raise full_message(
                "url must begin with https://, because what is sent contains secrets; only inside"
                " your own network, with inside = true, it may be http://"
            )


class WebhookChannelConfig(WebChannelConfig, frozen=True, kw_only=True):
    """A web hook of your own: the digest as JSON."""

    url: _OwnUrl
    secret: Annotated[
        str,
        CheckedBy(check_line),
        described(
            "Signs what is sent, so that the receiver knows where it comes from.",
            example="a long random text",
        ),
    ] = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The address, which often contains a token, and the key."""
        return (*_url_secrets(self.url), self.secret)


class SlackChannelConfig(WebChannelConfig, frozen=True, kw_only=True):
    """An incoming webhook of Slack."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The path of the address."""
        return _url_secrets(self.url)


class DiscordChannelConfig(WebChannelConfig, frozen=True, kw_only=True):
    """A webhook of Discord."""

    url: _DiscordUrl

    @property
    def secrets(self) -> tuple[str, ...]:
        """The path of the address."""
        return _url_secrets(self.url)


class TelegramChannelConfig(WebChannelConfig, frozen=True, kw_only=True):
    """A bot of Telegram."""

    url: Annotated[
        str,
        CheckedBy(_address),
        described(
            "The address of the Bot API, for a server of your own.",
            example="https://api.telegram.org",
        ),
    ] = "https://api.telegram.org"
    token: Annotated[
        Token,
        described("The token that @BotFather gave for the bot.", example="123456:ABC-DEF"),
    ]
    chat: Annotated[
        Token,
        described(
            "The id of the chat, or @ and the name of a public channel.", example="-1001234567890"
        ),
    ]

    @property
    def secrets(self) -> tuple[str, ...]:
        """The token."""
        return (self.token,)


class MatrixChannelConfig(WebChannelConfig, frozen=True, kw_only=True):
    """An account of a Matrix server."""

    url: Annotated[
        str,
        CheckedBy(_address),
        described("The address of the account's server.", example="https://matrix.example.org"),
    ]
    token: Annotated[Token, described("The access token of the account.", example="syt_abc")]
    room: Annotated[
        Token,
        described("The id of the room, which the account has joined.", example="!abc:example.org"),
    ]

    @property
    def secrets(self) -> tuple[str, ...]:
        """The token."""
        return (self.token,)


class NtfyChannelConfig(WebChannelConfig, frozen=True, kw_only=True):
    """A topic of ntfy."""

    url: Annotated[
        str,
        CheckedBy(_address),
        described(
            "The address of the topic. Who knows it can read it.",
            example="https://ntfy.sh/a-name-that-nobody-guesses",
        ),
    ]
    token: Annotated[
        Token, described("The access token, if the topic needs one.", example="tk_abc")
    ] = ""

    def check(self) -> None:
        """Checks the name of the topic."""
        super().check()
        if not _TOPIC.fullmatch(self.topic):
            raise full_message("url must end in the name of a topic, as in https://ntfy.sh/papers")

    @property
    def topic(self) -> str:
        """The name of the topic."""
        return self.url.rpartition("/")[2]

    @property
    def server(self) -> str:
        """The address of the server."""
        return self.url.rpartition("/")[0]

    @property
    def secrets(self) -> tuple[str, ...]:
        """The topic, which is like a password, and the token."""
        return self.topic, self.token


class FolderChannelConfig(ChannelConfig, frozen=True, kw_only=True):
    """A folder of Markdown files."""

    path: Annotated[
        Path,
        CheckedBy(printable_path),
        described("The folder, relative to the home. It must exist.", example="digests"),
    ]

    def below(self, home: Path) -> Self:
        """Returns the channel with its path below the home."""
        return replace(self, path=home / self.path)


class AppriseChannelConfig(ChannelConfig, frozen=True, kw_only=True):
    """A service that Apprise knows."""

    url: Annotated[
        str,
        CheckedBy(_token),
        CheckedBy(_schemes),
        described(
            "The address of the service, as Apprise writes it. It is a secret.",
            example="pover://user@token",
            max_length=1000,
        ),
    ]

    @property
    def secrets(self) -> tuple[str, ...]:
        """All after the scheme."""
        return _pieces(self.url.partition("://")[2])


def _url_secrets(url: str) -> tuple[str, ...]:
    """Returns the path and the query of an address: who knows them can write there."""
    parts = urlsplit(url)
    return (*_pieces(parts.path.strip("/")), *_pieces(parts.query))


def _pieces(text: str) -> tuple[str, ...]:
    """Returns a secret, and the parts of it that an error may contain without the rest."""
    # A short one, such as `hook`, is a word that logs need.
    return tuple(part for part in (text, *re.split(r"[/@:?&=]", text)) if len(part) >= 12)
