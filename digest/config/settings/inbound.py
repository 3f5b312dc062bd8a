"""The settings that say where readers and mail servers answer."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from digest.config.settings import validators
from digest.config.settings.delivery import HomeSettings


class InboundSettings(HomeSettings):
    """Where readers and mail servers answer."""

    base_url: Annotated[str, AfterValidator(validators.base_url)] | None = Field(
        default=None,
        max_length=500,  # a line of a mail has 998 octets, and cannot be folded within an address
        description=(
            "Where the world reaches `digest serve`, for one-click unsubscribing; https, or"
            " http to this machine alone."
        ),
        examples=["https://digest.example.org"],
    )
    listen: Annotated[str, AfterValidator(validators.listen_at)] = Field(
        default="127.0.0.1:8025",
        description="Where `digest serve` listens; a web server with https stands before it.",
        examples=["127.0.0.1:8025"],
    )
    bounces: Annotated[str, AfterValidator(validators.return_path)] | None = Field(
        default=None,
        description=(
            "Where bounces and unsubscribe mails come back to, read by `digest bounces`; each"
            " letter adds a signed token to it: bounces+TOKEN@example.org, or at the place of a"
            " *. By default the sender's address, without a token."
        ),
        examples=["bounces@example.org"],
    )
    bounces_maildir: Annotated[Path, AfterValidator(validators.in_home)] | None = Field(
        default=None,
        description="The Maildir that they are delivered to.",
        examples=["/home/digest/Maildir"],
    )
    bounces_imap: Annotated[str, AfterValidator(validators.imap_url)] | None = Field(
        default=None,
        description=(
            "The IMAP folder that they are delivered to; imaps, or imap with STARTTLS. The @ in"
            " a user's name is written %40."
        ),
        examples=["imaps://bounces%40example.org@imap.example.org/INBOX"],
    )
    bounces_password: SecretStr | None = Field(
        default=None,
        description="The password at the IMAP server; never sent without encryption.",
        examples=["an app password"],
    )
    bounces_ca_file: Annotated[Path, AfterValidator(validators.in_home)] | None = Field(
        default=None,
        description="Certificates (PEM) of a private authority that the IMAP server's is from.",
        examples=["ca.pem"],
    )
